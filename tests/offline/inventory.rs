//! The inventory: whatever came in which order, lookups give what a fresh one gives.

use std::collections::BTreeMap;

use no502::inventory::{Attached, Inventory, Overlay, Shelved, World};
use no502::model::{Autoscaler, BackendTlsPolicy, DisruptionBudget, Endpoints, Grant, Listeners, Model, NetworkPolicy};
use no502::object::{Kind, Object, ObjectId};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::laws::worlds::{self, NAMES, NAMESPACES};

/// Half as many cases as usual, so that a run stays short; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases / 2, failure_persistence: None, ..usual }
}

fn model(raw: &Value) -> Model {
    Model::read(&Object::new(raw.clone(), "shop").expect("a kind that is read"))
}

/// Something that happens to an inventory.
#[derive(Clone, Debug)]
enum Event {
    Apply(Value),
    Delete(Index),
    DeleteUnknown(Kind),
    Reset(Kind, Vec<Value>),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => worlds::object().prop_map(Event::Apply),
        3 => any::<Index>().prop_map(Event::Delete),
        1 => select(&Kind::ALL[..]).prop_map(Event::DeleteUnknown),
        1 => (select(&Kind::ALL[..]), vec(worlds::object(), 0..12)).prop_map(|(kind, all)| Event::Reset(kind, all)),
    ]
}

/// An inventory through which all of this went, and what must be in it then.
fn after(events: &[Event]) -> (Inventory, BTreeMap<ObjectId, Value>) {
    let mut inventory = Inventory::new();
    let mut known: BTreeMap<ObjectId, Value> = BTreeMap::new();
    for event in events {
        match event {
            Event::Apply(raw) => {
                let model = model(raw);
                put(&mut known, raw);
                inventory.apply(model);
            }
            Event::Delete(index) => {
                let ids: Vec<ObjectId> = known.keys().cloned().collect();
                if !ids.is_empty() {
                    inventory.delete(index.get(&ids));
                    known.remove(index.get(&ids));
                }
            }
            Event::DeleteUnknown(kind) => inventory.delete(&ObjectId::new(*kind, "nowhere", "nothing")),
            Event::Reset(kind, all) => {
                let models: Vec<Model> = all.iter().map(model).filter(|model| model.id().kind == *kind).collect();
                known.retain(|id, _| id.kind != *kind);
                all.iter().filter(|raw| model(raw).id().kind == *kind).for_each(|raw| put(&mut known, raw));
                inventory.reset(*kind, models);
            }
        }
    }
    (inventory, known)
}

/// What is known once an object is in that state: its controller stands for what is only one of many.
fn put(known: &mut BTreeMap<ObjectId, Value>, raw: &Value) {
    match model(raw) {
        Model::Workload(own) if own.is_replaceable() => known.remove(&own.id),
        own => known.insert(own.id().clone(), raw.clone()),
    };
}

fn fresh(known: &BTreeMap<ObjectId, Value>) -> Inventory {
    let mut inventory = Inventory::new();
    for raw in known.values() {
        inventory.apply(model(raw));
    }
    inventory
}

fn sorted(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}

/// Every question that a world answers, with its answer.
fn lookups(world: &World<'_>) -> BTreeMap<String, Vec<String>> {
    let mut answers = BTreeMap::new();
    for namespace in NAMESPACES {
        answers
            .insert(format!("subjects in {namespace}"), world.subjects_in(namespace).iter().map(ToString::to_string).collect());
        answers
            .insert(format!("services in {namespace}"), world.service_names(namespace).into_iter().map(str::to_owned).collect());
        for name in NAMES {
            neighbours(world, namespace, name, &mut answers);
            edges(world, namespace, name, &mut answers);
        }
        shelves(world, namespace, &mut answers);
    }
    for name in NAMES.into_iter().chain(["nginx", "other"]) {
        let homes = world.namespaces_with_service(name).into_iter().map(str::to_owned).collect();
        answers.insert(format!("namespaces with service {name}"), homes);
        answers.insert(format!("class {name}"), sorted(world.class(name).into_iter().map(|class| format!("{class:?}"))));
    }
    answers.insert("gateway class".to_owned(), sorted(world.gateway_class("edge").into_iter().map(|class| format!("{class:?}"))));
    answers.insert("default class".to_owned(), sorted(world.default_class().into_iter().map(|class| format!("{class:?}"))));
    answers
}

