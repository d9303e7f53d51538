//! What the F5 dialect makes of the text of every annotation, in three states of knowledge, and of what else stands on the object.

use std::collections::{BTreeMap, BTreeSet};

use no502::dialect::f5_nginx::{F5Nginx, page};
use no502::dialect::{Dialect, Reading};
use no502::model::{Global, Labels, Model, Protocol, Provenance, Version};
use no502::object::Object;
use no502::units::Duration;
use serde_json::{Map, Value, json};

use crate::annotations::{compare, lines, shown};
use crate::cases::Stage;
use crate::cli::run;

/// Which version each of the last three columns speaks of.
pub(crate) const VERSIONS: [Option<Version>; 3] = [None, Some(Version(5, 3, 0)), Some(Version(5, 6, 0))];

/// Annotations of which every text is taken.
const TAKES_ALL: [&str; 3] = ["location-snippets", "server-snippets", "ssl-ciphers"];

/// What is read from an Ingress that routes to the Services web and api.
pub(crate) fn read(annotations: &[(&str, &str)], version: Option<Version>, global: Global<'_>) -> Reading {
    let key = |name: &str| if name.contains('/') { name.to_owned() } else { format!("nginx.org/{name}") };
    let all: Map<String, Value> = annotations.iter().map(|(name, text)| (key(name), json!(text))).collect();
    let backend = |name: &str| json!({"service": {"name": name, "port": {"number": 80}}});
    let paths = json!([
        {"path": "/", "pathType": "Prefix", "backend": backend("web")},
        {"path": "/api", "pathType": "Prefix", "backend": backend("api")}
    ]);
    let raw = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web", "annotations": all},
        "spec": {"rules": [{"host": "shop.example.com", "http": {"paths": paths}}]}
    });
    let Model::Routing(routing) = Model::read(&Object::new(raw, "shop").unwrap()) else { panic!("no Ingress") };
    F5Nginx.read(&routing, &F5Nginx.gateway(version, global))
}

pub(crate) fn said(name: &str, annotations: &[(&str, &str)], version: Option<Version>, global: Global<'_>) -> String {
    let notes = read(annotations, version, global).notes;
    let own: Vec<String> = notes.iter().filter(|note| *note.key == *name).map(|note| shown(&note.kind)).collect();
    if own.is_empty() { "-".to_owned() } else { own.join(", ") }
}

#[test]
fn every_annotation_is_read_as_its_source_reads_it() {
    compare("f5-nginx.tsv", VERSIONS, said);
}

#[test]
fn what_people_write_has_the_verdict_that_it_deserves() {
    compare("f5-in-the-wild.tsv", VERSIONS, said);
}

#[test]
fn every_annotation_has_a_good_text_and_a_bad_one() {
    let mut seen: BTreeMap<String, [bool; 2]> = BTreeMap::new();
    for line in lines("f5-nginx.tsv") {
        seen.entry(line.name.clone()).or_default()[usize::from(matches!(&*line.said[2], "-" | "no effect"))] = true;
    }
    let page = page();
    let known: BTreeSet<&str> = cells(&page, "## Annotations").map(|key| key.strip_prefix("nginx.org/").unwrap_or(key)).collect();
    assert_eq!(known.len(), 81);
    assert_eq!(seen.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
    let without = |kind: usize| seen.iter().filter(|(_, own)| !own[kind]).map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    assert_eq!(without(1), Vec::<&str>::new(), "annotations without a good text");
    assert_eq!(without(0), TAKES_ALL, "annotations without a bad text");
}

/// The first cells of the table under a heading.
pub(crate) fn cells<'p>(page: &'p str, heading: &str) -> impl Iterator<Item = &'p str> {
    let section = page.split_once(heading).unwrap().1.split("\n## ").next().unwrap();
    section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next()).skip(1)
}

#[test]
fn a_limit_without_a_rate_is_not_looked_at() {
    for own in [("limit-req-burst", "-1"), ("limit-req-scale", "no"), ("limit-req-zone-size", "16k")] {
        assert_eq!(said(own.0, &[own], VERSIONS[2], Global::None), "-", "{own:?}");
    }
}

