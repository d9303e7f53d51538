//! What the API server is told to ask about: every kind that people write, and no kind that controllers make.

use std::collections::BTreeSet;
use std::path::Path;

use no502::object::Kind;
use serde_json::Value;

/// The webhooks of a manifest, whatever their configuration.
fn webhooks(path: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let (documents, unreadable) = no502::object::yaml::read(&text);
    assert!(unreadable.is_empty(), "{path}: {unreadable:?}");
    let all = documents.into_iter().flat_map(|document| document.value["webhooks"].as_array().cloned().unwrap_or_default());
    let all: Vec<Value> = all.collect();
    assert!(!all.is_empty(), "{path} has no webhooks");
    all
}

/// The group and resource of all that an entry asks about for an operation.
fn asked(webhook: &Value, operation: &str) -> BTreeSet<(String, String)> {
    let texts =
        |value: &Value| -> Vec<String> { value.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect() };
    let rules =
        webhook["rules"].as_array().unwrap().iter().filter(|rule| texts(&rule["operations"]).contains(&operation.to_owned()));
    let pairs = rules.flat_map(|rule| {
        let groups = texts(&rule["apiGroups"]);
        texts(&rule["resources"])
            .into_iter()
            .flat_map(move |resource| groups.clone().into_iter().map(move |group| (group, resource.clone())).collect::<Vec<_>>())
    });
    pairs.collect()
}

/// What people write, in namespaces or outside of them, but for ConfigMaps, which only a component asks about.
fn written(namespaced: bool) -> BTreeSet<(String, String)> {
    let kinds = Kind::ALL.into_iter().filter(|kind| kind.is_written() && kind.namespaced() == namespaced);
    let kinds = kinds.filter(|kind| !matches!(kind, Kind::ConfigMap));
    kinds.map(|kind| (kind.group().to_owned(), kind.plural().to_owned())).collect()
}

fn entry<'w>(webhooks: &'w [Value], name: &str) -> &'w Value {
    webhooks.iter().find(|webhook| webhook["name"] == name).unwrap_or_else(|| panic!("there is no {name}"))
}

#[test]
fn every_kind_that_people_write_is_asked_about() {
    let base = webhooks("deploy/base/webhooks.yaml");
    for operation in ["CREATE", "UPDATE", "DELETE"] {
        assert_eq!(asked(entry(&base, "validate.no502.dev"), operation), written(true), "{operation}");
        let mut outside = asked(entry(&base, "classes.no502.dev"), operation);
        outside.extend(asked(entry(&base, "namespaces.no502.dev"), "UPDATE"));
        assert_eq!(outside, written(false), "{operation}");
    }
}

#[test]
fn failing_closed_asks_about_the_same() {
    let closed = webhooks("deploy/components/fail-closed/webhooks.yaml");
    for operation in ["CREATE", "UPDATE"] {
        assert_eq!(asked(entry(&closed, "validate.no502.dev"), operation), written(true), "{operation}");
        assert_eq!(asked(entry(&closed, "unlabelled.no502.dev"), operation), written(true), "{operation}");
    }
    assert_eq!(asked(entry(&closed, "removals.no502.dev"), "DELETE"), written(true));
    assert_eq!(asked(entry(&closed, "unlabelled.no502.dev"), "DELETE"), written(true));
}

#[test]
fn only_what_can_be_repaired_is_sent_to_be_repaired() {
    let base = webhooks("deploy/base/webhooks.yaml");
    let kinds = Kind::ALL.into_iter().filter(|kind| kind.is_written() && (kind.is_workload() || kind.declares_routes()));
    // These two have no setting that could be written.
    let kinds = kinds.filter(|kind| !matches!(kind, Kind::GrpcRoute | Kind::TlsRoute));
    let expected: BTreeSet<_> = kinds.map(|kind| (kind.group().to_owned(), kind.plural().to_owned())).collect();
    assert_eq!(asked(entry(&base, "mutate.no502.dev"), "CREATE"), expected);
}
