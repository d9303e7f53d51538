//! no502 in the cluster, by the steps of `deploy/README.md`.

use std::fs::remove_dir_all;
use std::path::Path;

use crate::fault::{At, Result};
use crate::kubectl::Kubectl;
use crate::place::Place;
use crate::process::{command, run};

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
    kubectl.run(&[system[0], system[1], "create", "secret", "tls", "no502-tls", &certificate, &key]).await?;
    let mut trust = command(place.repository.join("deploy/trust-ca.sh"), [certificates.join("ca.crt")]);
    trust.env("KUBECTL", kubectl.program()).env("KUBECONFIG", kubectl.kubeconfig());
    run(trust).await?;
    kubectl.run(&[system[0], system[1], "rollout", "status", "deployment/no502", "--timeout=90s"]).await?;
    Ok(())
}
