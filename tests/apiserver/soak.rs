//! A storm of changes: what the watches made of it is what a fresh list gives, objects and verdicts alike.
//!
//! `NO502_SOAK_SECONDS` says how long it lasts; `make soak` lets it last for 20 minutes.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::print_stderr, reason = "objects are made, and the figures are told")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::civil::date;
use kube::api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use no502::collect::{Store, watch};
use no502::engine::{Plan, survey};
use no502::inventory::{Attached, Inventory, World};
use no502::model::{Autoscaler, DisruptionBudget, Endpoints, Grant, Listeners, NetworkPolicy};
use no502::object::{Kind, Object, ObjectId};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::fault::{Result, fault};
use crate::shared::cluster_with_gateway_api;

/// How many objects there are names for: so many of each kind, over so many namespaces.
const NAMES: usize = 20;
const NAMESPACES: usize = 10;
/// How many clients write at once.
const WRITERS: usize = 4;
/// How long the watches may take to see the last change.
const SETTLED: Duration = Duration::from_mins(2);

/// What is written. Controllers add ReplicaSets, Pods and EndpointSlices of their own.
const WRITTEN: [Kind; 10] = [
    Kind::Deployment,
    Kind::Gateway,
    Kind::GrpcRoute,
    Kind::HorizontalPodAutoscaler,
    Kind::HttpRoute,
    Kind::Ingress,
    Kind::NetworkPolicy,
    Kind::PodDisruptionBudget,
    Kind::ReferenceGrant,
    Kind::Service,
];

/// What is only watched.
const MADE: [Kind; 6] =
    [Kind::EndpointSlice, Kind::GatewayClass, Kind::IngressClass, Kind::Namespace, Kind::Pod, Kind::ReplicaSet];

/// Numbers that only have to differ (xorshift), the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap_or_default()
    }

    fn pick<T: Copy>(&mut self, of: [T; 2]) -> T {
        of[self.roll(2)]
    }
}

fn duration() -> Duration {
    let told = std::env::var("NO502_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(told.unwrap_or(15))
}

#[test]
fn after_a_storm_of_changes_the_inventory_is_that_of_a_fresh_list() -> Result {
    let cluster = cluster_with_gateway_api()?;
    let namespaces: Vec<String> = (0..NAMESPACES)
        .map(|index| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": format!("soak-{index}")}}).to_string())
        .collect();
    cluster.admin().feed(&["apply", "-f", "-"], &namespaces.join("\n---\n"))?.fine()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(storm(&cluster.kubeconfig("admin")))
}

async fn storm(kubeconfig: &std::path::Path) -> Result {
    // The one crypto provider; another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = Config::from_custom_kubeconfig(Kubeconfig::read_from(kubeconfig)?, &KubeConfigOptions::default()).await?;
    let client = Client::try_from(config)?;
    let (store, _watching) = watched(&client).await?;
    let end = Instant::now() + duration();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(client.clone(), Dice(0x9E37_79B9_7F4A_7C15 ^ (writer as u64 + 1) << 32), end));
    }
    let mut counts = [0_usize; 3];
    while let Some(written) = writers.join_next().await {
        let own = written.map_err(|error| fault(error.to_string()))??;
        counts.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
    }
    let [applied, deleted, refused] = counts;
    eprintln!(
        "{applied} objects were applied and {deleted} deleted in {} s; {refused} requests were refused",
        duration().as_secs()
    );
    compare(&client, &store).await
}

