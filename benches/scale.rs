//! What the size of a cluster costs: `make bench-scale`.
//!
//! Services, routes (Ingresses and HTTPRoutes in turns) and Deployments by the ten thousand, and 5,000 network policies, over
//! 500 namespaces. Each size is a process of its own, so that its memory is its own. The decision is measured in turns with
//! one over a cluster that holds nothing but its neighbours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "benches may")]
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures are printed")]

#[allow(dead_code, reason = "the other benches use the rest")]
mod figures;
mod objects;

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::civil::{Date, date};
use no502::engine::{Change, Plan, evaluate, survey};
use no502::inventory::{Inventory, World};
use no502::model::Model;
use no502::object::{Kind, Object, ObjectId};
use serde_json::{Value, json};

use figures::{memory, percentile};
use objects::{PLAIN, class, deployment, ingress, namespace, service};

const TODAY: Date = date(2026, 3, 2);
const NAMESPACES: usize = 500;
const POLICIES: usize = 5_000;
const SIZES: [usize; 2] = [10_000, 50_000];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(size) = arguments.get(1).and_then(|argument| argument.parse().ok()) {
        return measure(size);
    }
    // Only `cargo bench` passes this; tests of all targets shall not wait for it.
    if arguments.iter().any(|argument| argument == "--bench") {
        let own = std::env::current_exe().expect("this program has a path");
        for size in SIZES {
            let status = Command::new(&own).arg(size.to_string()).status().expect("this program starts once more");
            assert!(status.success(), "{size}: {status}");
        }
    }
}

fn measure(size: usize) {
    println!("\n{size} each of Services, routes and Deployments, {POLICIES} network policies, {NAMESPACES} namespaces");
    let plan = plan();
    let (cluster, filling) = filled(size);
    println!("  to ready: {:.2} s to read and index all objects, from the bytes of a list", filling.as_secs_f64());
    println!("  memory: VmRSS {:.1} MiB, VmHWM {:.1} MiB", memory("self", "VmRSS"), memory("self", "VmHWM"));
    decisions(&cluster, &plan);
    let cluster = event(cluster);
    audit(&cluster, &plan);
}

fn plan() -> Plan {
    let text = "apiVersion: no502.dev/v1alpha1\nkind: Policy\ndefaults: {enforce: strict}\n\
                gateways: [{class: nginx, dialect: ingress-nginx, configMap: none, namespace: ingress-nginx}]\n";
    let mut plan = Plan::parse(text).unwrap_or_else(|error| panic!("{error}: {:?}", error.0));
    plan.has_cluster = true;
    plan
}

fn team(index: usize) -> String {
    format!("team-{:03}", index % NAMESPACES)
}

/// An inventory with so many objects of each kind, and how long reading them took. The bytes of each are made before its
/// clock runs and dropped behind it, as a list arrives.
fn filled(size: usize) -> (Inventory, Duration) {
    let mut inventory = Inventory::new();
    let mut clock = Duration::ZERO;
    let mut put = |raw: &Value| {
        let bytes = raw.to_string();
        let start = Instant::now();
        inventory.apply(read(&bytes));
        clock += start.elapsed();
    };
    neighbours(&mut put);
    for index in 0..NAMESPACES {
        put(&namespace(&team(index)));
    }
    for index in 0..size {
        let (team, name) = (team(index), format!("app-{index}"));
        put(&deployment(&team, &name, PLAIN));
        put(&service(&team, &name));
        put(&if index % 2 == 0 { ingress(&team, &name, std::slice::from_ref(&name)) } else { http_route(&team, &name) });
    }
    for index in 0..POLICIES {
        put(&policy(&team(index), &format!("app-{index}")));
    }
    (inventory, clock)
}

fn read(bytes: &str) -> Model {
    let raw: Value = serde_json::from_str(bytes).expect("JSON");
    Model::read(&Object::new(raw, "").expect("a kind that is read"))
}

