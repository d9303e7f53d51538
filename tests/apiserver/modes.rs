//! What a namespace's labels and the document's mode make of the same fault.

use serde_json::Value;

use crate::fault::Result;
use crate::http;
use crate::instance::{Instance, Namespace};
use crate::manifests::{CERTAIN, healthy, unresolvable_probe};
use crate::shared::{ENFORCE, EXEMPT, binary, cluster, enforced, instance, unlabelled};
use crate::wait::{SOON, until};

/// The audit annotation of no502 that ends in `key`, for the creation of a Deployment.
fn audited(namespace: &Namespace, name: &str, key: &str) -> Result<String> {
    let end = format!(".no502.dev/{key}");
    until(&format!("the audit annotation {key} of {name}"), SOON, || {
        for event in cluster()?.audit_events()? {
            let of = |pointer| event.pointer(pointer).and_then(Value::as_str);
            let place = (of("/objectRef/namespace"), of("/objectRef/resource"), of("/verb"));
            if place != (Some(namespace.name.as_str()), Some("deployments"), Some("create")) {
                continue;
            }
            let annotations = event.pointer("/annotations").and_then(Value::as_object);
            let mut ours = annotations.into_iter().flatten().filter(|(full, _)| full.ends_with(&end));
            if let Some((_, value)) = ours.next() {
                return Ok(Ok(value.as_str().unwrap_or_default().to_owned()));
            }
        }
        Ok(Err("no such annotation".to_owned()))
    })
}

fn untouched(namespace: &Namespace, name: &str) -> Result {
    let object = namespace.get(&format!("deployment/{name}"))?;
    let injected = object.pointer("/metadata/annotations/no502.dev~1injected");
    assert_eq!(injected, None, "{object}");
    Ok(())
}

#[test]
fn a_namespace_without_labels_is_left_alone() -> Result {
    let namespace = unlabelled("no-labels")?;
    let answer = namespace.apply(&unresolvable_probe("web"))?.fine()?;
    assert_eq!(answer.stderr, "");
    untouched(&namespace, "web")
}

#[test]
fn an_exempt_namespace_is_left_alone_whatever_its_labels_say() -> Result {
    let namespace = enforced(EXEMPT, "strict")?;
    let answer = namespace.apply(&unresolvable_probe("web"))?.fine()?;
    assert_eq!(answer.stderr, "");
    untouched(&namespace, "web")
}

#[test]
fn baseline_denies_what_is_certain_and_says_what_to_do() -> Result {
    let namespace = enforced("denied", "baseline")?;
    let answer = namespace.apply(&unresolvable_probe("web"))?.denied()?;
    // The rule, the field, what it says, what fails, what could be written, where to read on.
    let explain = format!("no502 explain {CERTAIN}");
    for word in [CERTAIN, "readinessProbe", "nowhere", "503", explain.as_str()] {
        assert!(answer.stderr.contains(word), "{word} is missing: {}", answer.stderr);
    }
    let offered = ["shopfront", "8080"].iter().any(|port| answer.stderr.contains(port));
    assert!(offered, "what could be written is missing: {}", answer.stderr);
    assert_eq!(audited(&namespace, "web", "verdict")?, "deny");
    let gone = namespace.run(&["get", "deployment", "web"])?;
    assert_eq!(gone.code, 1, "{gone:?}");
    Ok(())
}

#[test]
fn a_denial_is_readable_for_machines() -> Result {
    let namespace = enforced("denied-on-the-wire", "baseline")?;
    let (_proxy, address) = cluster()?.proxy()?;
    let path = "/apis/apps/v1/namespaces/denied-on-the-wire/deployments";
    let reply = http::send(address, "POST", path, "application/yaml", &unresolvable_probe("web"))?;
    assert_eq!(reply.status, 403, "{reply:?}");
    let status: Value = serde_json::from_str(&reply.body)?;
    assert_eq!(status.pointer("/reason").and_then(Value::as_str), Some("Forbidden"), "{status}");
    let cause = |key: &str| status.pointer(&format!("/details/causes/0/{key}")).and_then(Value::as_str);
    assert_eq!(cause("reason"), Some(CERTAIN), "{status}");
    assert!(cause("field").is_some_and(|field| field.contains("readinessProbe")), "{status}");
    assert!(cause("message").is_some_and(|message| !message.is_empty()), "{status}");
    namespace.apply(&healthy("web"))?.fine().map(drop)
}

#[test]
fn warn_says_the_same_as_warnings() -> Result {
    let namespace = instance()?.namespace("warned", &[("no502.dev/warn", "baseline")])?;
    let answer = namespace.apply(&unresolvable_probe("web"))?.fine()?;
    assert!(answer.warns_of(CERTAIN), "{answer:?}");
    assert!(answer.warnings().iter().all(|warning| warning.chars().count() <= 120), "{answer:?}");
    assert_eq!(audited(&namespace, "web", "verdict")?, "warn");
    untouched(&namespace, "web")
}

#[test]
fn audit_shows_nothing_to_the_user() -> Result {
    let instance = instance()?;
    let series = "no502_findings_total";
    let words = [CERTAIN, "mode=\"audit\""];
    let before = instance.server.metric(series, &words)?;
    let namespace = instance.namespace("audited", &[("no502.dev/audit", "baseline")])?;
    let answer = namespace.apply(&unresolvable_probe("web"))?.fine()?;
    assert_eq!(answer.stderr, "");
    untouched(&namespace, "web")?;
    let findings = audited(&namespace, "web", "findings")?;
    assert!(findings.contains(&format!("{CERTAIN}=1")), "{findings}");
    let profiles = audited(&namespace, "web", "profiles")?;
    assert!(profiles.contains("audit=baseline"), "{profiles}");
    instance.server.logged(&[CERTAIN, "audited"], SOON)?;
    assert!(instance.server.metric(series, &words)? > before);
    Ok(())
}

#[test]
fn a_document_in_audit_mode_only_says_what_would_be_denied() -> Result {
    let policy = "apiVersion: no502.dev/v1alpha1\nkind: Policy\nmode: audit\n";
    let rehearsal = Instance::start(cluster()?, binary(), "rehearsal", policy)?;
    let namespace = rehearsal.namespace("would-deny", &[(ENFORCE, "baseline")])?;
    let answer = namespace.apply(&unresolvable_probe("web"))?.fine()?;
    assert_eq!(answer.stderr, "");
    untouched(&namespace, "web")?;
    assert_eq!(audited(&namespace, "web", "verdict")?, "would-deny");
    Ok(())
}

#[test]
fn an_unknown_profile_does_not_switch_a_namespace_off() -> Result {
    let namespace = enforced("misspelt", "basline")?;
    let answer = namespace.apply(&unresolvable_probe("web"))?.denied()?;
    for word in ["basline", "baseline", "strict"] {
        assert!(answer.warnings().iter().any(|warning| warning.contains(word)), "{word}: {answer:?}");
    }
    Ok(())
}
