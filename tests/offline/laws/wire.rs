//! The laws of the wire: what an answer looks like, whatever is in it.

use no502::admission::{self, Unreadable};
use serde_json::{Value, json};

use super::cluster::{Answer, Cluster, review};
use super::objects::{abrupt, annotated, changed, deployment, ingress, ingress_to, killed_at_once, service};

const READ_TIMEOUT: &str = "nginx.ingress.kubernetes.io/proxy-read-timeout";

fn shop(profile: &str) -> Cluster {
    Cluster::enforcing(profile).with([deployment("web"), service("web"), ingress("web")])
}

/// Reviews of all sorts: sound, faulty, hostile, foreign.
fn reviews() -> Vec<Value> {
    let hostile = annotated(ingress("web"), &[(READ_TIMEOUT, "12\u{0}0s\r\n\u{1b}[31mno502: all is well\u{7f}\u{85}")]);
    let long = "x".repeat(253);
    let foreign = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "shop"}});
    let many: Vec<(String, u16)> = (0..40).map(|index| (format!("/p{index}"), 81 + index)).collect();
    let many: Vec<(&str, &str, u16)> = many.iter().map(|(path, port)| (path.as_str(), "web", *port)).collect();
    let mut scale = review("UPDATE", Some(&deployment("web")), Some(&deployment("web")));
    scale["request"]["subResource"] = json!("scale");
    let mut connect = review("CREATE", Some(&deployment("web")), None);
    connect["request"]["operation"] = json!("CONNECT");
    let mut empty = review("CREATE", Some(&deployment("web")), None);
    empty["request"]["object"] = Value::Null;
    empty["request"]["name"] = json!(format!("{long}\n{long}"));
    let creates =
        [deployment("web"), killed_at_once("web"), abrupt("web"), abrupt(&long), hostile, foreign, ingress_to(&long, &many)];
    let mut all: Vec<Value> = creates.iter().map(|raw| review("CREATE", Some(raw), None)).collect();
    all.extend([scale, connect, empty, review("DELETE", None, Some(&service("web")))]);
    all
}

fn answers() -> Vec<Answer> {
    let cluster = shop("strict");
    reviews().iter().flat_map(|review| [cluster.validate(review), cluster.mutate(review)]).collect()
}

#[test]
fn every_answer_is_a_review_with_the_uid_of_the_request() {
    for answer in answers() {
        assert_eq!(answer.raw["apiVersion"], "admission.k8s.io/v1");
        assert_eq!(answer.raw["kind"], "AdmissionReview");
        assert_eq!(answer.raw["response"]["uid"], "705ab4f5-6393-11e8-b7cc-42010a800002");
        assert!(answer.raw["response"]["allowed"].is_boolean());
    }
}

#[test]
fn a_patch_and_its_type_come_together_or_not_at_all() {
    let mut patches = 0;
    for answer in answers() {
        let response = answer.raw["response"].as_object().expect("a response");
        assert_eq!(response.contains_key("patch"), response.contains_key("patchType"), "{response:?}");
        if let Some(patch) = answer.patch() {
            patches += 1;
            assert_eq!(response["patchType"], "JSONPatch");
            assert!(!patch.0.is_empty());
        }
    }
    assert!(patches >= 2, "{patches}");
}

#[test]
fn the_validating_path_never_patches_and_the_mutating_path_never_refuses() {
    let cluster = shop("strict");
    let mut refused = 0;
    for review in reviews() {
        let validated = cluster.validate(&review);
        assert!(validated.patch().is_none());
        refused += usize::from(!validated.is_allowed());
        cluster.mutate(&review).passes();
    }
    assert!(refused >= 3, "{refused}");
}

#[test]
fn warnings_are_short_lines_without_control_characters_whatever_is_in_the_object() {
    let mut lines = 0;
    for answer in answers() {
        for line in answer.warnings() {
            lines += 1;
            assert!(line.chars().count() <= 120, "{} characters: {line}", line.chars().count());
            assert!(!line.chars().any(char::is_control), "{line:?}");
            assert!(line.starts_with("no502"), "{line}");
        }
    }
    assert!(lines > 10, "{lines}");
    // In a mode that warns, the hostile value itself is in a warning.
    let hostile = annotated(ingress("web"), &[(READ_TIMEOUT, "12\u{0}0s\r\nno502: all is well\u{7f}")]);
    let warned = Cluster::new("", &[("no502.dev/warn", "strict")]).with([deployment("web"), service("web")]).create(&hostile);
    assert!(warned.warned("value-ignored").iter().all(|line| !line.chars().any(char::is_control)));
    assert!(!warned.warnings().iter().any(|line| line.starts_with("no502: all is well")));
    assert_eq!(warned.warned("value-ignored").len(), 1);
}

#[test]
fn at_most_ten_warnings_are_said_and_the_rest_is_counted() {
    let paths = |count: u16| -> Value {
        let all: Vec<(String, u16)> = (0..count).map(|index| (format!("/p{index}"), 81 + index)).collect();
        let all: Vec<(&str, &str, u16)> = all.iter().map(|(path, port)| (path.as_str(), "web", *port)).collect();
        ingress_to("web", &all)
    };
    let cluster = Cluster::new("", &[("no502.dev/warn", "baseline")]).with([deployment("web"), service("web")]);
    assert_eq!(cluster.create(&paths(10)).warnings().len(), 10);
    let answer = cluster.create(&paths(25));
    let lines = answer.warnings();
    assert_eq!(lines.len(), 11);
    assert!(lines[10].contains("15 more"), "{lines:?}");
    assert_eq!(answer.annotation("findings"), "backend-port-missing=25");
}

