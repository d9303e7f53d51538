//! What the dialect makes of the text of every annotation, and of those that people write, in three states of knowledge.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use no502::dialect::Dialect;
use no502::dialect::ingress_nginx::{IngressNginx, page};
use no502::model::{Global, Labels, Model, NoteKind, Rejection, Version};
use no502::object::Object;
use serde_json::{Map, Value, json};

use crate::cases::Stage;

/// Which version each of the last three columns speaks of.
const VERSIONS: [Option<Version>; 3] = [None, Some(Version(1, 11, 8)), Some(Version(1, 15, 1))];

/// Annotations of which every text is taken.
const TAKES_ALL: [&str; 5] = ["auth-snippet", "configuration-snippet", "modsecurity-snippet", "server-snippet", "stream-snippet"];

/// A text of an annotation, and what is to be said of it.
pub(crate) struct Line {
    pub(crate) name: String,
    /// What else stands on the object.
    pub(crate) with: Option<(String, String)>,
    pub(crate) text: String,
    pub(crate) said: [String; 3],
}

impl Line {
    fn is_good(&self) -> bool {
        self.said.iter().all(|said| said == "-")
    }
}

pub(crate) fn lines(file: &str) -> Vec<Line> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/annotations").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [name, with, text, unknown, older, newest] = cells[..] else { panic!("six cells: {line:?}") };
        Line {
            name: name.to_owned(),
            with: with.split_once('=').map(|(name, text)| (name.to_owned(), text.to_owned())),
            text: text.to_owned(),
            said: [unknown, older, newest].map(str::to_owned),
        }
    });
    lines.collect()
}

/// What is said of an annotation, on an object with these; `-` for nothing.
fn said(name: &str, annotations: &[(&str, &str)], version: Option<Version>, global: Global<'_>) -> String {
    let all: Map<String, Value> =
        annotations.iter().map(|(name, text)| (format!("nginx.ingress.kubernetes.io/{name}"), json!(text))).collect();
    let raw = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "annotations": all}});
    let Model::Routing(routing) = Model::read(&Object::new(raw, "shop").unwrap()) else { panic!("no Ingress") };
    let notes = IngressNginx.read(&routing, &IngressNginx.gateway(version, global)).notes;
    let own: Vec<String> = notes.iter().filter(|note| *note.key == *name).map(|note| shown(&note.kind)).collect();
    if own.is_empty() { "-".to_owned() } else { own.join(", ") }
}

pub(crate) fn shown(kind: &NoteKind) -> String {
    match kind {
        NoteKind::Ignored { holds, rewrite, .. } => {
            let holds = holds.as_ref().map(|holds| format!(": {holds}")).unwrap_or_default();
            let rewrite = rewrite.as_ref().and_then(|write| write.value.as_str()).map(|text| format!(" -> {text}"));
            format!("ignored{holds}{}", rewrite.unwrap_or_default())
        }
        NoteKind::Rejected { effect: Rejection::Answers(status), .. } => status.to_string(),
        NoteKind::Rejected { effect: Rejection::Refused, .. } => "refused".to_owned(),
        NoteKind::Rejected { effect: Rejection::Removed(_), .. } => "removed".to_owned(),
        NoteKind::Rejected { effect: Rejection::AnswersSince(status, since), .. } => format!("{status} since {since}"),
        NoteKind::Rejected { effect: Rejection::LeftOut(_), .. } => "left out".to_owned(),
        NoteKind::Rejected { effect: Rejection::Either(status), .. } => format!("{status} or refused"),
        NoteKind::Poison { .. } => "poison".to_owned(),
        NoteKind::WithoutEffect { .. } => "no effect".to_owned(),
        NoteKind::LeftBehind { .. } => "left behind".to_owned(),
        NoteKind::UnknownKey { .. } => "unknown".to_owned(),
    }
}

