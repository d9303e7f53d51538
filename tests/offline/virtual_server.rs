//! What the F5 dialect makes of every field of an upstream, and of upstreams beside each other.

use no502::dialect::f5_nginx::{F5Nginx, page};
use no502::dialect::{Dialect, Reading};
use no502::model::{Global, Labels, Model, Protocol, Provenance, Version};
use no502::object::Object;
use no502::units::{Duration, Size};
use serde_json::{Value, json};

use crate::annotations::shown;

/// Every field, with texts that are taken and texts that take the object out of service.
const FIELDS: &[(&str, &[&str], &[&str])] = &[
    ("buffer-size", &["4k", "8192", "12K"], &["16KB", "1g", "one", "-1k", "1.5k"]),
    ("buffers.number", &["8", "3"], &["0", "-4", "many"]),
    ("buffers.size", &["4k", "4096"], &["k", "4kb", "1g"]),
    ("busy-buffers-size", &["8k", "16K"], &["16KB", "two"]),
    ("client-max-body-size", &["0", "8m", "1g", "1048576"], &["8mb", "-2m", "1.3m", "unlimited"]),
    ("connect-timeout", &["60s", "1m30s", "500ms", "60", "1h 30m"], &["60sec", "1.5m", "-40s", "ten"]),
    ("fail-timeout", &["10s", "1m"], &["20 seconds", "s", "-1"]),
    ("healthCheck.connect-timeout", &["60s"], &["invalid", "-1s"]),
    ("healthCheck.interval", &["5s"], &["1.5d", "often"]),
    ("healthCheck.jitter", &["3s", "0s"], &["invalid"]),
    ("healthCheck.keepalive-time", &["60s"], &["1.3d"]),
    ("healthCheck.read-timeout", &["60s"], &["m"]),
    ("healthCheck.send-timeout", &["60s"], &["d"]),
    ("keepalive", &["0", "32"], &["-10", "many"]),
    (
        "lb-method",
        &["round_robin", "least_conn", "random two least_conn", "hash $request_uri consistent"],
        &["fastest", "} exit;"],
    ),
    ("max-conns", &["0", "100"], &["-23", "two"]),
    ("max-fails", &["0", "3"], &["-10"]),
    ("name", &["tea", "tea-2"], &["Tea", "2tea", "tea_2", "tea."]),
    ("next-upstream", &["error timeout", "off", "error http_502 non_idempotent"], &["error,timeout", "http_501", "error error"]),
    ("next-upstream-timeout", &["0s", "10s"], &["time", "1.5d"]),
    ("next-upstream-tries", &["0", "3"], &["-12", "three"]),
    ("queue.size", &["1", "100"], &["0", "-100"]),
    ("queue.timeout", &["60s"], &["hour", ":"]),
    ("read-timeout", &["60s", "1d", "90"], &["60sec", "1.2", "-16s"]),
    ("send-timeout", &["60s"], &["s", "ten"]),
    ("slow-start", &["30s"], &["-3s", "1.5m"]),
    ("type", &["http", "grpc"], &["grpcs", "http2", "HTTP"]),
];

/// What is read of a `VirtualServer` with these upstreams, each with a route to it.
fn read(upstreams: &[Value], global: Global<'_>) -> Reading {
    let route = |own: &Value| json!({"path": format!("/{}", own["name"]), "action": {"pass": own["name"]}});
    let routes: Vec<Value> = upstreams.iter().map(route).collect();
    let raw = json!({
        "apiVersion": "k8s.nginx.org/v1", "kind": "VirtualServer", "metadata": {"name": "cafe"},
        "spec": {"host": "cafe.example.com", "upstreams": upstreams, "routes": routes}
    });
    let Model::Routing(routing) = Model::read(&Object::new(raw, "shop").unwrap()) else { panic!("no routes") };
    F5Nginx.read(&routing, &F5Nginx.gateway(Some(Version(5, 5, 4)), global))
}

