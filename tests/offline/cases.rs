//! Every rule against its case files: what must be said stands as `# expect:` marks beside the lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::date;
use no502::collect::files::Input;
use no502::engine::patch::Patch;
use no502::engine::{Change, Outcome, Plan, evaluate, survey};
use no502::finding::{Fix, FixKind};
use no502::inventory::{Inventory, Overlay, World};
use no502::model::Model;
use no502::object::Object;
use no502::object::yaml::{Locator, Part};
use no502::report::{Item, Report};
use no502::rule::{FixAvailability, RULES, by_name};
use serde_json::{Value, json};

/// The annotation that a patch signs with.
const INJECTED: &str = "no502.dev/injected";

/// One small world, and how it is to be judged.
pub(crate) struct Stage {
    pub(crate) input: Input,
    pub(crate) plan: Plan,
    pub(crate) profile: String,
    pub(crate) is_complete: bool,
    /// Whether the optional fixes of the rule are switched on.
    fix: bool,
    /// Whether the first object is what one of the others was before, or one that goes: what is judged is that change.
    is_change: bool,
}

/// What is said of one line: the line, the level, and whether it is pending.
type Said = (u32, String, bool);

impl Stage {
    /// Reads a stream: directives in the first comments, at most one policy document, objects.
    pub(crate) fn read(name: &str, text: &str) -> Self {
        let mut input = Input::default();
        input.add(name, text.as_bytes().to_vec(), "default");
        assert!(input.notes.is_empty(), "{name} cannot be read: {:?}", input.notes);
        assert!(!input.objects.is_empty(), "{name} holds no object that no502 reads");
        let (plan, profile) = (plan_of(name, text), "baseline".to_owned());
        let mut world = Self { input, plan, profile, is_complete: false, fix: false, is_change: false };
        for line in text.lines().take_while(|line| line.starts_with('#')) {
            match line.trim_start_matches('#').trim() {
                "before" => world.is_change = true,
                "complete" => world.is_complete = true,
                "fix" => world.fix = true,
                words => {
                    if let Some(profile) = words.strip_prefix("profile:") {
                        profile.trim().clone_into(&mut world.profile);
                    }
                }
            }
        }
        world
    }

