//! Old faults are no reason to stand in the way; new ones are.

use crate::fault::Result;
use crate::instance::Namespace;
use crate::manifests::{CERTAIN, unresolvable_probe};
use crate::shared::unlabelled;

/// A namespace that was labelled after a bad Deployment `web` was made in it.
fn old_fault(name: &str) -> Result<Namespace> {
    let namespace = unlabelled(name)?;
    namespace.apply(&unresolvable_probe("web"))?.fine()?;
    namespace.label("no502.dev/enforce=baseline")?.fine()?;
    namespace.enforced()?;
    Ok(namespace)
}

#[test]
fn an_object_that_was_bad_can_still_be_operated() -> Result {
    let namespace = old_fault("operated")?;
    let operations: [&[&str]; 7] = [
        &["scale", "deployment/web", "--replicas=3"],
        &["rollout", "restart", "deployment/web"],
        &["label", "deployment/web", "team=shop"],
        &["annotate", "deployment/web", "example.com/note=seen"],
        &["set", "image", "deployment/web", "app=registry.example/shop:2"],
        &["set", "env", "deployment/web", "MODE=fast"],
        &["delete", "deployment/web", "--timeout=30s"],
    ];
    for operation in operations {
        namespace.run(operation)?.fine()?;
    }
    Ok(())
}

#[test]
fn an_old_fault_is_spoken_when_its_object_changes() -> Result {
    let namespace = old_fault("reminded")?;
    let answer = namespace.run(&["set", "image", "deployment/web", "app=registry.example/shop:2"])?.fine()?;
    assert!(answer.warns_of(CERTAIN), "{answer:?}");
    Ok(())
}

#[test]
fn making_it_worse_is_denied() -> Result {
    let namespace = old_fault("worse")?;
    let second = r#"[{"op": "add", "path": "/spec/template/spec/containers/-", "value": {
        "name": "second", "image": "registry.example/other:1", "ports": [{"name": "other", "containerPort": 9000}],
        "readinessProbe": {"tcpSocket": {"port": "elsewhere"}}}}]"#;
    let answer = namespace.run(&["patch", "deployment/web", "--type=json", "-p", second])?.denied()?;
    assert!(answer.stderr.contains("elsewhere"), "{answer:?}");
    // The old fault is no reason, so it is not given as one.
    let reasons = answer.stderr.lines().filter(|line| !line.starts_with("Warning: "));
    assert!(!reasons.into_iter().any(|line| line.contains("nowhere")), "{answer:?}");
    Ok(())
}

#[test]
fn mending_it_is_welcome_and_breaking_it_again_is_not() -> Result {
    let namespace = old_fault("mended")?;
    let port = |name: &str| {
        format!(
            r#"[{{"op": "replace", "path": "/spec/template/spec/containers/0/readinessProbe/httpGet/port", "value": "{name}"}}]"#
        )
    };
    let mended = namespace.run(&["patch", "deployment/web", "--type=json", "-p", &port("shopfront")])?.fine()?;
    assert!(!mended.warns_of(CERTAIN), "{mended:?}");
    namespace.run(&["patch", "deployment/web", "--type=json", "-p", &port("nowhere")])?.denied().map(drop)
}
