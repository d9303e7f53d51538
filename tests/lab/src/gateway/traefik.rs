//! Traefik: Ingresses, HTTPRoutes and GRPCRoutes of the Gateway `gateways/traefik`, and its own objects (a ServersTransport sets timeouts).
//!
//! A failed request has two lines. The debug line names the reason and the pod, the access line the Host:
//!
//! ```text
//! {"level":"debug","error":"dial tcp 10.244.0.5:8080: connect: connection refused","message":"502 Bad Gateway",...}
//! {"DownstreamStatus":502,"RequestHost":"x.lab","RequestPath":"/","ServiceAddr":"10.244.0.5:8080","RouterName":"...",...}
//! ```
//!
//! An Ingress whose Service has no ready endpoint, or not that port, loses its route: the answer is 404 without a
//! `RouterName`, and an error line names the Ingress: `"ingress":"x","serviceName":"x",...,"message":"Cannot create service"`.

use std::net::SocketAddr;

use futures::FutureExt;
use futures::future::{BoxFuture, LocalBoxFuture};

use super::{Gateway, RouteKind, answers, apply, definitions, gateway_api, ingress_class, namespace};
use crate::cluster::{Parts, Stay};
use crate::fault::Result;
use crate::kubectl::Kubectl;
use crate::process::{command, run};

/// Traefik.
pub(super) struct Traefik;

const PORT: u16 = 8091;

impl Gateway for Traefik {
    fn name(&self) -> &'static str {
        "traefik"
    }

    fn parts(&self) -> &'static [&'static str] {
        // The definitions of the Gateway API come with Contour, so that there is one version of them.
        &["contour", "traefik"]
    }

    fn version<'a>(&'a self, parts: &'a Parts) -> BoxFuture<'a, Result<String>> {
        async {
            let said = run(command(parts.folder("traefik")?.join("traefik"), ["version"])).await?;
            let version = said.lines().find_map(|line| line.strip_prefix("Version:")).unwrap_or_default();
            Ok(format!("traefik {}", version.trim()))
        }
        .boxed()
    }

    fn class(&self) -> &'static str {
        "traefik"
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], PORT))
    }

    fn routes(&self) -> &'static [RouteKind] {
        &[RouteKind::Ingress, RouteKind::HttpRoute, RouteKind::GrpcRoute]
    }

    fn start<'a>(&'a self, parts: &'a Parts, kubectl: &'a Kubectl, stay: &'a mut Stay) -> LocalBoxFuture<'a, Result> {
        async {
            definitions::apply(kubectl, &parts.folder("contour")?.join("crds")).await?;
            definitions::apply(kubectl, &parts.folder("traefik")?.join("crds")).await?;
            // Without it Traefik waits for ever, and serves no HTTPRoute; Contour reads the older version.
            definitions::serve_as(kubectl, "backendtlspolicies.gateway.networking.k8s.io", "v1").await?;
            apply(kubectl, [namespace("gateways")]).await?;
            let [class, gateway] = gateway_api(self.class(), "traefik.io/gateway-controller", PORT);
            apply(kubectl, [ingress_class(self.class(), "traefik.io/ingress-controller"), class, gateway]).await?;
            let mut traefik = command(parts.folder("traefik")?.join("traefik"), flags());
            traefik.env("KUBECONFIG", kubectl.kubeconfig());
            stay.start(self.name(), traefik)?;
            answers::http(self.name(), self.address()).await
        }
        .boxed_local()
    }
}

fn flags() -> [String; 14] {
    [
        format!("--entryPoints.web.address=127.0.0.1:{PORT}"),
        "--entryPoints.websecure.address=127.0.0.1:8491".to_owned(),
        "--providers.kubernetesIngress=true".to_owned(),
        "--providers.kubernetesIngress.ingressClass=traefik".to_owned(),
        "--providers.kubernetesIngress.ingressEndpoint.ip=127.0.0.1".to_owned(),
        "--providers.kubernetesGateway=true".to_owned(),
        "--providers.kubernetesGateway.statusAddress.ip=127.0.0.1".to_owned(),
        "--providers.kubernetesCRD=true".to_owned(),
        "--log.level=DEBUG".to_owned(),
        "--log.format=json".to_owned(),
        "--accessLog=true".to_owned(),
        "--accessLog.format=json".to_owned(),
        "--global.checkNewVersion=false".to_owned(),
        "--global.sendAnonymousUsage=false".to_owned(),
    ]
}
