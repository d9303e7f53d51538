//! nginx refuses exactly what no502 calls poison in annotations of the F5 controller.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use no502::dialect::Dialect;
use no502::dialect::f5_nginx::F5Nginx;
use no502::model::{Global, Model, NoteKind, Version};
use no502::object::Object;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::refusal;

/// Annotations by their names without the prefix.
type Annotations = BTreeMap<&'static str, String>;

/// What no502 says of annotations.
#[derive(Debug, Eq, PartialEq)]
enum Verdict {
    Fine,
    Poison,
    /// The controller refuses them, so that nginx never sees them.
    Refused,
}

fn verdict(annotations: &Annotations) -> Verdict {
    let all: Map<String, Value> = annotations.iter().map(|(name, text)| (format!("nginx.org/{name}"), json!(text))).collect();
    let backend = json!({"service": {"name": "web", "port": {"number": 80}}});
    let raw = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web", "annotations": all},
        "spec": {"rules": [{"host": "shop.example.com", "http": {"paths": [{"path": "/shop", "pathType": "Prefix", "backend": backend}]}}]}
    });
    let object = Object::new(raw, "shop").unwrap();
    let Model::Routing(routing) = Model::read(&object) else { panic!("no Ingress") };
    let gateway = F5Nginx.gateway(Some(Version(5, 5, 4)), Global::None);
    let notes = F5Nginx.read(&routing, &gateway).notes;
    let has = |is_one: fn(&NoteKind) -> bool| notes.iter().any(|note| is_one(&note.kind));
    if has(|kind| matches!(kind, NoteKind::Rejected { .. })) {
        Verdict::Refused
    } else if has(|kind| matches!(kind, NoteKind::Poison { .. })) {
        Verdict::Poison
    } else {
        Verdict::Fine
    }
}

/// The file of an Ingress with these annotations, after `nginx.ingress.tmpl` of v5.5.4.
fn file(annotations: &Annotations) -> String {
    let text = |name: &str, default: &str| annotations.get(name).map_or_else(|| default.to_owned(), Clone::clone);
    let time = |name: &str, default: &str| text(name, default).replace(' ', "");
    let mut location = String::new();
    for (name, directive) in [
        ("proxy-connect-timeout", "proxy_connect_timeout"),
        ("proxy-read-timeout", "proxy_read_timeout"),
        ("proxy-send-timeout", "proxy_send_timeout"),
    ] {
        let _ = writeln!(location, "{directive} {};", time(name, "60s"));
    }
    for (name, directive) in [
        ("proxy-buffers", "proxy_buffers"),
        ("proxy-buffer-size", "proxy_buffer_size"),
        ("proxy-busy-buffers-size", "proxy_busy_buffers_size"),
        ("proxy-max-temp-file-size", "proxy_max_temp_file_size"),
        ("proxy-next-upstream", "proxy_next_upstream"),
        ("proxy-next-upstream-timeout", "proxy_next_upstream_timeout"),
        ("proxy-next-upstream-tries", "proxy_next_upstream_tries"),
    ] {
        location.extend(annotations.get(name).map(|text| format!("{directive} {text};\n")));
    }
    let zone = annotations.get("limit-req-rate").map(|rate| {
        let _ = writeln!(location, "limit_req zone=limit burst={};", text("limit-req-burst", "1"));
        let _ = writeln!(location, "limit_req_status {};", text("limit-req-reject-code", "429"));
        format!("limit_req_zone $binary_remote_addr zone=limit:{} rate={rate};", text("limit-req-zone-size", "10m"))
    });
    let rewrite = annotations.get("rewrites").and_then(|text| text.split("rewrite=").nth(1)).unwrap_or_default();
    let modifier = if annotations.contains_key("path-regex") { "~ " } else { "" };
    let (size, fail) = (text("upstream-zone-size", "256k"), time("fail-timeout", "10s"));
    let own = if size == "0" { String::new() } else { format!("zone web {size};") };
    let listen = annotations.get("listen-ports").map_or_else(|| "unix:nginx.sock".to_owned(), Clone::clone);
    format!(
        "events {{}}\nhttp {{\naccess_log off;\nclient_body_temp_path body;\nproxy_temp_path proxy;\nfastcgi_temp_path fastcgi;\n\
         uwsgi_temp_path uwsgi;\nscgi_temp_path scgi;\n{}\nupstream web {{ {own} server 127.0.0.1:9 max_fails=1 fail_timeout={fail}; }}\n\
         server {{\nlisten {listen};\nlocation {modifier}\"/shop\" {{\n{location}proxy_pass http://web{rewrite};\n}}\n}}\n}}\n",
        zone.unwrap_or_default()
    )
}

