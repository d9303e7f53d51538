//! nginx refuses exactly what no502 calls poison.

use no502::dialect::Dialect;
use no502::dialect::ingress_nginx::IngressNginx;
use no502::model::{Global, Model, NoteKind, Version};
use no502::object::Object;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::refusal;
use super::render::{Annotations, file, location};

/// Whether no502 calls any of these annotations poison, in the version that the renderer is written from.
fn is_poison(annotations: &Annotations) -> bool {
    is_poison_with("/", annotations)
}

fn is_poison_with(path: &str, annotations: &Annotations) -> bool {
    let all: Map<String, Value> =
        annotations.iter().map(|(name, text)| (format!("nginx.ingress.kubernetes.io/{name}"), json!(text))).collect();
    let raw = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "annotations": all},
        "spec": {"rules": [{"host": "shop.example.com", "http": {"paths": [{"path": path, "pathType": "ImplementationSpecific"}]}}]}});
    let object = Object::new(raw, "shop").unwrap();
    let Model::Routing(routing) = Model::read(&object) else { panic!("no Ingress") };
    let gateway = IngressNginx.gateway(Some(Version(1, 13, 2)), Global::None);
    IngressNginx.read(&routing, &gateway).notes.iter().any(|note| matches!(note.kind, NoteKind::Poison { .. }))
}

#[track_caller]
fn agree(annotations: &Annotations) {
    let refused = refusal(&file(&location(annotations)));
    assert_eq!(
        is_poison(annotations),
        refused.is_some(),
        "{annotations:?}\nno502 says {}, nginx: {}",
        if is_poison(annotations) { "poison" } else { "fine" },
        refused.as_deref().unwrap_or("fine")
    );
}

fn one(name: &'static str, text: &str) -> Annotations {
    Annotations::from([(name, text.to_owned())])
}

#[test]
fn nginx_takes_what_stands_without_annotations() {
    agree(&Annotations::new());
}

#[test]
fn both_agree_on_each_kind_of_poison_and_on_its_good_neighbour() {
    for (name, bad, good) in [
        ("proxy-read-timeout", "-1", "0"),
        ("proxy-send-timeout", "-5", "5"),
        ("proxy-connect-timeout", "-1", "75"),
        ("proxy-next-upstream-timeout", "-1", "1"),
        ("proxy-next-upstream-tries", "-1", "0"),
        ("proxy-buffers-number", "1", "3"),
        ("proxy-buffers-number", "2", "4"),
        ("proxy-buffers-number", "-3", "+3"),
        ("proxy-buffer-size", "0", "1"),
        ("proxy-buffer-size", "16 k", "16k"),
        ("proxy-buffer-size", "4b", "4"),
        ("proxy-buffer-size", "1g", "1024m"),
        ("proxy-buffer-size", "1025m", "1M"),
        ("proxy-busy-buffers-size", "13k", "12k"),
        ("proxy-busy-buffers-size", "4095", "4096"),
        ("proxy-busy-buffers-size", "8 k", "8k"),
        ("proxy-max-temp-file-size", "1g", "1024m"),
        ("proxy-max-temp-file-size", "4095", "4k"),
        ("proxy-max-temp-file-size", "1", "0"),
        ("proxy-next-upstream", "errortimeout", "error timeout"),
        ("proxy-cookie-path", "/one", "/one /two"),
        ("proxy-cookie-path", "/one /two /three", "off"),
        ("connection-proxy-header", "keep -alive", "keep-alive"),
        ("custom-http-errors", "404,499", "404,503"),
        ("rewrite-target", "/shop$", "/shop$1"),
        ("rewrite-target", "/$/shop", "/$1/shop"),
    ] {
        for text in [bad, good] {
            agree(&one(name, text));
        }
        assert!(is_poison(&one(name, bad)), "{name} {bad}");
        assert!(!is_poison(&one(name, good)), "{name} {good}");
    }
    let burst = |text: &str| Annotations::from([("limit-rps", "5".to_owned()), ("limit-burst-multiplier", text.to_owned())]);
    for (text, bad) in [("0", true), ("-1", true), ("1", false), ("many", false)] {
        agree(&burst(text));
        assert_eq!(is_poison(&burst(text)), bad, "{text}");
    }
}

#[test]
fn both_agree_on_which_paths_can_be_compiled() {
    let regex = one("use-regex", "true");
    for (path, bad) in [
        ("/shop(/|$)(.*)", false),
        ("/shop(/|$", true),
        ("/shop)", true),
        ("/shop[0-9", true),
        ("/shop[(]", false),
        ("/shop\\(", false),
        ("/shop]", false),
        ("/(?:a|(b))", false),
    ] {
        let refused = refusal(&file(&format!("}}\nlocation ~* \"^{path}\" {{\n")));
        assert_eq!((is_poison_with(path, &regex), refused.is_some()), (bad, bad), "{path}: {refused:?}");
        assert!(!is_poison_with(path, &Annotations::new()), "{path} is no expression");
    }
}

/// Sizes near each other's bounds, with and without units, and some that are none.
fn size() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(vec!["4k", "8k", "12k", "16k", "24k", "32k", "4096", "8192", "8191", "8193", "12289", "1m", "1024m"]),
        1 => select(vec!["0", "1", "16 k", "4b", "1g", "1G", "2K", "k", "large", "-4k", "4.5k", "1025m"]),
    ]
    .prop_map(str::to_owned)
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![4 => (0..9_i64).prop_map(|number| number.to_string()), 1 => select(vec!["-1", "4k", "+4", "08", "four"]).prop_map(str::to_owned)]
}

fn conditions() -> impl Strategy<Value = String> {
    let words = select(vec!["error", "timeout", "http_502", "http_429", "non_idempotent", "off", "http_418"]);
    (proptest::collection::vec(words, 1..4), select(vec![" ", "", ",", "  "])).prop_map(|(words, between)| words.join(between))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_agree_on_drawn_values(
        one in proptest::option::of(size()),
        count in proptest::option::of(number()),
        busy in proptest::option::of(size()),
        temp in proptest::option::weighted(0.3, size()),
        words in proptest::option::weighted(0.3, conditions()),
        tries in proptest::option::weighted(0.2, number()),
    ) {
        let drawn = [
            ("proxy-buffer-size", one),
            ("proxy-buffers-number", count),
            ("proxy-busy-buffers-size", busy),
            ("proxy-max-temp-file-size", temp),
            ("proxy-next-upstream", words),
            ("proxy-next-upstream-tries", tries),
        ];
        agree(&drawn.into_iter().filter_map(|(name, text)| Some((name, text?))).collect());
    }
}