    /// What all rules say of these objects, one outcome for each.
    fn outcomes<'o>(&self, objects: impl Iterator<Item = &'o Object> + Clone) -> Vec<Outcome> {
        let profile = self.plan.profile(&self.profile).unwrap_or_else(|| panic!("there is no profile {}", self.profile));
        if self.is_change {
            return self.outcomes_of_change(&objects.collect::<Vec<_>>());
        }
        let models: Vec<Model> = objects.clone().map(Model::read).collect();
        let mut inventory = Inventory::new();
        models.iter().cloned().for_each(|model| inventory.apply(model));
        let today = date(2026, 1, 1);
        let judged = objects.zip(&models).map(|(object, model)| {
            let world = World::new(&inventory, Overlay::Put(model));
            let outcome = survey(&world, object, profile, &self.plan, today, self.is_complete);
            assert!(outcome.panics.is_empty(), "{:?} panicked on {}", outcome.panics, object.id);
            outcome
        });
        judged.collect()
    }

    /// What all rules say of a change, at the objects where they say it. The first object is as it was before; the one of its name
    /// among the others is as it will be, and without one it goes.
    fn outcomes_of_change(&self, objects: &[&Object]) -> Vec<Outcome> {
        let before = objects[0];
        let after = objects[1..].iter().find(|own| own.id == before.id);
        let mut inventory = Inventory::new();
        let others = objects.iter().filter(|own| own.id != before.id);
        others.chain([&before]).for_each(|own| inventory.apply(Model::read(own)));
        let metadata = json!({"name": *before.id.namespace, "labels": {"no502.dev/enforce": self.profile}});
        let raw = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
        inventory.apply(Model::read(&Object::new(raw, "").unwrap()));
        let change = match after {
            Some(after) => Change::update(&before.raw, (*after).clone()),
            None => Change::delete(&before.raw, &before.id.namespace),
        };
        let outcome = evaluate(&change, &inventory, &self.plan, date(2026, 1, 1));
        assert!(outcome.panics.is_empty(), "{:?} panicked on the change of {}", outcome.panics, before.id);
        let mut outcomes: Vec<Outcome> = objects.iter().map(|_| Outcome::untouched()).collect();
        for spoken in outcome.spoken {
            let place = objects.iter().rposition(|own| own.id == spoken.finding.primary.object).expect("an object of the case");
            outcomes[place].spoken.push(spoken);
        }
        outcomes
    }

    /// The report of what one rule says.
    pub(crate) fn report(&self, rule: &str) -> Report {
        let outcomes = self.outcomes(self.input.objects.iter().map(|entry| &entry.object));
        let mut outcomes: Vec<(usize, Outcome)> = outcomes.into_iter().enumerate().collect();
        for (_, outcome) in &mut outcomes {
            outcome.spoken.retain(|spoken| spoken.finding.rule == rule && !spoken.is_excepted());
        }
        Report::of_files(&self.profile, &self.input, &outcomes)
    }

    /// The fixes that one rule offers for each object, and how many errors it has.
    fn fixes(&self, rule: &str, objects: &[Object]) -> (Vec<Vec<Fix>>, usize) {
        let outcomes = self.outcomes(objects.iter());
        let mut errors = 0;
        let fixes = outcomes.into_iter().map(|outcome| {
            let own = outcome.spoken.into_iter().filter(|spoken| spoken.finding.rule == rule && !spoken.is_excepted());
            let own = own.inspect(|spoken| errors += usize::from(spoken.level == no502::units::Level::Error));
            own.filter_map(|spoken| spoken.finding.fix).collect()
        });
        (fixes.collect(), errors)
    }

    /// Whether fixes of the rule are applied here: by the profile, by the directive, or by the author's own command.
    fn applies_fixes(&self, rule: &str) -> bool {
        let available = by_name(rule).map(|entry| entry.meta.fix);
        let by_profile = self.plan.profile(&self.profile).and_then(|profile| profile.effective.get(rule)?.fix) == Some(true);
        match available {
            Some(FixAvailability::Rewrite) => true,
            Some(FixAvailability::None) | None => false,
            Some(_) => by_profile || self.fix,
        }
    }
}

/// The plan of the policy document in a stream, else of no document.
fn plan_of(name: &str, text: &str) -> Plan {
    let documents = no502::object::yaml::read(text).0;
    let is_policy = |value: &Value| value["apiVersion"].as_str().is_some_and(|version| version.starts_with("no502.dev/"));
    let plan = match documents.iter().find(|document| is_policy(&document.value)) {
        Some(document) => Plan::parse(&document.value.to_string()),
        None => Plan::standalone(),
    };
    plan.unwrap_or_else(|error| panic!("the policy of {name}: {error}: {:#?}", error.0))
}

/// The marks of a text: `# expect: RULE LEVEL [pending]`, several with `;` between them.
fn marks(name: &str, text: &str, rule: &str) -> Vec<Said> {
    let mut marks = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some((_, written)) = line.split_once("# expect:") else { continue };
        for mark in written.split(';') {
            let words: Vec<&str> = mark.split_whitespace().collect();
            let (level, is_pending) = match words[..] {
                [named, level @ ("error" | "warning")] if named == rule => (level, false),
                [named, level @ ("error" | "warning"), "pending"] if named == rule => (level, true),
                _ => panic!("{name}:{number}: this is no mark of {rule}: {mark:?}"),
            };
            marks.push((number, level.to_owned(), is_pending));
        }
    }
    marks
}

/// The case files of a rule by their names, sorted.
pub(crate) fn case_files(rule: &str) -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rules").join(rule);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<(String, PathBuf)> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path))
        .collect();
    files.sort();
    files
}