#[test]
fn the_most_important_is_said_first() {
    let raw = annotated(
        ingress_to("web", &[("/", "nowhere", 80), ("/b", "web", 81)]),
        &[("nginx.ingress.kubernetes.io/proxy-raed-timeout", "5")],
    );
    let cluster = Cluster::new("", &[("no502.dev/warn", "baseline")]).with([deployment("web"), service("web")]);
    let answer = cluster.create(&raw);
    let lines = answer.warnings();
    assert!(lines[0].contains("[backend-port-missing]"), "an error comes before warnings: {lines:?}");
    assert!(lines.last().unwrap().contains("[backend-service-missing]"), "what is pending comes last: {lines:?}");
}

#[test]
fn a_denial_tells_rule_place_reason_and_remedy_to_people_and_to_machines() {
    let answer = shop("baseline").create(&killed_at_once("web")).denied_for("grace-zero");
    let status = &answer.raw["response"]["status"];
    assert_eq!((&status["code"], &status["reason"]), (&json!(403), &json!("Forbidden")));
    let text = answer.denial();
    for part in [
        "Deployment shop/web",
        "(profile baseline)",
        "[grace-zero]",
        "/spec/template/spec/terminationGracePeriodSeconds",
        "what: ",
        "why:  ",
        "502",
        "fix:  ",
        "no502 explain grace-zero",
    ] {
        assert!(text.contains(part), "{part:?} is missing: {text}");
    }
    assert!(text.lines().count() > 4);
    let causes = status["details"]["causes"].as_array().expect("causes");
    assert_eq!(causes.len(), 1);
    assert_eq!(causes[0]["reason"], "grace-zero");
    assert_eq!(causes[0]["field"], "/spec/template/spec/terminationGracePeriodSeconds");
    assert!(causes[0]["message"].as_str().unwrap().contains("killed at once"));
}

#[test]
fn a_denial_holds_no_control_characters_but_its_own_line_ends() {
    let hostile = annotated(ingress("web"), &[(READ_TIMEOUT, "12\u{0}0s\r\n[fake-rule] all is well\u{1b}[0m")]);
    let answer = shop("strict").create(&hostile).denied_for("value-ignored");
    let text = answer.denial();
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("[fake-rule]")), "{text}");
}

#[test]
fn audit_annotations_have_keys_without_a_slash_and_the_facts_of_the_decision() {
    for answer in answers() {
        for (key, value) in answer.raw["response"]["auditAnnotations"].as_object().into_iter().flatten() {
            assert!(!key.contains('/') && !key.is_empty(), "{key}");
            assert!(value.is_string(), "{key}: {value}");
        }
    }
    let cluster = shop("baseline");
    let answer = cluster.create(&killed_at_once("web"));
    assert_eq!(answer.annotation("verdict"), "deny");
    assert_eq!(answer.annotation("findings"), "grace-zero=1");
    assert_eq!(answer.annotation("profiles"), "enforce=baseline");
    assert_eq!(answer.annotation("policy"), cluster.plan.hash);
    assert!(answer.annotation("duration-us").parse::<u64>().is_ok());
    let warned = cluster.create(&abrupt("web"));
    assert_eq!(warned.annotation("verdict"), "warn");
}

#[test]
fn other_peoples_types_are_allowed() {
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "shop"}});
    shop("strict").create(&widget).silent();
    let knative =
        json!({"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}});
    shop("strict").create(&knative).silent();
    let mut empty = review("CREATE", Some(&deployment("web")), None);
    empty["request"]["object"] = Value::Null;
    let answer = shop("strict").validate(&empty).passes();
    assert!(answer.warnings()[0].contains("was not judged"), "{:?}", answer.warnings());
}

#[test]
fn parts_of_an_object_such_as_its_scale_are_allowed() {
    let mut scale = review("UPDATE", Some(&killed_at_once("web")), Some(&deployment("web")));
    shop("strict").validate(&scale).denied_for("grace-zero");
    scale["request"]["subResource"] = json!("scale");
    shop("strict").validate(&scale).silent();
}

#[test]
fn an_object_whose_name_the_server_will_make_is_judged() {
    let mut raw = changed(killed_at_once("web"), "/metadata/generateName", json!("web-"));
    raw["metadata"].as_object_mut().unwrap().remove("name");
    let answer = shop("baseline").create(&raw).denied_for("grace-zero");
    assert!(answer.denial().contains("web-"), "{}", answer.denial());
}

#[test]
fn what_is_no_review_is_told_why() {
    let why = |body: &[u8]| admission::read(body).map(|_| ()).expect_err("not a review");
    assert!(matches!(why(b"not json"), Unreadable::Malformed(_)));
    assert!(matches!(why(b""), Unreadable::Malformed(_)));
    assert!(matches!(why(b"{}"), Unreadable::Foreign { .. }));
    let beta = br#"{"apiVersion": "admission.k8s.io/v1beta1", "kind": "AdmissionReview", "request": {"uid": "1"}}"#;
    assert!(why(beta).to_string().contains("admission.k8s.io/v1beta1"));
    let none = br#"{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}"#;
    assert!(matches!(why(none), Unreadable::NoRequest));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = format!(
        r#"{{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {{"uid": "1", "object": {deep}}}}}"#
    );
    assert!(matches!(why(deep.as_bytes()), Unreadable::Malformed(_)));
}
