//! Who reaches whom through which policies, as a table.

use no502::inventory::{Direction, Doubt, Inventory, Passage, PodPort, Pods, World};
use no502::model::{Model, Workload};
use no502::object::{Kind, Object, ObjectId};
use serde_json::{Value, json};

fn apply(inventory: &mut Inventory, raw: Value) {
    inventory.apply(Model::read(&Object::new(raw, "shop").expect("a kind that is read")));
}

fn pod(namespace: &str, name: &str, labels: &Value) -> Value {
    let container = json!({"name": "own", "image": "own:1", "ports": [
        {"name": "http", "containerPort": 8080}, {"name": "dns", "containerPort": 8080, "protocol": "UDP"}]});
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "spec": {"containers": [container]}})
}

/// The inventory with two pods, and these specs as policies of `shop` (the first element) or `edge`.
fn inventory(policies: &[(&str, Value)]) -> Inventory {
    let mut inventory = Inventory::new();
    apply(&mut inventory, pod("shop", "web", &json!({"app": "web"})));
    apply(&mut inventory, pod("edge", "gateway", &json!({"app": "gateway"})));
    for (index, (namespace, spec)) in policies.iter().enumerate() {
        let metadata = json!({"namespace": namespace, "name": format!("policy-{index}")});
        apply(
            &mut inventory,
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}),
        );
    }
    inventory
}

fn workload<'w>(world: &World<'w>, namespace: &str, name: &str) -> &'w Workload {
    world.workload(&ObjectId::new(Kind::Pod, namespace, name)).expect("a pod")
}

/// The answer in a word or two, from the pod `gateway` to the pod `web`.
fn answer(inventory: &Inventory, protocol: &str) -> String {
    let world = World::from(inventory);
    let from = Pods::from(workload(&world, "edge", "gateway"));
    shown(&world.passage(from, workload(&world, "shop", "web"), PodPort { number: 8080, protocol }))
}

fn shown(passage: &Passage<'_>) -> String {
    match passage {
        Passage::Allowed => "allowed".to_owned(),
        Passage::Blocked(barrier) => {
            let names: Vec<&str> = barrier.policies.iter().map(|policy| &*policy.id.name).collect();
            let side = if barrier.direction == Direction::Ingress { "in" } else { "out" };
            format!("{side}: {}{}", names.join(","), if barrier.is_presumed { " presumed" } else { "" })
        }
        Passage::Unknown(doubt) => match doubt {
            Doubt::ForeignPolicy(id) => format!("{}?", id.kind),
            other => format!("{other:?}?"),
        },
    }
}

