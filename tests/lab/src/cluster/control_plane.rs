//! etcd, the API server, the controllers and the scheduler, as processes.

use std::path::Path;
use std::time::Duration;

use super::certificates::Certificates;
use super::init::Stay;
use super::network::{NODE_ADDRESS, SERVICES};
use crate::fault::Result;
use crate::place::INSIDE;
use crate::process::{command, outcome};
use crate::wait::until;

/// Starts them, and waits until the API server says that it is ready.
pub(crate) async fn start(binaries: &Path, certificates: &Certificates, kubeconfig: &Path, stay: &mut Stay) -> Result {
    let file = |name: &str| certificates.file(name).display().to_string();
    stay.start(
        "etcd",
        command(
            binaries.join("etcd"),
            [
                format!("--data-dir={INSIDE}/etcd"),
                "--unsafe-no-fsync=true".to_owned(),
                "--listen-client-urls=http://127.0.0.1:2379".to_owned(),
                "--advertise-client-urls=http://127.0.0.1:2379".to_owned(),
                "--listen-peer-urls=http://127.0.0.1:2380".to_owned(),
                "--initial-advertise-peer-urls=http://127.0.0.1:2380".to_owned(),
                "--initial-cluster=default=http://127.0.0.1:2380".to_owned(),
                "--log-level=warn".to_owned(),
            ],
        ),
    )?;
    stay.start(
        "kube-apiserver",
        command(
            binaries.join("kube-apiserver"),
            [
                "--etcd-servers=http://127.0.0.1:2379".to_owned(),
                format!("--advertise-address={NODE_ADDRESS}"),
                "--secure-port=6443".to_owned(),
                format!("--service-cluster-ip-range={SERVICES}"),
                format!("--client-ca-file={}", file("ca.crt")),
                format!("--tls-cert-file={}", file("server.crt")),
                format!("--tls-private-key-file={}", file("server.key")),
                format!("--kubelet-client-certificate={}", file("admin.crt")),
                format!("--kubelet-client-key={}", file("admin.key")),
                "--kubelet-preferred-address-types=InternalIP".to_owned(),
                "--authorization-mode=RBAC".to_owned(),
                "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
                format!("--service-account-key-file={}", file("accounts.pub")),
                format!("--service-account-signing-key-file={}", file("accounts.key")),
            ],
        ),
    )?;
    let kubeconfig_flag = format!("--kubeconfig={}", kubeconfig.display());
    let kubectl = binaries.join("kubectl");
    until("the API server is ready", Duration::from_secs(90), async || {
        let question = command(&kubectl, [&kubeconfig_flag, "get", "--raw", "/readyz", "--request-timeout=2s"]);
        match outcome(question).await {
            Ok(printed) if printed.fine => Ok(()),
            Ok(printed) => Err(printed.err),
            Err(error) => Err(error.to_string()),
        }
    })
    .await?;
    stay.start(
        "kube-controller-manager",
        command(
            binaries.join("kube-controller-manager"),
            [
                kubeconfig_flag.clone(),
                format!("--root-ca-file={}", file("ca.crt")),
                format!("--service-account-private-key-file={}", file("accounts.key")),
                "--leader-elect=false".to_owned(),
                "--kube-api-qps=200".to_owned(),
                "--kube-api-burst=400".to_owned(),
            ],
        ),
    )?;
    stay.start("kube-scheduler", command(binaries.join("kube-scheduler"), [kubeconfig_flag.as_str(), "--leader-elect=false"]))
}
