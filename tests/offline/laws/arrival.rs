//! Law 3, for all rules at once: in whatever order objects come, change and go, each change tells what it brings.
//!
//! The worlds are those of the case files: for each rule its smallest sets of objects. What is judged is compared with a
//! survey of everything, before and after: nothing that a change brings may be left to be found later.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::civil::{Date, date};
use no502::engine::{Change, Outcome, Plan, Verdict, evaluate, survey};
use no502::finding::Finding;
use no502::inventory::{Inventory, World};
use no502::model::Model;
use no502::object::{Kind, Object, ObjectId};
use no502::rule::RULES;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{edges, worlds};
use crate::cases::case_files;

const TODAY: Date = date(2026, 1, 1);
/// Larger worlds are tried in some orders only.
const ALL_ORDERS: usize = 4;
/// Worlds that are larger still show limits and not order.
const LARGEST: usize = 12;

/// The objects of a case file, and the policy that holds for them.
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) objects: Vec<Object>,
    document: Value,
}

pub(super) fn stages() -> Vec<Stage> {
    let mut stages = Vec::new();
    for rule in RULES.iter().map(|entry| entry.meta.name) {
        for (file, path) in case_files(rule) {
            let text = std::fs::read_to_string(path).unwrap();
            let documents: Vec<Value> = no502::object::yaml::read(&text).0.into_iter().map(|document| document.value).collect();
            let is_policy = |value: &Value| value["apiVersion"].as_str().is_some_and(|version| version.starts_with("no502.dev/"));
            let own = documents.iter().find(|value| is_policy(value)).cloned();
            let standalone = || {
                json!({"apiVersion": "no502.dev/v1alpha1", "kind": "Policy",
                    "gateways": [{"class": "nginx", "dialect": "ingress-nginx", "configMap": "none"}]})
            };
            // The first of several states of one object is as good as any.
            let mut seen = BTreeSet::new();
            let mut objects: Vec<Object> = documents.into_iter().filter_map(|value| Object::new(value, "default")).collect();
            // Nothing is said of what is on its way out.
            objects.retain(|object| !object.is_terminating() && seen.insert(object.id.clone()));
            if objects.len() <= LARGEST {
                stages.push(Stage { name: format!("{rule}/{file}"), objects, document: own.unwrap_or_else(standalone) });
            }
        }
    }
    assert!(stages.len() > 150, "{} stages", stages.len());
    stages
}

impl Stage {
    /// The policy with `strict` for all namespaces, in this mode.
    fn plan(&self, mode: &str) -> Plan {
        self.plan_with("strict", |document| document["mode"] = mode.into())
    }

    /// The policy with this profile for all namespaces, and something else changed.
    pub(super) fn plan_with(&self, profile: &str, change: impl FnOnce(&mut Value)) -> Plan {
        let mut document = self.document.clone();
        document["defaults"] = json!({"enforce": profile});
        change(&mut document);
        let mut plan = Plan::parse(&document.to_string()).unwrap_or_else(|error| panic!("{}: {error}: {:?}", self.name, error.0));
        plan.has_cluster = true;
        plan
    }

    /// Who is asked about: what people write. The rest is there from the start, as is what holds for namespaces.
    pub(super) fn written(&self) -> Vec<&Object> {
        let is_asked =
            |object: &&Object| object.id.kind.is_written() && !matches!(object.id.kind, Kind::ConfigMap | Kind::Namespace);
        self.objects.iter().filter(is_asked).collect()
    }

    fn ground(&self) -> Inventory {
        let mut inventory = Inventory::new();
        let written: BTreeSet<&ObjectId> = self.written().into_iter().map(|object| &object.id).collect();
        for object in self.objects.iter().filter(|object| !written.contains(&object.id)) {
            inventory.apply(Model::read(object));
        }
        inventory
    }

    pub(super) fn whole(&self) -> Inventory {
        let mut inventory = self.ground();
        self.written().into_iter().for_each(|object| inventory.apply(Model::read(object)));
        inventory
    }
}

type Identity = (String, String, String, String, String);

fn identity(finding: &Finding) -> Identity {
    let (rule, subject, object, element, address) = finding.identity();
    (rule.to_owned(), subject.to_string(), object.to_string(), element.to_owned(), address.to_owned())
}

/// All that a survey of the whole world of a case finds.
pub(super) fn found(stage: &Stage) -> Vec<Finding> {
    findings(&stage.whole(), &stage.plan("enforce"))
}

