//! The ground the other tests stand on, without no502.

use std::time::Duration;

use serde_json::Value;

use crate::fault::{Result, fault};
use crate::shared::cluster;
use crate::wait::{SOON, until};
use crate::{http, manifests};

#[test]
fn a_deployment_gets_its_replica_set_and_the_audit_log_tells() -> Result {
    let cluster = cluster()?;
    let kubectl = cluster.admin();
    kubectl.run(&["create", "namespace", "plain"])?.fine()?;
    kubectl.feed(&["-n", "plain", "apply", "-f", "-"], &manifests::healthy("web"))?.fine()?;
    until("the controllers work", SOON, || {
        let web = kubectl.get(&["-n", "plain", "deployment/web"])?;
        let observed = web.pointer("/status/observedGeneration").and_then(Value::as_u64);
        let replicas = web.pointer("/status/replicas").and_then(Value::as_u64);
        Ok(if (observed, replicas) == (Some(1), Some(2)) { Ok(()) } else { Err(web.to_string()) })
    })?;
    let created = |event: &Value| {
        let of = |pointer| event.pointer(pointer).and_then(Value::as_str);
        of("/verb") == Some("create") && of("/objectRef/namespace") == Some("plain")
    };
    until("the audit log holds the request", SOON, || {
        let told = cluster.audit_events()?.iter().any(created);
        Ok(if told { Ok(()) } else { Err("no such event".to_owned()) })
    })?;
    kubectl.run(&["delete", "namespace", "plain", "--timeout=45s"])?.fine().map(drop)
}

#[test]
fn the_account_of_no502_may_watch_and_nothing_else() -> Result {
    let cluster = cluster()?;
    let base = crate::cluster::repository().join("deploy/base");
    for file in ["namespace.yaml", "serviceaccount.yaml", "rbac.yaml", "clusterrolebinding.yaml"] {
        let path = base.join(file);
        cluster.admin().run(&["apply", "-f", &path.to_string_lossy()])?.fine()?;
    }
    let account = crate::kubectl::Kubectl::new(cluster.binaries(), &cluster.kubeconfig("no502"));
    for kind in ["namespaces", "services", "deployments.apps", "ingresses.networking.k8s.io"] {
        until(kind, Duration::from_secs(5), || {
            let answer = account.run(&["auth", "can-i", "watch", kind, "--all-namespaces"])?;
            Ok(if answer.stdout.trim() == "yes" { Ok(()) } else { Err(format!("{answer:?}")) })
        })?;
    }
    for (verb, kind) in [("get", "secrets"), ("create", "pods"), ("update", "deployments.apps"), ("list", "configmaps")] {
        let answer = account.run(&["auth", "can-i", verb, kind, "--all-namespaces"])?;
        if answer.stdout.trim() != "no" {
            return Err(fault(format!("no502 may {verb} {kind}: {answer:?}")));
        }
    }
    Ok(())
}

#[test]
fn kubectl_proxy_speaks_plain_http() -> Result {
    let (_proxy, address) = cluster()?.proxy()?;
    let reply = http::get(address, "/version")?;
    assert_eq!(reply.status, 200, "{reply:?}");
    Ok(())
}