/// What is said of an annotation, on an object with these, by a gateway in this version with this global configuration.
pub(crate) type Said = fn(&str, &[(&str, &str)], Option<Version>, Global<'_>) -> String;

/// Compares what is said with what the file wants, in all versions.
pub(crate) fn compare(file: &str, versions: [Option<Version>; 3], said: Said) {
    let mut faults = String::new();
    for line in lines(file) {
        let with = line.with.as_ref().map(|(name, text)| (&**name, &**text));
        let annotations: Vec<(&str, &str)> = with.into_iter().chain([(&*line.name, &*line.text)]).collect();
        for (version, wanted) in versions.into_iter().zip(&line.said) {
            let got = said(&line.name, &annotations, version, Global::None);
            if got != *wanted {
                let _ = writeln!(faults, "{}: {:?} in {version:?}: wanted {wanted:?}, got {got:?}", line.name, line.text);
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn every_annotation_is_read_as_its_source_reads_it() {
    compare("ingress-nginx.tsv", VERSIONS, said);
}

#[test]
fn what_people_write_has_the_verdict_that_it_deserves() {
    compare("in-the-wild.tsv", VERSIONS, said);
}

#[test]
fn every_annotation_has_a_good_text_and_a_bad_one() {
    let mut seen: BTreeMap<String, [bool; 2]> = BTreeMap::new();
    for line in lines("ingress-nginx.tsv") {
        seen.entry(line.name.clone()).or_default()[usize::from(line.is_good())] = true;
    }
    let page = page();
    let known: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .filter(|name| *name != "annotation")
        .collect();
    assert_eq!(known.len(), 138, "136 annotations, and 2 older names");
    assert_eq!(seen.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
    let without = |kind: usize| seen.iter().filter(|(_, own)| !own[kind]).map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    assert_eq!(without(1), Vec::<&str>::new(), "annotations without a good text");
    assert_eq!(without(0), TAKES_ALL, "annotations without a bad text");
}

#[test]
fn an_annotation_that_is_not_looked_at_has_no_effect() {
    // Passwords are asked for all the same where no Secret holds them, and then every path answers 503.
    for line in lines("ingress-nginx.tsv").into_iter().filter(|line| line.name != "auth-type") {
        let poisons = line.said.iter().any(|said| said == "poison");
        for version in VERSIONS.iter().filter(|_| line.with.is_some() && !poisons) {
            assert_eq!(
                said(&line.name, &[(&line.name, &line.text)], *version, Global::None),
                "no effect",
                "{}: {}",
                line.name,
                line.text
            );
        }
    }
    let newest = VERSIONS[2];
    // What is switched off in words is nobody's mistake.
    for (with, own, wanted) in [
        (("enable-cors", "false"), ("cors-max-age", "long"), "-"),
        (("enable-cors", "false"), ("session-cookie-secure", "yes"), "no effect"),
        (("affinity", "ip"), ("session-cookie-secure", "yes"), "no effect"),
    ] {
        assert_eq!(said(own.0, &[with, own], newest, Global::None), wanted, "{own:?} with {with:?}");
    }
    assert_eq!(
        said(
            "allowlist-source-range",
            &[("allowlist-source-range", ""), ("whitelist-source-range", "10.0.0.0/8")],
            newest,
            Global::None
        ),
        "-"
    );
    for (name, other) in [("from-to-www-redirect", "permanent-redirect"), ("temporal-redirect", "from-to-www-redirect")] {
        let text = if other == "permanent-redirect" { "/gone" } else { "true" };
        assert_eq!(said(name, &[(name, ""), (other, text)], newest, Global::None), "ignored: no redirect", "{name}");
        assert_eq!(said(name, &[(name, "")], newest, Global::None), "-", "{name}");
    }
    assert_eq!(said("auth-type", &[("auth-type", "basic")], newest, Global::None), "503");
    for (name, with, text) in [
        ("whitelist-source-range", ("allowlist-source-range", "10.0.0.0/8"), "office"),
        ("limit-whitelist", ("limit-allowlist", "10.0.0.0/8"), "office"),
        ("permanent-redirect", ("temporal-redirect", "https://example.com"), "https://example.com/#a"),
        ("permanent-redirect-code", ("temporal-redirect", "https://example.com"), "moved"),
    ] {
        assert_eq!(said(name, &[with, (name, text)], newest, Global::None), "no effect", "{name}");
    }
}

#[test]
fn an_empty_text_is_as_good_as_none_but_in_a_list_of_clients() {
    let lists = ["allowlist-source-range", "denylist-source-range"];
    for line in lines("ingress-nginx.tsv").iter().filter(|line| !lists.contains(&&*line.name)) {
        for version in VERSIONS {
            assert_eq!(said(&line.name, &[(&line.name, "")], version, Global::None), "-", "{}", line.name);
        }
    }
}

#[test]
fn what_holds_is_the_config_maps_where_it_has_the_key() {
    let texts = Labels::read(&json!({"ssl-redirect": "false", "service-upstream": "true", "proxy-body-size": "64m"}));
    let newest = VERSIONS[2];
    let judged = |name, text, global| said(name, &[(name, text)], newest, global);
    assert_eq!(judged("ssl-redirect", "no", Global::Known(&texts)), "ignored: false -> false");
    assert_eq!(judged("ssl-redirect", "no", Global::Unknown), "ignored -> false");
    assert_eq!(judged("proxy-body-size", "unlimited", Global::Known(&texts)), "ignored: 64m");
    assert_eq!(judged("force-ssl-redirect", "si", Global::Known(&texts)), "ignored: false");
    // An unreadable service-upstream is false, whatever the ConfigMap says.
    assert_eq!(judged("service-upstream", "si", Global::Known(&texts)), "ignored: false");
}

/// What the rule says of an Ingress with this annotation, in a version or in any: status, message and help.
fn findings(rule: &str, version: &str, annotation: (&str, &str)) -> Vec<[String; 3]> {
    let (name, text) = annotation;
    let version = if version.is_empty() { String::new() } else { format!(", version: {version}") };
    let stream = format!(
        "apiVersion: no502.dev/v1alpha1\nkind: Policy\ngateways: [{{class: nginx, dialect: ingress-nginx{version}}}]\n---\n\
         apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  annotations:\n    \
         nginx.ingress.kubernetes.io/{name}: {text:?}\nspec:\n  ingressClassName: nginx\n"
    );
    let report = Stage::read("web.yaml", &stream).report(rule);
    report.findings.into_iter().map(|item| [item.status, item.message, item.help]).collect()
}

#[test]
fn a_refused_value_says_what_becomes_of_the_object() {
    let basic = ("auth-type", "Basic");
    let help = "write \"basic\" or \"digest\", or delete the line";
    for (version, status, message) in [
        ("", "none", "ingress-nginx refuses auth-type \"Basic\", and serves no path of the object"),
        ("1.11.8", "503", "ingress-nginx refuses auth-type \"Basic\", so every path answers 503"),
        ("1.15.1", "none", "ingress-nginx refuses auth-type \"Basic\", and the object with it"),
    ] {
        assert_eq!(findings("value-rejected", version, basic), [[status, message, help]], "{version}");
    }
}

#[test]
fn only_an_ignored_timeout_is_said_to_end_in_its_status() {
    let status =
        |annotation| findings("value-ignored", "1.15.1", annotation).into_iter().map(|[status, ..]| status).collect::<Vec<_>>();
    assert_eq!(status(("proxy-read-timeout", "60s")), ["504"]);
    for annotation in [("proxy-next-upstream-tries", "two"), ("backend-protocol", "H2C"), ("enable-cors", "yes")] {
        assert_eq!(status(annotation), ["none"], "{annotation:?}");
    }
}

#[test]
fn an_ignored_value_says_what_holds_where_something_does() {
    for (annotation, message, help) in [
        (("enable-cors", "yes"), "so false holds", "nginx.ingress.kubernetes.io/enable-cors: \"true\""),
        (("affinity", "ip"), "so it does not count", "write \"cookie\", or delete the line if what holds is meant"),
    ] {
        let found = findings("value-ignored", "1.15.1", annotation);
        let [[_, said, advice]] = &found[..] else { panic!("{annotation:?}: {found:?}") };
        assert!(said.ends_with(message) && advice.ends_with(help), "{annotation:?}: {found:?}");
    }
}
