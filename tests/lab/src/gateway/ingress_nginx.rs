//! The real controller of ingress-nginx, with Debian's nginx. What its image brings lies in a mount namespace of its own.
//!
//! It reads the ConfigMap `ingress-nginx/ingress-nginx-controller`. Its stream block is not there: that Debian lacks a module
//! for; so another process takes what it sends to that block's port, or it would count every change of endpoints as failed.
//! Which endpoint is next is decided by stand-ins for two Lua libraries. All directives, timeouts, retries, reloads and
//! validations are its own.
//!
//! A failed request has a line with its Host and the reason, and the access line with the pod's address:
//!
//! ```text
//! 2026/01/02 03:04:05 [error] 71#71: *9 connect() failed (111: Connection refused) while connecting to upstream,
//!   client: 127.0.0.1, server: x.lab, request: "GET / HTTP/1.1", upstream: "http://10.244.0.5:8080/", host: "x.lab"
//! 127.0.0.1 - - [...] "GET / HTTP/1.1" 502 150 "-" "-" 70 0.000 [default-x-80] [] 10.244.0.5:8080 0 0.000 502 <request id>
//! ```
//!
//! Where no endpoint is ready the answer is 503, and the access line has `[default-x-80] [] - - - -`.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, LocalBoxFuture};
use serde_json::json;
use tokio::process::Command;

use super::{Gateway, RouteKind, answers, apply, ingress_class, namespace};
use crate::cluster::{Parts, Stay};
use crate::fault::{At, Result};
use crate::kubectl::Kubectl;
use crate::place::INSIDE;
use crate::process::{command, run};
use crate::wait::until;

/// The controller of ingress-nginx.
pub(super) struct IngressNginx;

const NAMESPACE: &str = "ingress-nginx";
const NAME: &str = "ingress-nginx-controller";
const HEALTH: u16 = 9120;
const STREAM: u16 = 9122;

/// What its image brings: a writable /etc/nginx, and logs that are links to where it writes itself. It also uses fixed names
/// in /tmp, which are not for the host to see.
const SURROUNDINGS: &str = r#"set -e
mkdir -p "$1/tmp" "$1/tmp.work" "$1/etc-nginx" /etc/nginx /var/log/nginx /var/lib/nginx /etc/ingress-controller/telemetry
cp -r "$2/etc-nginx/." "$1/etc-nginx/"
mount --bind "$1/etc-nginx" /etc/nginx
mount -t overlay -o "lowerdir=/tmp,upperdir=$1/tmp,workdir=$1/tmp.work" overlay /tmp
rm -rf /tmp/nginx
mkdir -p /tmp/nginx
ln -sf /dev/stdout /var/log/nginx/access.log
ln -sf /dev/stderr /var/log/nginx/error.log
shift
shift
exec "$@"
"#;

impl Gateway for IngressNginx {
    fn name(&self) -> &'static str {
        "ingress-nginx"
    }

    fn parts(&self) -> &'static [&'static str] {
        &["debian", "ingress-nginx"]
    }

    fn version<'a>(&'a self, parts: &'a Parts) -> BoxFuture<'a, Result<String>> {
        async {
            let program = parts.folder("ingress-nginx")?.join("nginx-ingress-controller");
            let mut question = command(program, ["--version"]);
            question.env("NGINX_BINARY", "/usr/sbin/nginx");
            let said = run(question).await?;
            let value = |key: &str| {
                let line = said.lines().map(str::trim).find_map(|line| line.strip_prefix(key));
                line.unwrap_or_default().trim().replace("nginx version: ", "").replace('/', " ")
            };
            Ok(format!("ingress-nginx {}, {}", release(&value("Release:")), value("nginx version:")))
        }
        .boxed()
    }

    fn class(&self) -> &'static str {
        "nginx"
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 8092))
    }

    fn secure_address(&self) -> Option<SocketAddr> {
        Some(SocketAddr::from(([127, 0, 0, 1], 8492)))
    }

    fn routes(&self) -> &'static [RouteKind] {
        &[RouteKind::Ingress]
    }

    fn start<'a>(&'a self, parts: &'a Parts, kubectl: &'a Kubectl, stay: &'a mut Stay) -> LocalBoxFuture<'a, Result> {
        async {
            self.objects(kubectl).await?;
            let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
            stay.start(self.name(), controller(parts.folder("ingress-nginx")?, kubectl.kubeconfig()))?;
            // It wants the port of the stream block free when it starts, and taken when nginx runs.
            answers::tcp(self.name(), local(HEALTH)).await?;
            let own = std::env::current_exe().at(Path::new("/proc/self/exe"))?;
            stay.start("ingress-nginx-stream", command(own, ["accept", &STREAM.to_string()]))?;
            answers::http(self.name(), self.address()).await
        }
        .boxed_local()
    }
}

impl IngressNginx {
    async fn objects(&self, kubectl: &Kubectl) -> Result {
        let meta = json!({"name": NAME, "namespace": NAMESPACE});
        apply(
            kubectl,
            [
                namespace(NAMESPACE),
                ingress_class(self.class(), "k8s.io/ingress-nginx"),
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"error-log-level": "info"}}),
            ],
        )
        .await?;
        // It looks itself up; that pod need not run.
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": meta,
            "spec": {
                "schedulingGates": [{"name": "lab.no502.dev/beside-the-node"}],
                "containers": [{"name": "controller", "image": "lab.no502.dev/pause:1", "imagePullPolicy": "Never"}],
            },
        });
        until("the pod of ingress-nginx can be made", Duration::from_secs(20), async || {
            // A namespace that is new has no ServiceAccount yet.
            apply(kubectl, [pod.clone()]).await.map_err(|fault| fault.to_string())
        })
        .await
    }
}

fn controller(part: &Path, kubeconfig: &Path) -> Command {
    let mut controller = command("unshare", ["--mount", "bash", "-c", SURROUNDINGS, "surroundings"]);
    controller.arg(Path::new(INSIDE).join("ingress-nginx")).arg(part).arg(part.join("nginx-ingress-controller"));
    controller.arg(format!("--kubeconfig={}", kubeconfig.display()));
    controller.arg(format!("--configmap={NAMESPACE}/{NAME}"));
    controller.args(["--healthz-host=127.0.0.1", &format!("--healthz-port={HEALTH}")]);
    controller.args(["--status-port=9121", &format!("--stream-port={STREAM}"), "--default-server-port=9123"]);
    controller.args([
        "--controller-class=k8s.io/ingress-nginx",
        "--ingress-class=nginx",
        "--http-port=8092",
        "--https-port=8492",
        "--ssl-passthrough-proxy-port=9124",
        "--profiling=false",
        "--enable-metrics=false",
        "--disable-leader-election",
        "--update-status=false",
        "--publish-status-address=127.0.0.1",
        "--watch-ingress-without-class=false",
    ]);
    controller.env("NGINX_BINARY", "/usr/sbin/nginx").env("POD_NAME", NAME).env("POD_NAMESPACE", NAMESPACE);
    controller
}

/// Its tags are no versions of a Go module, so it is named by its commit: `v0.0.0-20240708192948-52c50467d67d`.
fn release(version: &str) -> String {
    let mut parts = version.split('-').skip(1);
    let date = parts.next().and_then(|date| Some((date.get(..4)?, date.get(4..6)?, date.get(6..8)?)));
    match (date, parts.next()) {
        (Some((year, month, day)), Some(commit)) => format!("{commit} of {year}-{month}-{day}"),
        _ => version.to_owned(),
    }
}
