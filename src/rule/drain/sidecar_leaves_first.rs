#![doc = include_str!("sidecar_leaves_first.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::prestop_missing::leaves_alone;
use crate::finding::{Finding, FixKind, Label};
use crate::model::{Container, ContainerField, Hook, Proxy, ProxyDrain, Write};
use crate::object::{Address, Kind};
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, Rule, Scope, WorkloadCase};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct SidecarLeavesFirst;

/// What a policy may tune.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {
    /// Which workloads the level is for; the next wider ring gets a warning.
    scope: Scope,
    /// How long Istio's proxy goes on after SIGTERM where the pod does not say it.
    istio_drain: Duration,
    /// The level at most for a proxy that Istio puts in, where the pod does not say that it is a regular container.
    injected: Level,
}

impl Default for Params {
    fn default() -> Self {
        Self { scope: Scope::default(), istio_drain: Duration::from_secs(5), injected: Level::Off }
    }
}

impl Rule for SidecarLeavesFirst {
    type Params = Params;

    const META: Meta = Meta {
        name: "sidecar-leaves-first",
        family: Family::Drain,
        summary: "a proxy in a pod stops while the application behind it still waits for requests",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::Always,
        neighbour: Neighbour::Completes,
        reads: &[Kind::DaemonSet, Kind::Deployment, Kind::Ingress, Kind::Namespace, Kind::Service, Kind::StatefulSet],
        since: "0.1.0",
        page: include_str!("sidecar_leaves_first.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Workload(judge);

    fn strict() -> Params {
        Params { scope: Scope::Serving, injected: Level::Warning, ..Params::default() }
    }
}

/// What the finding about an injected proxy points at.
const TEMPLATE: Address = Address::field("/spec/template");

fn judge(params: &Params, case: &WorkloadCase<'_>, findings: &mut Vec<Finding>) {
    // Nothing else runs meanwhile, and with a grace period of 0 no hook does.
    if leaves_alone(case.workload) || case.workload.grace.value().is_none_or(|grace| grace.is_zero()) {
        return;
    }
    let cap = params.scope.cap(case.ring);
    for proxy in case.workload.regular_containers().filter(|container| container.pre_stop.is_none()) {
        findings.extend(at_once(case, proxy).map(|finding| finding.at_most(cap)));
    }
    findings.extend(of_istio(params, case).map(|finding| finding.at_most(cap)));
}

/// The container that goes on the longest after a proxy without a hook of its own has got SIGTERM, and for how long: none
/// where the container is no such proxy, or where clients do not come in through it.
pub(super) fn outlasting<'c>(case: &WorkloadCase<'c>, proxy: &Container) -> Option<(&'c Container, Duration)> {
    let is_in_front = match proxy.proxy()? {
        Proxy::Istio => false,
        Proxy::Linkerd => true,
        Proxy::Front => case.serving.iter().copied().any(|container| std::ptr::eq(container, proxy)),
    };
    if is_in_front { waiting(case) } else { None }
}

/// The regular container that holds its SIGTERM back the longest, as far as that is known.
fn waiting<'c>(case: &WorkloadCase<'c>) -> Option<(&'c Container, Duration)> {
    let applications = case.workload.regular_containers().filter(|container| container.proxy().is_none());
    let known = applications.filter_map(|container| Some((container, container.pre_stop.as_ref().and_then(Hook::delay)?)));
    known.max_by_key(|(_, delay)| *delay).filter(|(_, delay)| !delay.is_zero())
}

/// A proxy that takes nothing more from SIGTERM on.
fn at_once(case: &WorkloadCase<'_>, proxy: &Container) -> Option<Finding> {
    let (application, delay) = outlasting(case, proxy)?;
    let status = case.answers().refused;
    let message = format!(
        "proxy \"{}\" has no preStop hook: it stops at once, and container \"{}\" goes on for {delay}",
        proxy.name, application.name
    );
    let finding = Finding::at(case.label(proxy, ContainerField::Whole), message)
        .related(case.label(application, ContainerField::PreStop), format!("waits for {delay}"))
        .status(status)
        .excess(delay.as_secs_ceil())
        .why(format!(
            "All regular containers of a pod are told to stop at the same moment, and each waits for its own hook only. What \
             gateways still send in the {delay} meets a proxy that is gone: clients get {status}, and the application waits for nobody."
        ));
    Some(same_sleep(finding, case, proxy, delay))
}

