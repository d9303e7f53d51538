//! Deployment, Service and Ingress come in the order of the file, of Helm, or of chance.

use crate::fault::{Result, fault};
use crate::forwarder::Forwarder;
use crate::instance::Ground;
use crate::kubectl::Answer;
use crate::manifests::{ORDERS, file, healthy, ingress, ordered, service, without_readiness};
use crate::register::Failure;
use crate::shared::{ENFORCE, binary, cluster, enforced, instance};
use crate::wait::SOON;

const PROBE: &str = "readiness-probe-missing";

/// Fifty files, each with its three objects in the next order.
fn fifty_files(profile: &str) -> Result {
    let namespace = enforced(&format!("one-shot-{profile}"), profile)?;
    for (round, order) in (0..50).zip(ORDERS.into_iter().cycle()) {
        let name = format!("web-{round}");
        let documents = [healthy(&name), service(&name), ingress(&name)];
        let all = file(&ordered([&documents[0], &documents[1], &documents[2]], order));
        namespace.apply(&all)?.fine()?;
    }
    Ok(())
}

#[test]
fn fifty_whole_files_in_any_order_pass_baseline() -> Result {
    fifty_files("baseline")
}

#[test]
fn fifty_whole_files_in_any_order_pass_strict() -> Result {
    fifty_files("strict")
}

#[test]
fn baseline_warns_of_a_missing_probe_in_every_order() -> Result {
    for (number, order) in ORDERS.into_iter().enumerate() {
        let namespace = enforced(&format!("order-baseline-{number}"), "baseline")?;
        let documents = [without_readiness("web"), service("web"), ingress("web")];
        let documents = ordered([&documents[0], &documents[1], &documents[2]], order);
        let (last, earlier) = documents.split_last().ok_or_else(|| fault("three documents"))?;
        for document in earlier {
            namespace.apply(document)?.fine()?;
        }
        let spoken = |answer: &Answer| answer.code == 0 && answer.warnings().iter().any(|line| line.contains(PROBE));
        namespace.preview_until(&format!("{order:?}: the last one is answered with the fault"), last, spoken)?;
        let answer = namespace.apply(last)?.fine()?;
        assert!(spoken(&answer), "{order:?}: {answer:?}");
    }
    Ok(())
}

#[test]
fn strict_denies_the_deployment_itself_in_every_order() -> Result {
    for (number, order) in ORDERS.into_iter().enumerate() {
        let namespace = enforced(&format!("order-strict-{number}"), "strict")?;
        let documents = [without_readiness("web"), service("web"), ingress("web")];
        for document in ordered([&documents[0], &documents[1], &documents[2]], order) {
            let answer = namespace.apply(document)?;
            if document.contains("kind: Deployment") {
                let answer = answer.denied()?;
                assert!(answer.stderr.contains(PROBE), "{order:?}: {answer:?}");
            } else {
                answer.fine()?;
            }
        }
    }
    Ok(())
}

#[test]
fn an_ingress_that_completes_a_faulty_route_is_warned_not_denied() -> Result {
    let namespace = instance()?.namespace("completes", &[])?;
    namespace.apply(&file(&[&without_readiness("web"), &service("web")]))?.fine()?;
    namespace.label(&format!("{ENFORCE}=strict"))?.fine()?;
    namespace.enforced()?;
    let answer = namespace.apply(&ingress("web"))?.fine()?;
    assert!(answer.warnings().iter().any(|line| line.contains("would route to Deployment web")), "{answer:?}");
    Ok(())
}

#[test]
fn what_a_lagging_watch_missed_is_said_later_in_the_log() -> Result {
    let cluster = cluster()?;
    let server = cluster.server().trim_start_matches("https://").parse()?;
    let slow = Forwarder::to(server)?;
    let ground = Ground::prepare(cluster, binary(), "lagging", "apiVersion: no502.dev/v1alpha1\nkind: Policy\n")?;
    let server = ground.serve_with(&cluster.kubeconfig_through("no502", slow.address)?)?;
    let address = server.webhook;
    let lagging = ground.register(server, &[], address, Failure::AsShipped)?;
    let namespace = lagging.namespace("lags", &[(ENFORCE, "baseline")])?;
    namespace.enforced()?;

    slow.hold(true);
    let documents = file(&[&without_readiness("late-web"), &service("late-web"), &ingress("late-web")]);
    let answer = namespace.apply(&documents)?.fine()?;
    assert!(!answer.stderr.contains(PROBE), "nothing can be known yet: {answer:?}");
    slow.hold(false);

    lagging.server.logged(&["late", PROBE, "late-web"], SOON)?;
    let counted = lagging.server.metric("no502_late_findings_total", &[PROBE])?;
    assert!(counted >= 1.0, "{counted}");
    Ok(())
}
