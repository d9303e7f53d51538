//! no502 in the cluster, by the steps of `deploy/README.md`.

use std::fs::remove_dir_all;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::fault::{At, Result};
use crate::kubectl::Kubectl;
use crate::place::Place;
use crate::process::{command, run};
use crate::wait::until;

const NAME: &str = "no502.no502-system.svc";

/// Installs it from `tests/lab/no502` and waits until both replicas are ready and the API server trusts them.
pub(crate) async fn install(place: &Place, program: &Path, kubectl: &Kubectl) -> Result {
    let certificates = place.run().join("certificates");
    if certificates.exists() {
        remove_dir_all(&certificates).at(&certificates)?;
    }
    let made = certificates.display().to_string();
    run(command(program, ["certs", "make", "--out", &made, "--dns", NAME])).await?;
    // The place of ingress-nginx's global settings, whether that gateway runs or not: no502 is told to read them.
    let place_of_settings = concat!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: ingress-nginx}\n---\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ingress-nginx-controller, namespace: ingress-nginx}\n",
    );
    kubectl.apply(place_of_settings).await?;
    kubectl.run(&["apply", "-k", &place.source().join("no502").display().to_string()]).await?;
    let (certificate, key) = (format!("--cert={made}/tls.crt"), format!("--key={made}/tls.key"));
    let system = ["--namespace", "no502-system"];
    let secret = ["create", "secret", "tls", "no502-tls", &certificate, &key, "--dry-run=client", "--output=yaml"];
    let secret = kubectl.run(&[&system[..], &secret[..]].concat()).await?;
    kubectl.apply(&secret).await?;
    let mut trust = command(place.repository.join("deploy/trust-ca.sh"), [certificates.join("ca.crt")]);
    trust.env("KUBECTL", kubectl.program()).env("KUBECONFIG", kubectl.kubeconfig());
    run(trust).await?;
    kubectl.run(&[system[0], system[1], "rollout", "status", "deployment/no502", "--timeout=90s"]).await?;
    judges(kubectl).await
}

/// Removes what [`install`] brought.
pub(crate) async fn uninstall(place: &Place, kubectl: &Kubectl) -> Result {
    let source = place.source().join("no502").display().to_string();
    kubectl.run(&["delete", "--ignore-not-found", "-k", &source]).await.map(drop)
}

/// Until the API server has heard a verdict: it fails open, so the first questions to a new webhook may pass unjudged.
async fn judges(kubectl: &Kubectl) -> Result {
    const NAMESPACE: &str = "no502-answers";
    let labels = json!({"no502.dev/enforce": "strict"});
    kubectl
        .apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}).to_string())
        .await?;
    let probe = json!({"httpGet": {"port": "not-declared"}});
    let container = json!({"name": "app", "image": "app", "ports": [{"containerPort": 8080}], "readinessProbe": probe});
    let labels = json!({"app": "app"});
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "app", "namespace": NAMESPACE},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}},
    });
    until("no502 denies what it should", Duration::from_secs(30), async || {
        let printed = kubectl.feed(&["create", "--dry-run=server", "-f", "-"], &deployment.to_string()).await;
        let printed = printed.map_err(|fault| fault.to_string())?;
        if printed.err.contains("probe-port-unresolvable") { Ok(()) } else { Err(printed.out + &printed.err) }
    })
    .await?;
    kubectl.run(&["delete", "namespace", NAMESPACE, "--wait=false"]).await.map(drop)
}