/// How long Istio's proxy goes on after SIGTERM, where it does not wait for the application.
pub(super) fn proxy_end(case: &WorkloadCase<'_>) -> Option<Duration> {
    istio(&Params::default(), case).map(|proxy| proxy.drain)
}

/// Istio's proxy, where it does not wait for the application.
struct IstioProxy<'c> {
    /// How long it goes on after SIGTERM.
    drain: Duration,
    /// The container that it is, where Istio does not put it in.
    written: Option<&'c Container>,
    /// The level at most of what is said of it.
    cap: Level,
}

/// Istio's proxy of a workload that is no native sidecar for all that is known, and ends at SIGTERM or soon after; the settings
/// of the mesh may say something else than the default.
fn istio<'c>(params: &Params, case: &WorkloadCase<'c>) -> Option<IstioProxy<'c>> {
    let mesh = &case.workload.mesh;
    let written = case.workload.containers.iter().find(|container| container.proxy() == Some(Proxy::Istio));
    let is_injected = mesh.is_injected(case.world.namespace_labels(&case.workload.id.namespace));
    if written.map_or(!is_injected, |proxy| proxy.is_native_sidecar || proxy.pre_stop.is_some()) {
        return None;
    }
    // What is written is laid over the container that is put in, and may be made a native sidecar with it.
    let known = match mesh.is_native {
        Some(true) => return None,
        None if is_injected => params.injected,
        Some(false) | None => Level::Error,
    };
    match mesh.drain {
        ProxyDrain::For(drain) => Some(IstioProxy { drain, written, cap: known }),
        ProxyDrain::Default => Some(IstioProxy { drain: params.istio_drain, written, cap: known.min(Level::Warning) }),
        ProxyDrain::Unknown => None,
    }
}

/// Istio's proxy: a container of the workload, or one that is put into its pods.
fn of_istio(params: &Params, case: &WorkloadCase<'_>) -> Option<Finding> {
    let IstioProxy { drain, written, cap } = istio(params, case)?;
    let (application, delay) = waiting(case).filter(|(_, delay)| *delay > drain)?;
    let status = case.answers().refused;
    let place = written.map_or_else(
        || Label::new(&case.workload.id, TEMPLATE).of("istio-proxy"),
        |proxy| case.label(proxy, ContainerField::Whole),
    );
    let message = format!("Istio's proxy ends {drain} after SIGTERM, and container \"{}\" goes on for {delay}", application.name);
    let finding = Finding::at(place, message)
        .related(case.label(application, ContainerField::PreStop), format!("waits for {delay}"))
        .status(status)
        .excess(delay.saturating_sub(drain).as_secs_ceil())
        .at_most(cap)
        .why(format!(
            "{drain} < {delay}: proxy and application get their end announced at the same moment, and every connection of the pod goes \
             through the proxy. In the {} after it has ended, requests to the application and its own calls are reset: clients get \
             {status}. A native sidecar would end last.",
            delay.saturating_sub(drain)
        ));
    Some(match written {
        Some(proxy) => same_sleep(finding, case, proxy, delay),
        None => finding.help(format!(
            "let the proxy end after the application, or at least drain for as long, in spec.template.metadata.annotations:\n\
             sidecar.istio.io/nativeSidecar: \"true\"\n# or\nproxy.istio.io/config: |\n  terminationDrainDuration: {}s",
            delay.as_secs_ceil()
        )),
    })
}

/// The hook that lets a proxy stay as long as the application, as text and as a fix.
fn same_sleep(finding: Finding, case: &WorkloadCase<'_>, proxy: &Container, delay: Duration) -> Finding {
    let seconds = delay.as_secs_ceil();
    let finding = finding.help(format!(
        "let the proxy wait as long as the application:\ncontainers:\n  - name: {}\n    lifecycle:\n      {}",
        proxy.name,
        case.sleep_hook_shown(seconds)
    ));
    let sleep = Write { address: proxy.address(ContainerField::PreStop), value: case.sleep_hook(seconds) };
    // The API server refuses a sleep that is longer than the grace period, and one as long leaves nothing to end in. That the
    // application's own is too long for it is said by the rule prestop-outlasts-grace, and mended there first.
    let fits = case.workload.grace.value().is_some_and(|grace| Duration::from_secs(seconds) < *grace);
    finding.fix(FixKind::Add, if fits { vec![sleep] } else { Vec::new() })
}