/// The line of a finding, or the one below: what is absent is shown at the name of what should hold it, and is marked there or
/// at the first line that it does hold.
fn marked_line(item: &Item, stage: &Stage, text: &str, marks: &[Said]) -> u32 {
    let is_own = |object: &Object| object.id.kind.name() == item.object.kind && *object.id.name == *item.object.name;
    let entry = stage.input.objects.iter().find(|entry| is_own(&entry.object));
    let Some(entry) = entry.filter(|_| marks.iter().all(|(line, ..)| *line != item.line)) else { return item.line };
    let mut locator = Locator::new(text);
    let mut pointer = format!("{}{}", entry.prefix, item.field);
    if locator.place(entry.document, &pointer).is_some() {
        return item.line;
    }
    while locator.place(entry.document, &pointer).is_none() {
        pointer.truncate(pointer.rfind('/').expect("the document itself is there"));
    }
    locator.locate(entry.document, &[(&pointer, Part::Value)])[0].expect("what has a place has a position").line
}

/// Which marks have no finding, and which findings no mark.
fn compare(name: &str, text: &str, rule: &str, faults: &mut String) {
    let stage = Stage::read(name, text);
    let report = stage.report(rule);
    let marks = marks(name, text, rule);
    let lines_of: Vec<u32> = report.findings.iter().map(|item| marked_line(item, &stage, text, &marks)).collect();
    let mut lines: BTreeMap<u32, (Vec<String>, Vec<String>)> = BTreeMap::new();
    let shown = |level: &str, is_pending: bool| if is_pending { format!("{level} pending") } else { level.to_owned() };
    for (line, level, is_pending) in &marks {
        lines.entry(*line).or_default().0.push(shown(level, *is_pending));
    }
    for (item, line) in report.findings.iter().zip(&lines_of) {
        let got = shown(&item.level, item.certainty == "pending");
        lines.entry(*line).or_default().1.push(got);
    }
    for (line, (mut expected, mut got)) in lines {
        expected.sort();
        got.sort();
        if expected != got {
            let said =
                report.findings.iter().zip(&lines_of).filter(|(_, own)| **own == line).map(|(item, _)| item.message.as_str());
            let said: Vec<&str> = said.collect();
            let _ = writeln!(
                faults,
                "{name}:{line}: expected {expected:?}, got {got:?} {said:?}\n    {}",
                text.lines().nth(line as usize - 1).unwrap_or_default()
            );
        }
    }
}