/// A store that watches fill, once it has listed all.
async fn watched(client: &Client) -> Result<(Arc<Store>, JoinSet<()>)> {
    let kinds: Vec<Kind> = WRITTEN.into_iter().chain(MADE).collect();
    let store = Arc::new(Store::new(&kinds));
    let mut watching = JoinSet::new();
    for kind in kinds {
        watching.spawn(watch::watch_kind(client.clone(), kind, store.clone()));
    }
    let start = Instant::now();
    while !store.is_synced() {
        if start.elapsed() > SETTLED {
            return Err(fault(format!("the watches did not list all: {:?}", store.watches())));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok((store, watching))
}

/// Applies and deletes objects by chance until the time is over: how many of each, and how many requests were refused.
async fn write(client: Client, mut dice: Dice, end: Instant) -> Result<[usize; 3]> {
    let mut counts = [0; 3];
    while Instant::now() < end {
        let kind = WRITTEN[dice.roll(WRITTEN.len())];
        let (namespace, name) = (format!("soak-{}", dice.roll(NAMESPACES)), format!("app-{}", dice.roll(NAMES)));
        let api = api(&client, kind, &namespace);
        let is_deletion = dice.roll(3) == 0;
        let done = if is_deletion {
            api.delete(&name, &DeleteParams::background()).await.map(drop)
        } else {
            let object = object(kind, &namespace, &name, &mut dice);
            let params = PatchParams::apply("soak").force();
            api.patch(&name, &params, &Patch::Apply(object)).await.map(drop)
        };
        match done {
            Ok(()) => counts[usize::from(is_deletion)] += 1,
            // It is gone already, another writer was first, or the server is too busy: whatever came of it, the watches see it.
            Err(kube::Error::Api(status)) if [404, 409, 429, 500, 503, 504].contains(&status.code) => counts[2] += 1,
            Err(error) => return Err(fault(format!("{kind} {namespace}/{name}: {error}"))),
        }
    }
    Ok(counts)
}

fn api(client: &Client, kind: Kind, namespace: &str) -> Api<DynamicObject> {
    let version = kind.api_version();
    let resource = ApiResource {
        group: kind.group().to_owned(),
        version: version.rsplit('/').next().unwrap_or(version).to_owned(),
        api_version: version.to_owned(),
        kind: kind.name().to_owned(),
        plural: kind.plural().to_owned(),
    };
    Api::namespaced_with(client.clone(), namespace, &resource)
}

fn object(kind: Kind, namespace: &str, name: &str, dice: &mut Dice) -> Value {
    let app = |dice: &mut Dice| format!("app-{}", dice.roll(NAMES));
    let selector = |dice: &mut Dice| json!({"matchLabels": {"app": app(dice)}});
    let reference = |dice: &mut Dice| json!({"name": app(dice), "namespace": format!("soak-{}", dice.roll(NAMESPACES)), "port": dice.pick([80, 8080]), "weight": dice.roll(3)});
    let spec = match kind {
        Kind::Deployment => {
            let port = json!({"name": dice.pick(["http", "web"]), "containerPort": 8080});
            let mut container = json!({"name": "web", "image": "registry.example.com/web:1", "ports": [port]});
            if dice.roll(2) == 0 {
                container["readinessProbe"] = json!({"httpGet": {"path": "/ready", "port": "http"}});
            }
            let own = app(dice);
            // A selector cannot be changed, so the label of the pods says more.
            json!({"replicas": dice.roll(3), "selector": {"matchLabels": {"own": name}},
                "template": {"metadata": {"labels": {"own": name, "app": own}}, "spec": {"containers": [container]}}})
        }
        Kind::Service => json!({"selector": {"app": app(dice)},
            "ports": [{"name": "http", "port": dice.pick([80, 8080]), "targetPort": dice.pick(["http", "gone"])}]}),
        Kind::Ingress => {
            let backend = json!({"service": {"name": app(dice), "port": {"number": dice.pick([80, 8080])}}});
            let path = json!({"path": dice.pick(["/", "/a"]), "pathType": "Prefix", "backend": backend});
            json!({"ingressClassName": "nginx", "rules": [{"host": format!("{}.example.com", app(dice)), "http": {"paths": [path]}}]})
        }
        Kind::Gateway => json!({"gatewayClassName": "edge", "listeners": [{"name": "web", "protocol": "HTTP", "port": 80,
            "allowedRoutes": {"namespaces": {"from": dice.pick(["All", "Same"])}}}]}),
        Kind::HttpRoute | Kind::GrpcRoute => {
            let parent = json!({"name": app(dice), "namespace": format!("soak-{}", dice.roll(NAMESPACES))});
            json!({"parentRefs": [parent], "hostnames": [format!("{}.example.com", app(dice))], "rules": [{"backendRefs": [reference(dice)]}]})
        }
        Kind::ReferenceGrant => json!({
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": format!("soak-{}", dice.roll(NAMESPACES))}],
            "to": [{"group": "", "kind": "Service"}]}),
        Kind::HorizontalPodAutoscaler => json!({"minReplicas": dice.roll(3) + 1, "maxReplicas": 5,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": app(dice)}}),
        Kind::PodDisruptionBudget => json!({"selector": selector(dice), "maxUnavailable": dice.roll(2)}),
        _ => json!({"podSelector": selector(dice), "policyTypes": ["Ingress"], "ingress": []}),
    };
    json!({"apiVersion": kind.api_version(), "kind": kind.name(), "metadata": {"namespace": namespace, "name": name}, "spec": spec})
}

/// Holds what the watches made of the storm against a fresh list, until both are the same or the time is over.
async fn compare(client: &Client, store: &Store) -> Result {
    let start = Instant::now();
    loop {
        let (fresh, _watching) = watched(client).await?;
        let (lived, listed) = (told(&store.read()), told(&fresh.read()));
        let Some(difference) = difference(&lived, &listed) else {
            eprintln!("{} objects and verdicts are the same as from a fresh list", lived.len());
            return Ok(());
        };
        // Controllers go on for a while.
        if start.elapsed() > SETTLED {
            return Err(fault(difference));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn difference(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> Option<String> {
    let key = one.keys().chain(other.keys()).find(|key| one.get(*key) != other.get(*key))?;
    Some(format!("{key}: watched {:?}, listed {:?}", one.get(key), other.get(key)))
}

/// Every object, and what is said of it.
fn told(inventory: &Inventory) -> BTreeMap<String, String> {
    let plan = Plan::parse(
        "apiVersion: no502.dev/v1alpha1\nkind: Policy\ngateways: [{class: nginx, dialect: ingress-nginx, configMap: none}]\n",
    );
    let plan = plan.unwrap_or_else(|error| panic!("{error}"));
    let profile = plan.profile("strict").unwrap_or_else(|| panic!("there is no strict"));
    let world = World::from(inventory);
    let mut told = BTreeMap::new();
    for id in Kind::ALL.into_iter().flat_map(|kind| inventory.ids(kind)).filter(|id| id.namespace.starts_with("soak-")) {
        let object = Object { id: id.clone(), raw: Value::Null };
        let outcome = survey(&world, &object, profile, &plan, date(2026, 1, 1), true);
        let findings: Vec<String> =
            outcome.spoken.iter().map(|spoken| format!("{} {:?}", spoken.level, spoken.finding)).collect();
        told.insert(format!("{id}"), format!("{} {findings:?}", shown(&world, &id)));
    }
    told
}

/// The model of an object, and what its indexes lead to.
fn shown(world: &World<'_>, id: &ObjectId) -> String {
    let names = |ids: Vec<&ObjectId>| ids.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    match id.kind {
        Kind::EndpointSlice => format!("{:?}", world.get::<Endpoints>(id)),
        Kind::Gateway => format!("{:?}", world.get::<Listeners>(id)),
        Kind::HorizontalPodAutoscaler => format!("{:?}", world.get::<Autoscaler>(id)),
        Kind::NetworkPolicy => format!("{:?}", world.get::<NetworkPolicy>(id)),
        Kind::PodDisruptionBudget => format!("{:?}", world.get::<DisruptionBudget>(id)),
        Kind::ReferenceGrant => format!("{:?}", world.get::<Grant>(id)),
        Kind::Service => {
            let service = world.service(&id.namespace, &id.name);
            let mut workloads: Vec<&ObjectId> =
                service.into_iter().flat_map(|own| world.workloads_of(own)).map(|own| &own.id).collect();
            workloads.sort_unstable();
            let own: &'static ObjectId = Box::leak(Box::new(id.clone()));
            let routes: Vec<&ObjectId> = world.routings_to(own).map(|own| &own.id).collect();
            format!("{service:?} {} {}", names(workloads), names(routes))
        }
        kind if kind.declares_routes() => format!("{:?}", world.routing(id)),
        kind if kind.is_workload() => {
            let policies =
                world.workload(id).map(|own| world.attached::<NetworkPolicy>(&id.namespace, &Attached::to_pods(&own.labels)));
            let policies: Vec<&ObjectId> = policies.into_iter().flatten().map(|own| &own.id).collect();
            format!("{:?} {}", world.workload(id), names(policies))
        }
        _ => String::new(),
    }
}
