//! The laws over random worlds, beyond the cases that somebody thought of.

use no502::engine::{self, Change, Operation};
use no502::inventory::{Inventory, World};
use no502::model::Model;
use no502::object::Object;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::cluster::{TODAY, policy};
use super::worlds;

const PROFILES: [&str; 2] = ["baseline", "strict"];

/// Half as many cases as usual, so that a run stays short; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases / 2, failure_persistence: None, ..usual }
}

/// A plan in which every namespace enforces this profile, fixes and all.
fn enforcing(profile: &str) -> engine::Plan {
    let fixes =
        "readiness-probe-missing: {fix: true}, backend-protocol-mismatch: {fix: true}, grace-shorter-than-drain: {fix: true}";
    policy(&format!("defaults: {{enforce: own}}\nprofiles: {{own: {{extends: {profile}, rules: {{{fixes}}}}}}}"))
}

fn read(raw: &Value) -> Object {
    Object::new(raw.clone(), "shop").expect("a kind that is read")
}

fn inventory(objects: &[Value]) -> Inventory {
    let mut inventory = Inventory::new();
    for raw in objects {
        inventory.apply(Model::read(&read(raw)));
    }
    inventory
}

/// Whether everything that is in `inner` is in `outer` too.
fn holds_all(outer: &Value, inner: &Value) -> bool {
    match (outer, inner) {
        (Value::Object(outer), Value::Object(inner)) => {
            inner.iter().all(|(key, value)| outer.get(key).is_some_and(|own| holds_all(own, value)))
        }
        (Value::Array(outer), Value::Array(inner)) => {
            outer.len() == inner.len() && outer.iter().zip(inner).all(|(outer, inner)| holds_all(outer, inner))
        }
        _ => outer == inner,
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_fault_of_old_refuses_an_update_that_changes_nothing_or_only_labels(
        around in vec(worlds::object(), 0..8), subject in worlds::subject(), profile in select(&PROFILES[..]),
    ) {
        let plan = enforcing(profile);
        let mut all = around;
        all.push(subject.clone());
        let inventory = inventory(&all);
        let mut labelled = subject.clone();
        labelled["metadata"]["labels"] = json!({"team": "checkout"});
        for after in [&subject, &labelled] {
            let outcome = engine::evaluate(&Change::update(&subject, read(after)), &inventory, &plan, TODAY);
            prop_assert!(outcome.spoken.iter().all(|spoken| !spoken.denies), "{:#?}", outcome.spoken);
        }
    }

    #[test]
    fn no_fault_of_old_refuses_an_update_where_the_watch_lags_behind(
        around in vec(worlds::object(), 0..8), stale in worlds::subject(), subject in worlds::subject(),
    ) {
        let plan = enforcing("strict");
        let mut all = around;
        // The inventory still holds another state of the object, or none.
        let mut stale = stale;
        stale["metadata"]["name"] = subject["metadata"]["name"].clone();
        stale["metadata"]["namespace"] = subject["metadata"]["namespace"].clone();
        all.push(stale);
        let outcome = engine::evaluate(&Change::update(&subject, read(&subject)), &inventory(&all), &plan, TODAY);
        prop_assert!(outcome.spoken.iter().all(|spoken| !spoken.denies), "{:#?}", outcome.spoken);
    }

    #[test]
    fn a_delete_is_never_refused(
        around in vec(worlds::object(), 0..8), subject in worlds::object(), profile in select(&PROFILES[..]),
    ) {
        let plan = enforcing(profile);
        let mut all = around;
        all.push(subject.clone());
        let outcome = engine::evaluate(&Change::delete(&subject, "shop"), &inventory(&all), &plan, TODAY);
        prop_assert!(outcome.spoken.iter().all(|spoken| !spoken.denies));
    }

    #[test]
    fn only_findings_on_the_created_object_refuse_its_creation(
        around in vec(worlds::object(), 0..8), subject in worlds::subject(),
    ) {
        let plan = enforcing("strict");
        let own = read(&subject).id;
        let outcome = engine::evaluate(&Change::create(read(&subject)), &inventory(&around), &plan, TODAY);
        for spoken in outcome.spoken.iter().filter(|spoken| spoken.denies) {
            prop_assert_eq!(&spoken.finding.primary.object, &own);
            prop_assert_eq!(spoken.finding.certainty, no502::finding::Certainty::Certain);
        }
    }

    #[test]
    fn a_file_and_its_creation_are_judged_alike(
        around in vec(worlds::object(), 0..8), subject in worlds::subject(), profile in select(&PROFILES[..]),
    ) {
        let plan = enforcing(profile);
        let object = read(&subject);
        let outcome = engine::evaluate(&Change::create(object.clone()), &inventory(&around), &plan, TODAY);
        let mut all = around;
        all.push(subject);
        let full = inventory(&all);
        let survey = engine::survey(&World::from(&full), &object, plan.profile("own").unwrap(), &plan, TODAY, false);
        let said = |spoken: &engine::Spoken| {
            let finding = &spoken.finding;
            format!("{} {} {} {}", finding.rule, finding.primary.address.pointer(), spoken.level, finding.message)
        };
        let mut admission: Vec<String> =
            outcome.spoken.iter().filter(|spoken| spoken.finding.subject == object.id).map(said).collect();
        let mut file: Vec<String> = survey.spoken.iter().map(said).collect();
        // Admission speaks twins, such as one path written twice, once.
        for lines in [&mut admission, &mut file] {
            lines.sort();
            lines.dedup();
        }
        prop_assert!(admission.iter().all(|line| file.contains(line)), "{admission:#?} is not in {file:#?}");
        let rules = |lines: &[String]| {
            let mut rules: Vec<String> = lines.iter().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
            rules.dedup();
            rules
        };
        prop_assert_eq!(rules(&admission), rules(&file));
    }

    #[test]
    fn a_patch_applies_only_adds_and_is_not_asked_for_twice(
        around in vec(worlds::object(), 0..8), subject in worlds::subject(), profile in select(&PROFILES[..]),
    ) {
        let plan = enforcing(profile);
        let inventory = inventory(&around);
        let outcome = engine::repair(&Change::create(read(&subject)), &inventory, &plan, TODAY);
        prop_assert!(outcome.panics.is_empty());
        if let Some(patch) = outcome.patch {
            let mut applied = subject.clone();
            json_patch::patch(&mut applied, &patch.operations).expect("a patch that applies");
            prop_assert_eq!(&applied, &patch.patched);
            prop_assert!(holds_all(&applied, &subject), "{:#?} lost something of {:#?}", applied, subject);
            prop_assert!(applied["metadata"]["annotations"]["no502.dev/injected"].is_string());
            let again = engine::repair(&Change::create(read(&applied)), &inventory, &plan, TODAY);
            prop_assert!(again.patch.is_none(), "{:#?}\n{:#?}", patch.operations, again.patch);
        }
    }

    #[test]
    fn a_fix_brings_no_new_fault(
        around in vec(worlds::object(), 0..8), subject in worlds::subject(), profile in select(&PROFILES[..]),
    ) {
        let plan = enforcing(profile);
        let inventory = inventory(&around);
        let Some(patch) = engine::repair(&Change::create(read(&subject)), &inventory, &plan, TODAY).patch else { return Ok(()) };
        let denials = |raw: &Value| {
            let outcome = engine::evaluate(&Change::create(read(raw)), &inventory, &plan, TODAY);
            let denied = outcome.spoken.into_iter().filter(|spoken| spoken.denies);
            denied.map(|spoken| (spoken.finding.rule, spoken.finding.primary.element)).collect::<Vec<_>>()
        };
        let before = denials(&subject);
        for denied in denials(&patch.patched) {
            prop_assert!(before.contains(&denied), "the fix brings {denied:?}: {:?}", patch.summary);
        }
    }

    #[test]
    fn nothing_panics_whatever_is_in_an_object(
        around in vec(worlds::distorted(), 0..6), before in worlds::distorted(), after in worlds::distorted(),
    ) {
        let plan = enforcing("strict");
        let mut inventory = Inventory::new();
        for object in around.into_iter().filter_map(|raw| Object::new(raw, "shop")) {
            inventory.apply(Model::read(&object));
        }
        let Some(object) = Object::new(after, "shop") else { return Ok(()) };
        let mut update = Change::update(&before, object.clone());
        let mut delete = Change::delete(&before, "shop");
        for change in [&Change::create(object), &update, &delete] {
            prop_assert!(engine::evaluate(change, &inventory, &plan, TODAY).panics.is_empty());
            let repaired = engine::repair(change, &inventory, &plan, TODAY);
            prop_assert!(repaired.panics.is_empty());
            if let (Some(patch), Some(object)) = (repaired.patch, &change.after) {
                let mut applied = object.raw.clone();
                prop_assert!(json_patch::patch(&mut applied, &patch.operations).is_ok());
            }
        }
        // A request that lacks what its operation promises is no reason to fall over either.
        update.before_text = None;
        delete.before_text = None;
        for change in [update, delete] {
            let outcome = engine::evaluate(&change, &inventory, &plan, TODAY);
            prop_assert!(outcome.panics.is_empty());
            prop_assert!(change.operation != Operation::Delete || outcome.spoken.is_empty());
        }
    }
}