#[test]
fn what_a_master_says_a_minion_does_not_and_the_other_way_round() {
    for (role, name, text, wanted) in [
        ("minion", "hsts", "true", "no effect"),
        ("minion", "hsts", "on", "removed"),
        ("minion", "server-snippets", "tcp_nodelay on;", "no effect"),
        ("minion", "keepalive", "32", "no effect"),
        ("minion", "ssl-services", "web", "-"),
        ("master", "hsts", "true", "-"),
        ("master", "keepalive", "32", "-"),
        ("master", "ssl-services", "web", "no effect"),
        ("master", "use-cluster-ip", "true", "no effect"),
        ("master", "nginx.com/health-checks", "true", "no effect"),
    ] {
        let annotations = [("mergeable-ingress-type", role), (name, text)];
        assert_eq!(said(name, &annotations, VERSIONS[2], Global::None), wanted, "{name} on a {role}");
    }
}

#[test]
fn what_a_minion_does_not_say_its_master_may() {
    let minion = [("mergeable-ingress-type", "minion"), ("proxy-read-timeout", "1m30s")];
    let settings = read(&minion, VERSIONS[2], Global::None).settings;
    assert_eq!(settings.read.value(), Some(&Duration::from_secs(90)));
    assert_eq!((settings.send.value(), settings.header_buffer.value()), (None, None));
    // This one is not inherited.
    assert!(settings.retry_conditions.value().is_some());
    // Buffers of the master may go with it.
    let buffer = [("mergeable-ingress-type", "minion"), ("proxy-buffer-size", "16k")];
    assert_eq!(said("proxy-buffer-size", &buffer, VERSIONS[2], Global::None), "-");
}

#[test]
fn the_config_map_says_what_holds_without_an_annotation() {
    let texts = Labels::read(&json!({
        "proxy-connect-timeout": "2s", "proxy-read-timeout": "forever", "proxy-buffers": "8 16k", "proxy-next-upstream-tries": "7"
    }));
    let settings = read(&[], VERSIONS[2], Global::Known(&texts)).settings;
    assert_eq!(settings.connect.known, Some((Duration::from_secs(2), Provenance::Global("proxy-connect-timeout"))));
    assert_eq!(settings.read.value(), None, "nobody checks it");
    assert_eq!(settings.retry_tries.value(), Some(&0), "there is no such key");
    assert_eq!(said("proxy-buffer-size", &[("proxy-buffer-size", "16k")], VERSIONS[2], Global::Known(&texts)), "-");
    assert_eq!(said("proxy-buffer-size", &[("proxy-buffer-size", "16k")], VERSIONS[2], Global::Unknown), "-");
}

#[test]
fn retries_are_known_where_the_version_is() {
    let written = [("proxy-next-upstream", "error timeout http_502")];
    let tries = |version| read(&written, version, Global::None).settings.retry_conditions.value().map(ToString::to_string);
    let wanted = [None, Some("error timeout".to_owned()), Some("error timeout http_502".to_owned())];
    assert_eq!(VERSIONS.map(tries), wanted);
}

#[test]
fn what_is_spoken_is_listed_by_service() {
    use Protocol::{Grpc, Grpcs, Http, Https};
    let http2 = Labels::read(&json!({"http2": "true"}));
    let spoken = |annotations: &[(&str, &str)], global| {
        let settings = read(annotations, VERSIONS[2], global).settings;
        (settings.protocol.value().copied(), settings.protocol_to("web"), settings.protocol_to("api"))
    };
    for (annotations, global, wanted) in [
        (&[][..], Global::Unknown, (Some(Http), Some(Http), Some(Http))),
        (&[("ssl-services", "api")], Global::Unknown, (Some(Http), Some(Http), Some(Https))),
        (&[("ssl-services", "api,web")], Global::Unknown, (Some(Https), Some(Https), Some(Https))),
        (&[("grpc-services", "api,web")], Global::Known(&http2), (Some(Grpc), Some(Grpc), Some(Grpc))),
        (&[("grpc-services", "api"), ("ssl-services", "api")], Global::Known(&http2), (Some(Http), Some(Http), Some(Grpcs))),
        (&[("grpc-services", "api,web")], Global::Unknown, (None, None, None)),
        (&[("grpc-services", "api,web")], Global::None, (Some(Http), Some(Http), Some(Http))),
    ] {
        assert_eq!(spoken(annotations, global), wanted, "{annotations:?}");
    }
}