#[track_caller]
fn agree(annotations: &Annotations) -> Verdict {
    let verdict = verdict(annotations);
    if verdict != Verdict::Refused {
        let refused = refusal(&file(annotations));
        let nginx = if refused.is_some() { Verdict::Poison } else { Verdict::Fine };
        assert_eq!(verdict, nginx, "{annotations:?}\nno502 (left) and nginx (right): {}", refused.unwrap_or_default());
    }
    verdict
}

#[test]
fn both_agree_on_each_kind_of_poison_and_on_its_good_neighbour() {
    assert_eq!(agree(&Annotations::new()), Verdict::Fine);
    let rate = ("limit-req-rate", "10r/s");
    let regex = ("path-regex", "case_sensitive");
    for (with, name, bad, good) in [
        (None, "proxy-read-timeout", "5M", "5m"),
        (None, "proxy-connect-timeout", "1y", "52w"),
        (None, "proxy-send-timeout", "99999999999999999999s", "9999999999s"),
        (None, "proxy-next-upstream-timeout", "1M", "500ms"),
        (None, "proxy-next-upstream-tries", "9223372036854775808", "9223372036854775807"),
        (None, "fail-timeout", "500ms", "1M"),
        (None, "proxy-buffer-size", "15k", "14k"),
        (None, "proxy-buffer-size", "16k", "0"),
        (None, "proxy-buffers", "2 4k", "3 4k"),
        (None, "proxy-buffers", "8 0", "8 8k"),
        (None, "proxy-busy-buffers-size", "29k", "28k"),
        (None, "proxy-busy-buffers-size", "4095", "4k"),
        (None, "proxy-max-temp-file-size", "2k", "0"),
        (None, "upstream-zone-size", "31k", "32k"),
        (None, "upstream-zone-size", "1", "0"),
        (None, "listen-ports", "70000", "65000"),
        (Some(rate), "limit-req-zone-size", "31k", "32k"),
        (Some(rate), "limit-req-burst", "-1", "1"),
        (Some(rate), "limit-req-reject-code", "399", "400"),
        (Some(rate), "limit-req-reject-code", "600", "599"),
        (Some(regex), "rewrites", "serviceName=web rewrite=/", ""),
    ] {
        let of = |text: &str| {
            let own = [(name, text)].into_iter().filter(|(_, text)| !text.is_empty());
            own.chain(with).map(|(name, text)| (name, text.to_owned())).collect::<Annotations>()
        };
        assert_eq!(agree(&of(bad)), Verdict::Poison, "{name} {bad}");
        assert_eq!(agree(&of(good)), Verdict::Fine, "{name} {good}");
    }
}

/// Sizes near each other's bounds.
fn size() -> impl Strategy<Value = String> {
    let sizes =
        ["1k", "4k", "8k", "12k", "14k", "16k", "24k", "28k", "32k", "64k", "4096", "8191", "8193", "28673", "1m", "0", "1"];
    select(sizes.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_agree_on_drawn_buffers(
        head in proptest::option::of(size()),
        buffers in proptest::option::of((0..10_u8, size())),
        busy in proptest::option::of(size()),
        temp in proptest::option::weighted(0.3, size()),
    ) {
        let drawn = [
            ("proxy-buffer-size", head),
            ("proxy-buffers", buffers.map(|(number, one)| format!("{number} {one}"))),
            ("proxy-busy-buffers-size", busy),
            ("proxy-max-temp-file-size", temp),
        ];
        agree(&drawn.into_iter().filter_map(|(name, text)| Some((name, text?))).collect());
    }
}
