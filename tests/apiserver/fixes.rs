//! What comes out better than it went in.

use serde_json::{Value, json};

use crate::fault::Result;
use crate::instance::Namespace;
use crate::kubectl::Answer;
use crate::manifests::{bare_ingress, file, healthy, ingress, service, tls_service, without_prestop};
use crate::shared::enforced;
use crate::wait::{SOON, until};

const SLEEP: &str = "/spec/template/spec/containers/0/lifecycle/preStop/sleep/seconds";
const GRACE: &str = "/spec/template/spec/terminationGracePeriodSeconds";

fn number(object: &Value, pointer: &str) -> Option<u64> {
    object.pointer(pointer).and_then(Value::as_u64)
}

fn injected(object: &Value) -> &str {
    object.pointer("/metadata/annotations/no502.dev~1injected").and_then(Value::as_str).unwrap_or_default()
}

/// The Deployment, once its controller has seen the newest generation.
fn observed(namespace: &Namespace) -> Result<Value> {
    until("the rollout is observed", SOON, || {
        let web = namespace.get("deployment/web")?;
        let seen = number(&web, "/status/observedGeneration");
        Ok(if seen.is_some() && seen == number(&web, "/metadata/generation") { Ok(web) } else { Err(web.to_string()) })
    })
}

#[test]
fn a_routed_deployment_comes_out_with_a_sleep_and_enough_grace() -> Result {
    let namespace = enforced("sleeps", "baseline")?;
    namespace.apply(&file(&[&service("web"), &ingress("web")]))?.fine()?;
    let manifest = without_prestop("web");
    let told = |answer: &Answer| answer.warnings().iter().any(|warning| warning.contains("prestop-missing"));
    namespace.preview_until("the route is seen", &manifest, told)?;
    let answer = namespace.apply(&manifest)?.fine()?;
    assert!(told(&answer), "{answer:?}");
    let web = observed(&namespace)?;
    assert_eq!(number(&web, SLEEP), Some(10), "{web}");
    // Ten seconds of sleep and fifteen of draining fit into the thirty that Kubernetes gives.
    assert!(number(&web, GRACE) >= Some(25), "{web}");
    assert!(injected(&web).contains("prestop-missing"), "{web}");
    Ok(())
}

#[test]
fn long_requests_get_a_grace_that_holds_them() -> Result {
    let namespace = enforced("long-requests", "strict")?;
    let said = "metadata:\n  name: web\n  annotations: {no502.dev/longest-request: 40s}";
    let manifest = without_prestop("web").replace("metadata: {name: web}", said);
    namespace.apply(&manifest)?.fine()?;
    let web = observed(&namespace)?;
    assert_eq!(number(&web, SLEEP), Some(10), "{web}");
    assert!(number(&web, GRACE) >= Some(50), "{web}");
    Ok(())
}

#[test]
fn a_second_apply_changes_nothing_and_rolls_nothing_out() -> Result {
    let namespace = enforced("twice", "strict")?;
    namespace.apply(&without_prestop("web"))?.fine()?;
    let once = observed(&namespace)?;
    let answer = namespace.apply(&without_prestop("web"))?.fine()?;
    assert!(answer.stdout.contains("unchanged"), "{answer:?}");
    let twice = observed(&namespace)?;
    assert_eq!(once.pointer("/spec"), twice.pointer("/spec"));
    assert_eq!(number(&twice, "/metadata/generation"), Some(1), "{twice}");
    let sets = namespace.run(&["get", "replicasets", "-o", "name"])?.fine()?;
    assert_eq!(sets.stdout.lines().count(), 1, "{sets:?}");
    Ok(())
}

#[test]
fn what_the_author_wrote_stays() -> Result {
    let namespace = enforced("author", "strict")?;
    namespace.apply(&healthy("web"))?.fine()?;
    let web = namespace.get("deployment/web")?;
    assert_eq!(number(&web, SLEEP), Some(10), "{web}");
    assert_eq!(injected(&web), "", "{web}");
    Ok(())
}

#[test]
fn a_strict_ingress_comes_out_with_retries() -> Result {
    let namespace = enforced("retries", "strict")?;
    namespace.apply(&file(&[&healthy("web"), &service("web")]))?.fine()?;
    namespace.apply(&bare_ingress("web"))?.fine()?;
    let web = namespace.get("ingress/web")?;
    let annotation = |key: &str| web.pointer(&format!("/metadata/annotations/nginx.ingress.kubernetes.io~1{key}"));
    assert_eq!(annotation("proxy-next-upstream"), Some(&json!("error timeout http_502")), "{web}");
    assert_eq!(annotation("proxy-next-upstream-tries"), Some(&json!("3")), "{web}");
    assert!(injected(&web).contains("retry-missing"), "{web}");
    let again = namespace.apply(&bare_ingress("web"))?.fine()?;
    assert!(again.stdout.contains("unchanged"), "{again:?}");
    Ok(())
}

#[test]
fn plain_http_to_a_port_that_speaks_tls_is_denied() -> Result {
    let namespace = enforced("plain-to-tls", "baseline")?;
    namespace.apply(&file(&[&healthy("web"), &tls_service("web")]))?.fine()?;
    let denied = |answer: &Answer| answer.code == 1;
    namespace.preview_until("the Service is seen", &ingress("web"), denied)?;
    let answer = namespace.apply(&ingress("web"))?.denied()?;
    for word in ["backend-protocol-mismatch", "https", "502", "no502 explain backend-protocol-mismatch"] {
        assert!(answer.stderr.contains(word), "{word} is missing: {}", answer.stderr);
    }
    let encrypted = "  annotations:\n    nginx.ingress.kubernetes.io/backend-protocol: HTTPS\n";
    namespace.apply(&ingress("web").replacen("  annotations:\n", encrypted, 1))?.fine().map(drop)
}