#[test]
fn retries_of_grpc_are_those_of_nginx() {
    let http2 = Labels::read(&json!({"http2": "true"}));
    let written = [("grpc-services", "api,web"), ("proxy-next-upstream", "off"), ("proxy-buffer-size", "16k")];
    let reading = read(&written, VERSIONS[2], Global::Known(&http2));
    assert_eq!(reading.settings.retry_conditions.value().map(ToString::to_string).as_deref(), Some("error timeout"));
    // No proxy_buffers is written beside grpc_pass.
    let notes: Vec<String> = reading.notes.iter().map(|note| format!("{} {}", note.key, shown(&note.kind))).collect();
    assert_eq!(notes, ["proxy-next-upstream no effect"]);
    let open = read(&written, VERSIONS[2], Global::Unknown).settings;
    assert_eq!(open.retry_conditions.value(), None);
}

#[test]
fn what_is_refused_keeps_the_rest_from_nginx() {
    let notes = read(&[("proxy-buffer-size", "16k"), ("hsts", "on")], VERSIONS[2], Global::None).notes;
    let said: Vec<String> = notes.iter().map(|note| shown(&note.kind)).collect();
    assert_eq!(said, ["removed"]);
}

/// What a rule says of an Ingress of a class whose `IngressClass` names the controller: status, message and help.
fn findings(rule: &str, annotation: &str) -> Vec<[String; 3]> {
    let stream = format!(
        "apiVersion: no502.dev/v1alpha1\nkind: Policy\ngateways: [{{class: edge, dialect: f5-nginx, version: 5.5.4, configMap: none}}]\n\
         ---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  annotations:\n    {annotation}\nspec:\n  \
         ingressClassName: edge\n  rules: [{{host: shop.example.com, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: \
         {{name: web, port: {{number: 80}}}}}}}}]}}}}]\n"
    );
    let report = Stage::read("web.yaml", &stream).report(rule);
    report.findings.into_iter().map(|item| [item.status, item.message, item.help]).collect()
}

#[test]
fn findings_say_what_becomes_of_the_object_and_what_to_write() {
    for (rule, annotation, finding) in [
        (
            "value-rejected",
            "nginx.org/proxy-buffering: \"off\"",
            [
                "404",
                "F5 NGINX refuses proxy-buffering \"off\", and takes the object out of service: 404",
                "write \"true\" or \"false\", or delete the line",
            ],
        ),
        (
            "value-rejected",
            "nginx.com/slow-start: 30sec",
            [
                "404",
                "F5 NGINX refuses nginx.com/slow-start \"30sec\", and takes the object out of service: 404",
                "write a time of NGINX, such as \"60s\", \"1m30s\" or \"500ms\", or delete the line",
            ],
        ),
        (
            "poison-value",
            "nginx.org/proxy-buffer-size: 16k",
            [
                "502",
                "proxy-buffer-size \"16k\" breaks the configuration of F5 NGINX for all routes",
                "write what fits, such as\nnginx.org/proxy-buffer-size: \"16k\"\nnginx.org/proxy-buffers: \"8 16k\"",
            ],
        ),
        (
            "key-unknown",
            "nginx.org/max_fails: \"3\"",
            ["none", "F5 NGINX has no annotation \"max_fails\"", "if max-fails is meant, write\nnginx.org/max-fails: \"3\""],
        ),
        (
            "key-unknown",
            "nginx.com/proxy-read-timeout: 60s",
            [
                "none",
                "F5 NGINX has no annotation \"nginx.com/proxy-read-timeout\"",
                "\"nginx.com/proxy-read-timeout\": its prefix is nginx.org/",
            ],
        ),
        (
            "timeout-out-of-range",
            "nginx.org/proxy-read-timeout: 2h",
            [
                "504",
                "the read timeout is 7200 s, more than the 3600 s that are allowed",
                "write at most 3600 s, such as\nnginx.org/proxy-read-timeout: \"3600s\"",
            ],
        ),
    ] {
        assert_eq!(findings(rule, annotation), [finding.map(str::to_owned)], "{annotation}");
    }
    // Each pod is tried once, so no limit means no loop.
    assert_eq!(findings("retry-unlimited", "nginx.org/proxy-next-upstream-tries: \"0\""), Vec::<[String; 3]>::new());
}

#[test]
fn what_holds_as_text() {
    let told = run(&["effective", "effective/f5-nginx.yaml", "--policy", "effective/f5-policy.yaml"]);
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    insta::assert_snapshot!("text", told.out);
    // Only the IngressClass tells the gateway: neither its version nor its ConfigMap is known.
    let untold = run(&["effective", "effective/f5-nginx.yaml", "--object", "Ingress/web"]);
    insta::assert_snapshot!("text_without_policy", untold.out);
}