/// All that a survey of the whole world finds, whatever its level.
fn everything(inventory: &Inventory, plan: &Plan) -> BTreeSet<Identity> {
    findings(inventory, plan).iter().map(identity).collect()
}

fn findings(inventory: &Inventory, plan: &Plan) -> Vec<Finding> {
    let world = World::from(inventory);
    let profile = plan.profile("strict").unwrap();
    let ids = Kind::ALL.into_iter().flat_map(|kind| inventory.ids(kind));
    let found = ids.flat_map(|id| {
        let object = Object { id, raw: Value::Null };
        survey(&world, &object, profile, plan, TODAY, false).spoken
    });
    found.map(|spoken| spoken.finding).collect()
}

/// Rules that speak once something of a similar name is there, however far from what changed: their hint, not their fault, depends
/// on it.
const BY_RESEMBLANCE: [&str; 2] = ["host-name-unresolvable", "service-selects-nothing"];

/// What a change brings and does not tell.
fn untold(outcome: &Outcome, before: &BTreeSet<Identity>, after: &BTreeSet<Identity>) -> Vec<Identity> {
    let told: BTreeSet<Identity> = outcome.spoken.iter().map(|spoken| identity(&spoken.finding)).collect();
    // What two objects do to each other is said on the one that changes, and names the other.
    let is_paired = |found: &Identity| {
        let findings = outcome.spoken.iter().map(|spoken| &spoken.finding).filter(|finding| finding.rule == found.0);
        findings.flat_map(|finding| &finding.related).any(|(label, _)| label.object.to_string() == found.1)
    };
    let found = after.iter().filter(|found| !before.contains(*found) && !BY_RESEMBLANCE.contains(&found.0.as_str()));
    found.filter(|found| !told.contains(*found) && !is_paired(found)).cloned().collect()
}

/// Some orders of so many things: all of them where they are few, else each one first and last once.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count <= ALL_ORDERS {
        let mut orders = vec![Vec::new()];
        for next in 0..count {
            let longer = |order: &Vec<usize>| {
                (0..=order.len()).map(|at| [&order[..at], &[next], &order[at..]].concat()).collect::<Vec<_>>()
            };
            orders = orders.iter().flat_map(longer).collect();
        }
        return orders;
    }
    let turned = |start: usize| (0..count).map(|index| (start + index) % count).collect::<Vec<usize>>();
    (0..count).flat_map(|start| [turned(start), turned(start).into_iter().rev().collect()]).collect()
}

