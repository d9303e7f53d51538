//! no502 is gone: what the cluster does then is a choice of the one who installed it.

use crate::fault::Result;
use crate::forwarder::Forwarder;
use crate::http;
use crate::instance::{Ground, Instance};
use crate::manifests::{healthy, unresolvable_probe};
use crate::register::Failure;
use crate::shared::{ENFORCE, binary, cluster};
use crate::wait::{SOON, until};

const POLICY: &str = "apiVersion: no502.dev/v1alpha1\nkind: Policy\n";

#[test]
fn open_webhooks_let_everything_pass() -> Result {
    let instance = Instance::start(cluster()?, binary(), "down-open", POLICY)?;
    let namespace = instance.namespace("down-and-open", &[(ENFORCE, "baseline")])?;
    namespace.apply(&unresolvable_probe("before"))?.denied()?;
    instance.server.kill()?;
    namespace.apply(&unresolvable_probe("after"))?.fine()?;
    namespace.run(&["delete", "deployment/after", "--timeout=30s"])?.fine()?;
    namespace.label("no502.dev/warn=strict")?.fine().map(drop)
}

#[test]
fn closed_webhooks_hold_everything_up_until_they_are_taken_away() -> Result {
    let instance = Instance::start_with(cluster()?, binary(), "down-closed", POLICY, Failure::Closed)?;
    let namespace = instance.namespace("down-and-closed", &[(ENFORCE, "baseline")])?;
    namespace.apply(&healthy("before"))?.fine()?;
    instance.server.kill()?;
    let answer = namespace.apply(&healthy("after"))?;
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.stderr.contains("failed calling webhook"), "{answer:?}");
    // Whoever is not judged by no502 does not notice.
    namespace.run(&["scale", "deployment/before", "--replicas=3"])?.fine()?;
    namespace.kubectl.run(&["create", "namespace", "not-ours"])?.fine()?;
    namespace.kubectl.feed(&["-n", "not-ours", "apply", "-f", "-"], &healthy("web"))?.fine()?;
    // The way out needs no no502.
    instance.registration.remove()?;
    until("the API server has forgotten the webhooks", SOON, || {
        let answer = namespace.apply(&healthy("after"))?;
        Ok(if answer.code == 0 { Ok(()) } else { Err(format!("{answer:?}")) })
    })
}

#[test]
fn a_lost_watch_is_seen_and_answers_go_on_from_what_was_known() -> Result {
    let cluster = cluster()?;
    let line = Forwarder::to(cluster.server().trim_start_matches("https://").parse()?)?;
    let ground = Ground::prepare(cluster, binary(), "cut-off", POLICY)?;
    let server = ground.serve_with(&cluster.kubeconfig_through("no502", line.address)?)?;
    let address = server.webhook;
    let instance = ground.register(server, &[], address, Failure::AsShipped)?;
    let namespace = instance.namespace("cut", &[(ENFORCE, "baseline")])?;
    namespace.enforced()?;
    assert!(instance.server.metric("no502_inventory_staleness_seconds", &["Service"])? < f64::EPSILON);

    line.cut();
    until("the lost watch is seen", SOON, || {
        let stale = instance.server.metric("no502_inventory_staleness_seconds", &["Service"])? > 0.0;
        Ok(if stale { Ok(()) } else { Err("no staleness".to_owned()) })
    })?;
    let report = http::get(instance.server.admin, "/readyz?verbose")?;
    assert_eq!(report.status, 200, "{report:?}");
    assert!(report.body.contains("watch Service: lost") && report.body.contains("answers go on"), "{report:?}");
    namespace.apply(&unresolvable_probe("still-denied"))?.denied()?;
    namespace.apply(&healthy("still-fine"))?.fine().map(drop)
}