/// An upstream with this field.
fn with(field: &str, text: &str) -> Value {
    let mut own = json!({"name": "tea", "service": "tea", "port": 80});
    match field.split_once('.') {
        // Neither half stands alone.
        Some(("buffers", half)) => {
            own["buffers"] = json!({"number": 8, "size": "4k"});
            own["buffers"][half] = json!(text);
        }
        Some((above, below)) => own[above] = json!({below: text}),
        None => own[field] = json!(text),
    }
    own
}

fn said(own: Value) -> Vec<String> {
    let reading = read(&[own], Global::None);
    let notes = reading.sections.iter().flat_map(|own| &own.notes).chain(&reading.notes);
    notes.map(|note| format!("{} {}", note.key, shown(&note.kind))).collect()
}

#[test]
fn every_field_is_taken_or_refused_as_its_source_does() {
    for (field, good, bad) in FIELDS {
        for text in *good {
            assert!(said(with(field, text)).is_empty(), "{field}: {text}: {:?}", said(with(field, text)));
        }
        for text in *bad {
            let key = if *field == "name" { "name" } else { field };
            assert_eq!(said(with(field, text)), [format!("{key} removed")], "{field}: {text}");
        }
    }
}

#[test]
fn the_page_lists_these_fields_and_no_others() {
    let page = page();
    let (_, table) = page.split_once("\n## Fields of upstreams\n").unwrap();
    let listed = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next()).skip(1);
    let tested = FIELDS.iter().map(|(field, ..)| *field);
    assert_eq!(listed.collect::<Vec<_>>(), tested.collect::<Vec<_>>());
}

#[test]
fn each_upstream_has_settings_of_its_own_and_else_those_of_the_config_map() {
    let texts = Labels::read(&json!({"proxy-read-timeout": "90s", "client-max-body-size": "8m", "http2": "true"}));
    let tea = json!({
        "name": "tea", "service": "tea", "port": 80, "read-timeout": "30s", "next-upstream": "off", "tls": {"enable": true}
    });
    let coffee = json!({"name": "coffee", "service": "coffee", "port": 80, "type": "grpc"});
    let upstreams = read(&[tea, coffee], Global::Known(&texts)).sections;
    let [tea, coffee] = &*upstreams else { panic!("{upstreams:?}") };
    assert_eq!(tea.settings.read.value(), Some(&Duration::from_secs(30)));
    assert_eq!(tea.settings.read.as_written().unwrap().1.pointer(), "/spec/upstreams/0/read-timeout");
    assert_eq!(coffee.settings.read.known, Some((Duration::from_secs(90), Provenance::Global("proxy-read-timeout"))));
    assert_eq!(tea.settings.connect.known, Some((Duration::from_secs(60), Provenance::GatewayDefault)));
    assert_eq!(tea.settings.body_limit.value(), Some(&Size::from_bytes(8 << 20)));
    assert_eq!(
        (tea.settings.protocol.value(), coffee.settings.protocol.value()),
        (Some(&Protocol::Https), Some(&Protocol::Grpc))
    );
    let conditions = |own: &Reading| own.settings.retry_conditions.value().map(ToString::to_string);
    assert_eq!((conditions(tea).as_deref(), conditions(coffee).as_deref()), (Some("off"), Some("error timeout")));
    assert_eq!(coffee.settings.client_http2.value(), Some(&true));
    let unseen = read(&[json!({"name": "tea"})], Global::Unknown).sections;
    assert_eq!((unseen[0].settings.read.value(), unseen[0].settings.read.presumed), (None, Some(Duration::from_secs(60))));
    // There is no key of the ConfigMap for it.
    assert_eq!(conditions(&unseen[0]).as_deref(), Some("error timeout"));
}

#[test]
fn a_value_is_written_as_the_field_takes_it() {
    let upstreams = read(&[json!({"name": "tea"})], Global::None).sections;
    let settings = &upstreams[0].settings;
    let tries = settings.retry_tries.write(&3).unwrap();
    assert_eq!((tries.address.pointer(), &tries.value), ("/spec/upstreams/0/next-upstream-tries".to_owned(), &json!(3)));
    assert_eq!(tries.line().unwrap(), "next-upstream-tries: 3");
    assert_eq!(settings.read.write(&Duration::from_secs(90)).unwrap().line().unwrap(), "read-timeout: \"90s\"");
}