#[test]
fn whatever_comes_last_tells_what_all_of_them_come_to() {
    let (mut faults, mut changes) = (String::new(), 0_usize);
    for stage in stages() {
        let (plan, written) = (stage.plan("warn"), stage.written());
        let mut known: BTreeMap<BTreeSet<usize>, BTreeSet<Identity>> = BTreeMap::new();
        for order in orders(written.len()) {
            let mut inventory = stage.ground();
            let mut there = BTreeSet::new();
            let mut before = known.entry(there.clone()).or_insert_with(|| everything(&inventory, &plan)).clone();
            for index in &order {
                let outcome = evaluate(&Change::create(written[*index].clone()), &inventory, &plan, TODAY);
                inventory.apply(Model::read(written[*index]));
                there.insert(*index);
                let after = known.entry(there.clone()).or_insert_with(|| everything(&inventory, &plan)).clone();
                for missed in untold(&outcome, &before, &after) {
                    let _ = writeln!(faults, "{}: {} comes and does not tell {missed:?}", stage.name, written[*index].id);
                }
                before = after;
                changes += 1;
            }
        }
    }
    assert!(changes > 3000, "{changes} changes");
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn whatever_goes_tells_what_it_leaves_and_is_never_held_up() {
    let mut faults = String::new();
    for stage in stages() {
        let plan = stage.plan("enforce");
        let before = everything(&stage.whole(), &plan);
        for object in stage.written() {
            let mut inventory = stage.whole();
            let outcome = evaluate(&Change::delete(&object.raw, &object.id.namespace), &inventory, &plan, TODAY);
            assert_ne!(outcome.verdict, Verdict::Deny, "{}: {} may not go", stage.name, object.id);
            inventory.delete(&object.id);
            for missed in untold(&outcome, &before, &everything(&inventory, &plan)) {
                let _ = writeln!(faults, "{}: {} goes and does not tell {missed:?}", stage.name, object.id);
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// The states of one object in the case files of one rule, each followed by each other.
#[test]
fn whatever_becomes_another_tells_what_that_brings() {
    let (mut faults, mut changes) = (String::new(), 0_usize);
    let stages = stages();
    for stage in &stages {
        let (plan, rule) = (stage.plan("warn"), stage.name.split('/').next().unwrap());
        let siblings: Vec<&Object> =
            stages.iter().filter(|other| other.name.starts_with(&format!("{rule}/"))).flat_map(Stage::written).collect();
        let before = everything(&stage.whole(), &plan);
        for object in stage.written() {
            let mut states: Vec<&Value> = Vec::new();
            for other in siblings.iter().filter(|other| other.id == object.id && other.raw != object.raw) {
                if !states.contains(&&other.raw) {
                    states.push(&other.raw);
                }
            }
            for raw in states {
                let mut inventory = stage.whole();
                let after = Object::new(raw.clone(), "default").unwrap();
                inventory.apply(Model::read(&after));
                let afterwards = everything(&inventory, &plan);
                let outcome = evaluate(&Change::update(&object.raw, after), &stage.whole(), &plan, TODAY);
                for missed in untold(&outcome, &before, &afterwards) {
                    let _ = writeln!(faults, "{}: {} changes and does not tell {missed:?}", stage.name, object.id);
                }
                changes += 1;
            }
        }
    }
    assert!(changes > 200, "{changes} changes");
    assert!(faults.is_empty(), "\n{faults}");
}

/// Whether an object is one that people are asked about, in a namespace.
fn is_asked(object: &Object) -> bool {
    object.id.kind.is_written() && !matches!(object.id.kind, Kind::ConfigMap | Kind::Namespace)
}

fn random_plan() -> Plan {
    let text = "apiVersion: no502.dev/v1alpha1\nkind: Policy\nmode: warn\ndefaults: {enforce: strict}\n\
                gateways: [{class: nginx, dialect: ingress-nginx, configMap: none}]\n";
    let mut plan = Plan::parse(text).unwrap();
    plan.has_cluster = true;
    plan
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_worlds_that_nobody_thought_of_each_change_tells_what_it_brings(
        around in vec(worlds::object(), 0..10), subject in prop_oneof![worlds::subject(), edges::written_edge()], what in 0..3_u8,
        other in prop_oneof![worlds::subject(), edges::written_edge()],
    ) {
        let plan = random_plan();
        let object = Object::new(subject.clone(), "shop").unwrap();
        let mut inventory = Inventory::new();
        for raw in &around {
            let model = Model::read(&Object::new(raw.clone(), "shop").unwrap());
            if model.id() != &object.id {
                inventory.apply(model);
            }
        }
        if what > 0 {
            inventory.apply(Model::read(&object));
        }
        let before = everything(&inventory, &plan);
        let change = match what {
            0 => Change::create(object.clone()),
            1 => Change::delete(&subject, "shop"),
            _ => {
                // Another state of the same object, where the other one is of its kind, else the same.
                let mut after = other;
                after["metadata"]["name"] = subject["metadata"]["name"].clone();
                after["metadata"]["namespace"] = subject["metadata"]["namespace"].clone();
                let after = if after["kind"] == subject["kind"] { after } else { subject.clone() };
                Change::update(&subject, Object::new(after, "shop").unwrap())
            }
        };
        prop_assume!(is_asked(&object));
        let outcome = evaluate(&change, &inventory, &plan, TODAY);
        match &change.after {
            Some(after) => inventory.apply(Model::read(after)),
            None => inventory.delete(&object.id),
        }
        let missed = untold(&outcome, &before, &everything(&inventory, &plan));
        prop_assert!(missed.is_empty(), "{missed:#?}");
    }
}

#[test]
fn an_old_fault_never_blocks_an_unrelated_edit() {
    let mut edits = 0_usize;
    for stage in stages() {
        let plan = stage.plan("enforce");
        let inventory = stage.whole();
        for object in stage.written() {
            let mut raw = object.raw.clone();
            for key in ["labels", "annotations"] {
                raw["metadata"][key]["example.com/team"] = "checkout".into();
            }
            let after = Object::new(raw, "default").unwrap();
            let outcome = evaluate(&Change::update(&object.raw, after), &inventory, &plan, TODAY);
            let denied: Vec<&str> =
                outcome.spoken.iter().filter(|spoken| spoken.denies).map(|spoken| spoken.finding.rule).collect();
            assert_eq!(denied, [""; 0], "{}: {} may not be labelled and annotated", stage.name, object.id);
            edits += 1;
        }
    }
    assert!(edits > 400, "{edits} edits");
}