#[test]
fn every_rule_says_what_its_cases_mark_and_nothing_else() {
    let mut faults = String::new();
    for rule in RULES.iter().map(|entry| entry.meta.name) {
        for (file, path) in case_files(rule).iter().filter(|(file, _)| !file.ends_with(".fixed.yaml")) {
            compare(&format!("{rule}/{file}"), &std::fs::read_to_string(path).unwrap(), rule, &mut faults);
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn every_rule_has_a_bad_a_good_and_a_boundary_case() {
    for entry in RULES {
        let rule = entry.meta.name;
        let files = case_files(rule);
        let marked = |name: &str| {
            let (_, path) = files.iter().find(|(file, _)| file == name).unwrap_or_else(|| panic!("{rule} has no {name}"));
            marks(name, &std::fs::read_to_string(path).unwrap(), rule).len()
        };
        assert!(marked("bad.yaml") > 0, "{rule}/bad.yaml marks nothing");
        assert_eq!(marked("good.yaml"), 0, "{rule}/good.yaml marks something");
        assert!(marked("boundary.yaml") > 0, "{rule}/boundary.yaml marks nothing");
        let has_fix = entry.meta.fix != FixAvailability::None;
        assert_eq!(files.iter().any(|(file, _)| file == "bad.fixed.yaml"), has_fix, "{rule}/bad.fixed.yaml");
    }
}

#[test]
fn fixes_make_of_each_bad_case_its_fixed_one() {
    for entry in RULES {
        let rule = entry.meta.name;
        let files = case_files(rule);
        for (file, path) in files.iter().filter(|(file, _)| file.ends_with(".fixed.yaml")) {
            let before = path.with_file_name(file.replace(".fixed.yaml", ".yaml"));
            let name = format!("{rule}/{file}");
            let bad = Stage::read(&name, &std::fs::read_to_string(before).unwrap());
            let fixed = Stage::read(&name, &std::fs::read_to_string(path).unwrap());
            repair(&name, entry.meta.fix, rule, &bad, &fixed);
        }
    }
}

/// Applies the fixes of one rule to a bad world, and compares with the fixed one.
fn repair(name: &str, available: FixAvailability, rule: &'static str, bad: &Stage, fixed: &Stage) {
    assert!(bad.applies_fixes(rule), "{name}: nothing switches the fix of {rule} on: write `# fix` into the bad case");
    let mut objects: Vec<Object> = bad.input.objects.iter().map(|entry| entry.object.clone()).collect();
    let (offered, _) = bad.fixes(rule, &objects);
    assert!(offered.iter().any(|fixes| !fixes.is_empty()), "{name}: {rule} offers no fix for the bad case");
    assert_eq!(objects.len(), fixed.input.objects.len(), "{name}: objects of the bad case and of the fixed one");
    for ((object, fixes), wanted) in objects.iter_mut().zip(&offered).zip(&fixed.input.objects) {
        let kind = if available == FixAvailability::Rewrite { FixKind::Rewrite } else { FixKind::Add };
        assert!(fixes.iter().all(|fix| fix.kind == kind), "{name}: {} has a fix of another kind than {available:?}", object.id);
        let once = Patch::build(&object.raw, fixes.iter().map(|fix| (rule, fix))).map(Patch::signed);
        if let Some(patch) = once {
            let mut sent = object.raw.clone();
            json_patch::patch(&mut sent, &patch.operations).unwrap();
            assert_eq!(sent, patch.patched, "{name}: {}: the patch does not give what it promises", object.id);
            assert_eq!(patch.patched["metadata"]["annotations"][INJECTED], rule, "{name}: {} is not signed", object.id);
            object.raw = patch.patched;
        }
        let twice = Patch::build(&object.raw, fixes.iter().map(|fix| (rule, fix)));
        assert!(twice.is_none(), "{name}: {}: the same fix again changes {:?}", object.id, twice.unwrap().summary);
        let got = unsigned(&object.raw, &wanted.object.raw);
        if let Some(difference) = first_difference("", &wanted.object.raw, &got) {
            panic!("{name}: {} after the fix: {difference}", object.id);
        }
    }
    let (left, errors) = bad.fixes(rule, &objects);
    let left: usize = left.iter().map(Vec::len).sum();
    assert_eq!((left, errors), (0, 0), "{name}: fixes that {rule} still offers after the fix, and its errors");
}

/// The object without the signature, and without annotations where only the signature made them.
fn unsigned(patched: &Value, wanted: &Value) -> Value {
    let mut value = patched.clone();
    if let Some(annotations) = value["metadata"]["annotations"].as_object_mut() {
        annotations.remove(INJECTED);
        if annotations.is_empty() && wanted["metadata"]["annotations"].is_null() {
            value["metadata"].as_object_mut().unwrap().remove("annotations");
        }
    }
    value
}

/// Where two values first differ, and how.
fn first_difference(pointer: &str, wanted: &Value, got: &Value) -> Option<String> {
    match (wanted, got) {
        (Value::Object(left), Value::Object(right)) => {
            let mut keys: Vec<&String> = left.keys().chain(right.keys()).collect();
            keys.sort();
            keys.dedup();
            keys.into_iter().find_map(|key| first_difference(&format!("{pointer}/{key}"), &wanted[key], &got[key]))
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs.find_map(|(index, (left, right))| first_difference(&format!("{pointer}/{index}"), left, right))
        }
        _ => (wanted != got).then(|| format!("{pointer}: expected {wanted}, got {got}")),
    }
}
