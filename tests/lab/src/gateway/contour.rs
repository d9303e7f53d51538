//! Contour, which reads the API server, and Envoy, which it tells. Reads Ingresses, HTTPProxies, and HTTPRoutes and GRPCRoutes of
//! the Gateway `gateways/contour`.
//!
//! A failed request has one line in Envoy's log (`envoy.log`), with its Host, the pod's address, and why:
//!
//! ```text
//! {"authority":"x.lab","path":"/","response_code":503,"response_flags":"UF","upstream_host":"10.244.0.5:8080",
//!  "response_code_details":"upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}",
//!  "upstream_transport_failure_reason":"delayed_connect_error:_Connection_refused",...}
//! ```
//!
//! `UF`: no connection; `UC`: the pod closed it; `UH`: no ready endpoint; `UT`: no answer in time; `UPE`: not an answer of its
//! protocol; `NR`: no route; `DC`: the client went away. An Ingress with a port that its Service does not have loses its route:
//! 404 with `NR` and `route_not_found`.

use std::fs::{create_dir_all, write};
use std::net::SocketAddr;
use std::path::Path;

use futures::FutureExt;
use futures::future::{BoxFuture, LocalBoxFuture};
use serde_json::{Value, json};

use super::{Gateway, RouteKind, answers, apply, definitions, gateway_api, ingress_class, namespace};
use crate::cluster::{Parts, Stay};
use crate::fault::{At, Result};
use crate::kubectl::Kubectl;
use crate::place::INSIDE;
use crate::process::{command, outcome, run};

/// Contour with Envoy.
pub(super) struct Contour;

/// Where Contour tells Envoy.
const XDS: u16 = 9101;

impl Gateway for Contour {
    fn name(&self) -> &'static str {
        "contour"
    }

    fn parts(&self) -> &'static [&'static str] {
        &["contour"]
    }

    fn version<'a>(&'a self, parts: &'a Parts) -> BoxFuture<'a, Result<String>> {
        async {
            let folder = parts.folder("contour")?;
            // It says so on standard error.
            let contour = outcome(command(folder.join("contour"), ["version"])).await?.err;
            let envoy = run(command(folder.join("envoy"), ["--version"])).await?;
            let contour = contour.lines().find_map(|line| line.strip_prefix("version: v")).unwrap_or_default();
            // `envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL`
            let envoy = envoy.split_once("version: ").and_then(|(_, version)| version.split('/').nth(1));
            Ok(format!("contour {}, envoy {}", contour.trim(), envoy.unwrap_or_default()))
        }
        .boxed()
    }

    fn class(&self) -> &'static str {
        "contour"
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 8080))
    }

    fn log(&self) -> &'static str {
        "envoy"
    }

    fn routes(&self) -> &'static [RouteKind] {
        &[RouteKind::Ingress, RouteKind::HttpRoute, RouteKind::GrpcRoute, RouteKind::HttpProxy]
    }

    fn start<'a>(&'a self, parts: &'a Parts, kubectl: &'a Kubectl, stay: &'a mut Stay) -> LocalBoxFuture<'a, Result> {
        self.start_both(parts, kubectl, stay).boxed_local()
    }
}

impl Contour {
    async fn start_both(&self, parts: &Parts, kubectl: &Kubectl, stay: &mut Stay) -> Result {
        const CONTROLLER: &str = "projectcontour.io/gateway-controller";
        let part = parts.folder("contour")?;
        definitions::apply(kubectl, &part.join("crds")).await?;
        apply(kubectl, [namespace("projectcontour"), namespace("gateways")]).await?;
        // Envoy listens on 8080 for port 80, and on 8443 for port 443.
        let [class, mut gateway] = gateway_api(self.class(), CONTROLLER, 80);
        if let Some(listeners) = gateway.pointer_mut("/spec/listeners").and_then(Value::as_array_mut) {
            let all = json!({"namespaces": {"from": "All"}});
            listeners.push(json!({"name": "https", "protocol": "projectcontour.io/https", "port": 443, "allowedRoutes": all}));
        }
        // Envoy opens its port with the first route.
        let first = json!({
            "apiVersion": "projectcontour.io/v1", "kind": "HTTPProxy", "metadata": {"name": "first", "namespace": "gateways"},
            "spec": {
                "ingressClassName": self.class(), "virtualhost": {"fqdn": "first.lab"},
                "routes": [{"directResponsePolicy": {"statusCode": 200}}],
            },
        });
        apply(kubectl, [ingress_class(self.class(), "projectcontour.io/ingress-controller"), class, gateway, first]).await?;

        let folder = Path::new(INSIDE).join("contour");
        create_dir_all(&folder).at(&folder)?;
        let (settings, bootstrap) = (folder.join("contour.json"), folder.join("envoy.json"));
        write(&settings, configuration().to_string()).at(&settings)?;
        stay.start(
            "contour",
            command(
                part.join("contour"),
                [
                    "serve".to_owned(),
                    format!("--kubeconfig={}", kubectl.kubeconfig().display()),
                    format!("--config-path={}", settings.display()),
                    "--ingress-class-name=contour".to_owned(),
                    "--disable-leader-election".to_owned(),
                    "--insecure".to_owned(),
                    "--xds-address=127.0.0.1".to_owned(),
                    format!("--xds-port={XDS}"),
                    "--http-address=127.0.0.1".to_owned(),
                    "--http-port=9102".to_owned(),
                    "--health-address=127.0.0.1".to_owned(),
                    "--health-port=9103".to_owned(),
                    "--stats-address=127.0.0.1".to_owned(),
                    "--stats-port=9104".to_owned(),
                    "--debug-http-address=127.0.0.1".to_owned(),
                    "--debug-http-port=9105".to_owned(),
                ],
            ),
        )?;
        let mut make = command(part.join("contour"), ["bootstrap"]);
        make.arg(&bootstrap).args(["--xds-address=127.0.0.1", &format!("--xds-port={XDS}")]);
        make.arg(format!("--admin-address={}", folder.join("admin.sock").display()));
        run(make).await?;
        answers::tcp("contour", SocketAddr::from(([127, 0, 0, 1], XDS))).await?;
        let mut envoy = command(part.join("envoy"), ["--service-cluster", "contour", "--service-node", "lab"]);
        // Two threads, as there are two cores at the least; no shared memory that outlives it.
        // An experiment looks for its reason in the log as soon as it is over, and a line waits 10 s by default.
        envoy.args(["--file-flush-interval-msec", "250"]);
        envoy.args(["--concurrency", "2", "--disable-hot-restart", "--log-level", "warning", "-c"]).arg(&bootstrap);
        stay.start("envoy", envoy)?;
        answers::http("contour", self.address()).await
    }
}

fn configuration() -> Value {
    json!({
        "gateway": {"gatewayRef": {"name": "contour", "namespace": "gateways"}},
        "accesslog-format": "json",
        "json-fields": [
            "@timestamp", "authority", "method", "path", "protocol", "response_code", "response_flags", "upstream_host",
            "upstream_cluster", "duration", "grpc_status", "response_code_details=%RESPONSE_CODE_DETAILS%",
            "upstream_transport_failure_reason=%UPSTREAM_TRANSPORT_FAILURE_REASON%",
        ],
    })
}