/// What leads from one object to others.
fn neighbours(world: &World<'_>, namespace: &str, name: &str, answers: &mut BTreeMap<String, Vec<String>>) {
    let mut say = |question: &str, lines: Vec<String>| {
        answers.insert(format!("{question} {namespace}/{name}"), lines);
    };
    say("config", sorted(world.config(namespace, name).into_iter().map(|config| format!("{config:?}"))));
    let id = |kind| ObjectId::new(kind, namespace, name);
    say("routing", sorted(world.routing(&id(Kind::Ingress)).into_iter().map(|routing| format!("{routing:?}"))));
    let routing = world.routing(&id(Kind::Ingress));
    let sharing = routing.into_iter().flat_map(|routing| world.routings_sharing_services(routing, 2));
    say("sharing with", sharing.map(|routing| format!("{routing:?}")).collect());
    let meeting = routing.into_iter().flat_map(|routing| world.routings_meeting(routing, 2));
    say("meeting with", meeting.map(|routing| format!("{routing:?}")).collect());
    let service = world.service(namespace, name);
    say("service", sorted(service.into_iter().map(|service| format!("{service:?}"))));
    let selected = service.into_iter().flat_map(|service| world.workloads_of(service));
    say("workloads of", selected.map(|workload| format!("{workload:?}")).collect());
    let own = id(Kind::Service);
    // A world wants ids that live as long as it does; a test may leak a handful.
    let own: &'static ObjectId = Box::leak(Box::new(own));
    say("routings to", world.routings_to(own).map(|routing| format!("{routing:?}")).collect());
    for kind in [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet] {
        let workload = world.workload(&id(kind));
        say(&format!("{kind}"), sorted(workload.into_iter().map(|workload| format!("{workload:?}"))));
        let services = workload.into_iter().flat_map(|workload| world.services_of(workload));
        say(&format!("services of {kind}"), sorted(services.map(|service| format!("{service:?}"))));
    }
}

/// The first question to which two worlds have different answers.
fn difference(one: &BTreeMap<String, Vec<String>>, other: &BTreeMap<String, Vec<String>>) -> String {
    let keys = one.keys().chain(other.keys());
    let different = keys.into_iter().find(|key| one.get(*key) != other.get(*key));
    different.map(|key| format!("{key}: {:?} and {:?}", one.get(key), other.get(key))).unwrap_or_default()
}

/// All that is kept on one shelf, in its order.
fn shelf<T: Shelved + std::fmt::Debug>(world: &World<'_>, namespace: &str) -> Vec<String> {
    world.all::<T>(namespace).into_iter().map(|own| format!("{own:?}")).collect()
}

/// What attaches to something, in its order.
fn attached<T: Shelved + std::fmt::Debug>(world: &World<'_>, namespace: &str, to: &Attached) -> Vec<String> {
    world.attached::<T>(namespace, to).into_iter().map(|own| format!("{own:?}")).collect()
}

fn shelves(world: &World<'_>, namespace: &str, answers: &mut BTreeMap<String, Vec<String>>) {
    for (name, all) in [
        ("autoscalers", shelf::<Autoscaler>(world, namespace)),
        ("backend TLS", shelf::<BackendTlsPolicy>(world, namespace)),
        ("budgets", shelf::<DisruptionBudget>(world, namespace)),
        ("endpoints", shelf::<Endpoints>(world, namespace)),
        ("grants", shelf::<Grant>(world, namespace)),
        ("listeners", shelf::<Listeners>(world, namespace)),
        ("policies", shelf::<NetworkPolicy>(world, namespace)),
        ("foreign policy", world.foreign_policy(namespace).into_iter().map(ToString::to_string).collect()),
        ("referred to", world.services_referred_to(namespace).iter().map(ToString::to_string).collect()),
    ] {
        answers.insert(format!("{name} in {namespace}"), all);
    }
    let guarded = world.all::<DisruptionBudget>(namespace).into_iter().flat_map(|budget| world.workloads_guarded(budget));
    answers.insert(format!("guarded in {namespace}"), guarded.map(|workload| workload.id.to_string()).collect());
}