/// What stands around the Deployment that is judged: a Service and an Ingress in a namespace of its own.
fn neighbours(put: &mut impl FnMut(&Value)) {
    put(&class());
    put(&gateway());
    put(&json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": "eg"},
        "spec": {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"}}));
    put(&namespace("own"));
    put(&service("own", "web"));
    put(&ingress("own", "web", &["web".to_owned()]));
}

fn gateway() -> Value {
    let listener = json!({"name": "web", "protocol": "HTTP", "port": 80, "allowedRoutes": {"namespaces": {"from": "All"}}});
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "edge", "namespace": "edge"},
        "spec": {"gatewayClassName": "eg", "listeners": [listener]}})
}

fn http_route(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": name, "namespace": namespace},
        "spec": {"parentRefs": [{"name": "edge", "namespace": "edge"}], "hostnames": [format!("{name}.{namespace}.example.com")],
            "rules": [{"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "timeouts": {"request": "15s"},
                "backendRefs": [{"name": name, "port": 80}]}]}})
}

/// Lets the gateway in to one Deployment.
fn policy(namespace: &str, name: &str) -> Value {
    let from =
        json!([{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}, {"podSelector": {}}]);
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": {"matchLabels": {"app.kubernetes.io/name": name}}, "policyTypes": ["Ingress"],
            "ingress": [{"from": from}]}})
}

/// A plain Deployment with few neighbours, over this cluster and over one without anything else, in turns.
fn decisions(cluster: &Inventory, plan: &Plan) {
    const ROUNDS: usize = 20_000;
    let mut empty = Inventory::new();
    neighbours(&mut |raw: &Value| empty.apply(read(&raw.to_string())));
    let change = Change::create(Object::new(deployment("own", "web", PLAIN), "own").expect("a Deployment"));
    let mut times = [Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS)];
    for round in 0..ROUNDS + 500 {
        for (inventory, own) in [&empty, cluster].into_iter().zip(&mut times) {
            let start = Instant::now();
            black_box(evaluate(black_box(&change), inventory, plan, TODAY));
            // The first ones warm the caches.
            if round >= 500 {
                own.push(start.elapsed());
            }
        }
    }
    let micros = |own: &[Duration], percent| percentile(own, percent).as_secs_f64() * 1e6;
    let [small, large] = times;
    for percent in [50, 99] {
        let (before, after) = (micros(&small, percent), micros(&large, percent));
        let growth = (after / before - 1.0) * 100.0;
        println!("  decision p{percent}: {after:.2} us, without the other objects {before:.2} us ({growth:+.1} %)");
    }
}

/// What the watch costs for one Deployment that changes.
fn event(mut cluster: Inventory) -> Inventory {
    const EVENTS: usize = 2_000;
    let bytes: Vec<String> =
        (0..EVENTS).map(|index| deployment(&team(index), &format!("app-{index}"), PLAIN).to_string()).collect();
    let start = Instant::now();
    for bytes in &bytes {
        cluster.apply(read(bytes));
    }
    println!("  one watch event: {:.1} us, from its bytes", start.elapsed().as_secs_f64() * 1e6 / EVENTS as f64);
    cluster
}

/// Judges every object, as an audit of the whole cluster does.
fn audit(cluster: &Inventory, plan: &Plan) {
    let profile = plan.profile("strict").expect("a shipped profile");
    let world = World::from(cluster);
    let start = Instant::now();
    let (mut judged, mut found) = (0_usize, 0_usize);
    for namespace in cluster.ids(Kind::Namespace) {
        for id in world.subjects_in(&namespace.name) {
            found += survey(&world, &bare(&id), profile, plan, TODAY, true).spoken.len();
            judged += 1;
        }
    }
    println!("  audit: {judged} objects judged in {:.2} s, {found} findings", start.elapsed().as_secs_f64());
}

/// The object by its name alone: what it says stands in the world.
fn bare(id: &ObjectId) -> Object {
    Object { id: id.clone(), raw: Value::Null }
}