#[test]
fn policies_add_up_on_each_side_and_both_sides_must_agree() {
    let edge = json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}}});
    let shop = json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}});
    let deny = |namespace| (namespace, json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}));
    let web = json!({"matchLabels": {"app": "web"}});
    let lets = |rule: Value| ("shop", json!({"podSelector": web, "ingress": [rule]}));
    let out = |rule: Value| ("edge", json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]}));
    let team = json!({"namespaceSelector": {"matchLabels": {"team": "edge"}}});
    let unseen = json!({"matchLabels": {"pod-template-hash": "5f"}});
    let table = [
        (vec![], "allowed"),
        (vec![deny("shop")], "in: policy-0"),
        (vec![deny("edge")], "out: policy-0"),
        (vec![deny("edge"), deny("shop")], "in: policy-1"),
        (vec![deny("shop"), lets(json!({"from": [edge]}))], "allowed"),
        (vec![deny("shop"), lets(json!({"from": [edge]})), deny("edge")], "out: policy-2"),
        (vec![deny("shop"), lets(json!({"from": [edge]})), deny("edge"), out(json!({"to": [shop]}))], "allowed"),
        (vec![deny("shop"), lets(json!({"from": [shop]}))], "in: policy-0,policy-1"),
        (vec![lets(json!({"from": [edge], "ports": [{"port": "http"}]}))], "allowed"),
        (vec![lets(json!({"from": [edge], "ports": [{"port": "web"}]}))], "in: policy-0"),
        (vec![out(json!({"to": [shop], "ports": [{"port": "http"}]}))], "allowed"),
        (vec![out(json!({"to": [shop], "ports": [{"port": 80, "endPort": 8079}]}))], "out: policy-0"),
        (vec![lets(json!({"from": [team]}))], "NamespaceUnseen?"),
        (vec![lets(json!({"from": [team], "ports": [{"port": 80}]}))], "in: policy-0"),
        (vec![lets(json!({"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}))], "Addresses?"),
        (vec![lets(json!({"from": [{"ipBlock": {"cidr": "::/0"}}]}))], "allowed"),
        (vec![lets(json!({"from": [{"ipBlock": {"cidr": "lan"}}]}))], "Unreadable?"),
        (vec![lets(json!({"from": [{"namespaceSelector": {}, "podSelector": unseen}]}))], "PodsUnseen?"),
        (vec![("shop", json!({"podSelector": unseen}))], "PodsUnseen?"),
        (vec![("shop", json!({"podSelector": {"matchLabels": {"app": "db"}}}))], "allowed"),
    ];
    for (policies, expected) in table {
        assert_eq!(answer(&inventory(&policies), "TCP"), expected, "{policies:?}");
    }
}

#[test]
fn a_port_name_is_that_of_its_protocol() {
    let ports = json!([{"port": "http", "protocol": "TCP"}, {"port": "dns", "protocol": "UDP"}]);
    let own = inventory(&[("shop", json!({"podSelector": {}, "ingress": [{"ports": ports}]}))]);
    assert_eq!(answer(&own, "UDP"), "allowed");
    assert_eq!(answer(&own, "SCTP"), "in: policy-0");
}

#[test]
fn pods_on_their_node_and_other_engines_leave_it_open() {
    let deny = [("shop", json!({"podSelector": {}}))];
    for (namespace, name) in [("shop", "web"), ("edge", "gateway")] {
        let mut own = inventory(&deny);
        let mut on_host = pod(namespace, name, &json!({"app": name}));
        on_host["spec"]["hostNetwork"] = json!(true);
        apply(&mut own, on_host);
        assert_eq!(answer(&own, "TCP"), "OnHost?");
    }
    for namespace in ["shop", "edge"] {
        let policies: &[(&str, Value)] = if namespace == "shop" { &deny } else { &[] };
        let mut own = inventory(policies);
        apply(
            &mut own,
            json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"namespace": namespace, "name": "own"}}),
        );
        assert_eq!(answer(&own, "TCP"), "CiliumNetworkPolicy?", "{namespace}");
    }
}

#[test]
fn of_pods_that_were_not_seen_only_what_holds_for_all_is_said() {
    let of = |policies: &[(&str, Value)], namespace: Option<&str>| {
        let own = inventory(policies);
        let world = World::from(&own);
        let from = Pods { namespace: namespace.map(|_| "edge"), workload: None, beside: None };
        shown(&world.passage(from, workload(&world, "shop", "web"), PodPort { number: 8080, protocol: "TCP" }))
    };
    let lets = |from: Value| [("shop", json!({"podSelector": {}, "ingress": [{"from": [from]}]}))];
    let named = lets(json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}}}));
    let own = lets(json!({"podSelector": {}}));
    let labelled = lets(json!({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "gateway"}}}));
    assert_eq!(of(&named, Some("edge")), "allowed");
    assert_eq!(of(&named, None), "PodsUnseen?");
    assert_eq!(of(&own, Some("edge")), "in: policy-0 presumed");
    assert_eq!(of(&own, None), "in: policy-0 presumed");
    assert_eq!(of(&labelled, None), "PodsUnseen?");
    assert_eq!(of(&[("edge", json!({"podSelector": {}, "policyTypes": ["Egress"]}))], Some("edge")), "out: policy-0 presumed");
    let some = json!({"podSelector": {"matchLabels": {"app": "gateway"}}, "policyTypes": ["Egress"]});
    assert_eq!(of(&[("edge", some)], Some("edge")), "PodsUnseen?");
}