/// What hangs on one object.
fn edges(world: &World<'_>, namespace: &str, name: &str, answers: &mut BTreeMap<String, Vec<String>>) {
    let id = |kind| ObjectId::new(kind, namespace, name);
    let own: &'static ObjectId = Box::leak(Box::new(id(Kind::Gateway)));
    let mut say = |question: &str, lines: Vec<String>| answers.insert(format!("{question} {namespace}/{name}"), lines);
    say("routes under", world.routings_under(own).map(|routing| format!("{routing:?}")).collect());
    say("sets of", world.sets_of(own).into_iter().map(|set| set.id.to_string()).collect());
    say("scaling", attached::<Autoscaler>(world, namespace, &Attached::to_object(&id(Kind::Deployment))));
    say("TLS to", attached::<BackendTlsPolicy>(world, namespace, &Attached::to_service(name)));
    say("endpoints of", attached::<Endpoints>(world, namespace, &Attached::to_service(name)));
    if let Some(workload) = world.workload(&id(Kind::Deployment)) {
        say("guarding", attached::<DisruptionBudget>(world, namespace, &Attached::to_pods(&workload.labels)));
        say("isolating", attached::<NetworkPolicy>(world, namespace, &Attached::to_pods(&workload.labels)));
    }
    if let Some(route) = world.routing(&id(Kind::HttpRoute)) {
        say("listening", world.attachments(route).into_iter().map(|own| format!("{own:?}")).collect());
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_happened_to_an_inventory_leaves_no_trace_but_what_is_in_it(events in vec(event(), 0..40)) {
        let (lived, known) = after(&events);
        let fresh = fresh(&known);
        prop_assert_eq!(difference(&lookups(&World::from(&lived)), &lookups(&World::from(&fresh))), "");
        for kind in Kind::ALL {
            let ids = sorted(lived.ids(kind).iter().map(ToString::to_string));
            prop_assert_eq!(lived.count(kind), ids.len());
            let expected = known.keys().filter(|id| id.kind == kind).map(ToString::to_string);
            prop_assert_eq!(ids, sorted(expected));
        }
        for namespace in NAMESPACES {
            prop_assert_eq!(lived.namespace_labels(namespace), fresh.namespace_labels(namespace));
        }
    }

    #[test]
    fn an_object_laid_over_a_world_is_seen_as_if_it_were_in_it(events in vec(event(), 0..25), raw in worlds::object()) {
        let (inventory, mut known) = after(&events);
        let model = model(&raw);
        let laid_over = lookups(&World::new(&inventory, Overlay::Put(&model)));
        put(&mut known, &raw);
        prop_assert_eq!(difference(&laid_over, &lookups(&World::from(&fresh(&known)))), "");
    }

    #[test]
    fn an_object_taken_out_of_a_world_is_as_if_it_were_gone(events in vec(event(), 1..25), index in any::<Index>()) {
        let (inventory, mut known) = after(&events);
        let ids: Vec<ObjectId> = known.keys().cloned().collect();
        prop_assume!(!ids.is_empty());
        let gone = index.get(&ids);
        let without = lookups(&World::new(&inventory, Overlay::Without(gone)));
        known.remove(gone);
        prop_assert_eq!(difference(&without, &lookups(&World::from(&fresh(&known)))), "");
    }
}

#[test]
fn a_namespace_that_is_gone_leaves_its_objects_and_forgets_its_labels() {
    let mut inventory = Inventory::new();
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"a": "b"}}});
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {}});
    inventory.apply(model(&service));
    assert!(inventory.namespace_labels("shop").is_none(), "not delivered is not the same as without labels");
    inventory.apply(model(&namespace));
    assert_eq!(inventory.namespace_labels("shop").and_then(|labels| labels.get("a")), Some("b"));
    inventory.delete(model(&namespace).id());
    assert!(inventory.namespace_labels("shop").is_none());
    assert!(World::from(&inventory).service("shop", "web").is_some());
}

#[test]
fn two_default_classes_are_none() {
    let class = |name: &str| {
        let default = json!({"ingressclass.kubernetes.io/is-default-class": "true"});
        model(&json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
            "metadata": {"name": name, "annotations": default}, "spec": {"controller": "k8s.io/ingress-nginx"}}))
    };
    let mut inventory = Inventory::new();
    inventory.apply(class("a"));
    assert!(World::from(&inventory).default_class().is_some());
    let other = class("b");
    assert!(World::new(&inventory, Overlay::Put(&other)).default_class().is_none());
    inventory.apply(other);
    assert!(World::from(&inventory).default_class().is_none());
    assert!(World::new(&inventory, Overlay::Without(class("b").id())).default_class().is_some());
}

#[test]
fn an_object_that_came_again_is_there_once_and_only_where_it_is_now() {
    let deployment = |app: &str| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {}, "template": {"metadata": {"labels": {"app": app}}, "spec": {"containers": []}}}})
    };
    let service = |app: &str| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {"app": app}}})
    };
    let mut inventory = Inventory::new();
    let meet = |inventory: &Inventory| {
        let world = World::from(inventory);
        let workload = world.workload(&ObjectId::new(Kind::Deployment, "shop", "web")).expect("the Deployment");
        let own = world.service("shop", "web").expect("the Service");
        (world.services_of(workload).count(), world.workloads_of(own).count())
    };
    for raw in [service("web"), deployment("web"), service("web"), deployment("web")] {
        inventory.apply(model(&raw));
    }
    assert_eq!(meet(&inventory), (1, 1));
    inventory.apply(model(&deployment("api")));
    assert_eq!(meet(&inventory), (0, 0));
    inventory.apply(model(&service("api")));
    assert_eq!(meet(&inventory), (1, 1));
}
