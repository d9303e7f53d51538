//! From a document and the rules to a plan: armed rules, ready to run. All faults at once.

use std::collections::BTreeMap;
use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::dialect;
use crate::policy::{Document, Fault, ProfileEntry, RuleEntry, near};
use crate::rule::{Armed, Entry, Facts, FixAvailability, RULES, by_name};
use crate::units::Level;

/// A document that cannot be used: all its faults, each with its place.
#[derive(Debug, thiserror::Error)]
#[error("{} in the policy document", count(.0.len()))]
pub struct PolicyError(pub Vec<Fault>);

fn count(faults: usize) -> String {
    if faults == 1 { "1 fault".to_owned() } else { format!("{faults} faults") }
}

/// How a profile uses one armed rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Use {
    /// Which armed rule of the plan.
    pub armed: usize,
    /// How heavy its findings are.
    pub level: Level,
    /// Whether its fixes are applied.
    pub fix: bool,
}

/// A profile, resolved: what it extends is in it.
#[derive(Debug)]
pub struct Profile {
    /// Its name.
    pub name: Box<str>,
    /// How heavy it is when a change takes away what a route of another object uses.
    pub breaking: Level,
    /// The rules it uses, in the order of their names. Rules that are off are not in it.
    pub uses: Vec<Use>,
    /// Each rule as it holds here, with its parameters, also those that are off.
    pub effective: BTreeMap<&'static str, RuleEntry>,
}

/// A document with its rules armed.
pub struct Plan {
    /// The document.
    pub document: Document,
    /// A digest of its text, which stands beside every decision.
    pub hash: String,
    /// Armed rules; profiles share those with equal parameters.
    pub armed: Vec<Armed>,
    /// What is known of the cluster.
    pub facts: Facts,
    /// Whether there is a cluster whose namespaces have labels.
    pub has_cluster: bool,
    profiles: BTreeMap<Box<str>, Profile>,
}

/// The shipped profiles, as documents.
pub mod shipped {
    /// `policies/baseline.yaml`.
    pub const BASELINE: &str = include_str!("../../policies/baseline.yaml");
    /// `policies/strict.yaml`.
    pub const STRICT: &str = include_str!("../../policies/strict.yaml");
}

impl Plan {
    /// Arms the rules of a document.
    ///
    /// # Errors
    /// All faults of the document, each with its place.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let (document, mut faults) = Document::read(text);
        // What the rules refuse is told together with what the reader refused.
        let plan = Self::new(document, digest(text)).map_err(|more| faults.extend(more));
        match plan {
            Ok(plan) if faults.is_empty() => Ok(plan),
            _ => {
                Fault::find_all(&mut faults, text);
                Err(PolicyError(faults))
            }
        }
    }

    /// What holds where nobody wrote a document.
    ///
    /// # Errors
    /// Where the shipped profiles are at fault, which a test excludes.
    pub fn standalone() -> Result<Self, PolicyError> {
        Self::new(Document::standalone(), digest("standalone")).map_err(PolicyError)
    }

    fn new(document: Document, hash: String) -> Result<Self, Vec<Fault>> {
        let mut arming = Arming::default();
        let mut entries = shipped_profiles();
        for (name, entry) in &document.profiles {
            match entries.get_mut(name) {
                // A document lays its own over a shipped profile.
                Some(shipped) => lay_over(shipped, entry),
                None => {
                    entries.insert(name.clone(), entry.clone());
                }
            }
        }
        let names: Vec<Box<str>> = entries.keys().cloned().collect();
        let profiles = names.iter().filter_map(|name| Some((name.clone(), arming.profile(name, &entries)?))).collect();
        let mut faults = arming.faults;
        faults.extend(unknown_names(&document, &entries));
        if !faults.is_empty() {
            return Err(faults);
        }
        let facts = Facts {
            client_timeout: document.client_timeout,
            load_balancer: document.load_balancer,
            enforces_policies: document.enforces_policies,
            has_native_sleep: true,
            is_pruned: false,
        };
        Ok(Self { document, hash, armed: arming.armed, facts, has_cluster: false, profiles })
    }

    /// A profile by name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }

    /// The names of all profiles.
    pub fn profile_names(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(|name| &**name)
    }
}

/// FNV-1a: a digest that only tells one text from another.
#[must_use]
pub fn digest(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// The profiles of `policies/`.
fn shipped_profiles() -> BTreeMap<Box<str>, ProfileEntry> {
    let documents = [shipped::BASELINE, shipped::STRICT].map(|text| Document::parse(text).unwrap_or_default());
    documents.into_iter().flat_map(|document| document.profiles).collect()
}

/// Lays the entries of one profile over those of another.
fn lay_over(below: &mut ProfileEntry, above: &ProfileEntry) {
    below.extends = above.extends.clone().or(below.extends.take());
    below.breaking = above.breaking.or(below.breaking);
    below.pointer.clone_from(&above.pointer);
    for (name, rule) in &above.rules {
        lay_rule_over(below.rules.entry(name.clone()).or_default(), rule);
    }
}

fn lay_rule_over(below: &mut RuleEntry, above: &RuleEntry) {
    below.level = above.level.or(below.level);
    below.fix = above.fix.or(below.fix);
    below.pointer.clone_from(&above.pointer);
    merge(&mut below.params, &above.params);
}

/// Mappings are merged key by key, everything else is replaced.
fn merge(below: &mut Map<String, Value>, above: &Map<String, Value>) {
    for (key, value) in above {
        match (below.get_mut(key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => merge(below, above),
            _ => {
                below.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Rules while they are armed.
#[derive(Default)]
struct Arming {
    armed: Vec<Armed>,
    known: HashMap<(&'static str, String), usize>,
    faults: Vec<Fault>,
}

impl Arming {
    /// A profile with all that it extends; `None`, and a fault, where that leads nowhere or in a circle.
    fn profile(&mut self, name: &str, entries: &BTreeMap<Box<str>, ProfileEntry>) -> Option<Profile> {
        let mut chain = Vec::new();
        let mut next = Some(name);
        while let Some(current) = next {
            let entry = entries.get(current)?;
            if chain.iter().any(|(seen, _)| *seen == current) {
                self.faults.push(Fault::value(format!("{}/extends", entry.pointer), format!("profile {name} extends itself")));
                return None;
            }
            chain.push((current, entry));
            let is_root = matches!(current, "baseline" | "strict");
            next = entry.extends.as_deref().or(if is_root { None } else { Some("baseline") });
            if let Some(base) = next.filter(|base| !entries.contains_key(*base)) {
                let meant = near(base, entries.keys().map(|name| &**name)).map(|near| format!("; did you mean `{near}`?"));
                let message = format!("there is no profile `{base}`{}", meant.unwrap_or_default());
                self.faults.push(Fault::value(format!("{}/extends", entry.pointer), message));
                return None;
            }
        }
        let mut whole = ProfileEntry::default();
        for (_, entry) in chain.iter().rev() {
            lay_over(&mut whole, entry);
        }
        let (uses, effective) = self.rules(&whole);
        Some(Profile { name: name.into(), breaking: whole.breaking.unwrap_or(Level::Warning), uses, effective })
    }

    fn rules(&mut self, profile: &ProfileEntry) -> (Vec<Use>, BTreeMap<&'static str, RuleEntry>) {
        let (mut uses, mut effective) = (Vec::new(), BTreeMap::new());
        for (name, entry) in &profile.rules {
            let Some(rule) = by_name(name) else {
                self.unknown_rule(name, &entry.pointer);
                continue;
            };
            let level = entry.level.unwrap_or(rule.meta.baseline);
            let fix = entry.fix.unwrap_or(false);
            if fix && matches!(rule.meta.fix, FixAvailability::None | FixAvailability::Rewrite) {
                self.fault(Fault::value(format!("{}/fix", entry.pointer), format!("{name} has no fix that admission may apply")));
            }
            let armed = self.arm(rule, entry);
            effective.insert(rule.meta.name, RuleEntry { level: Some(level), fix: Some(fix), ..entry.clone() });
            if level > Level::Off {
                uses.extend(armed.map(|armed| Use { armed, level, fix }));
            }
        }
        (uses, effective)
    }

    /// The armed form of a rule with these parameters, made once.
    fn arm(&mut self, rule: &'static Entry, entry: &RuleEntry) -> Option<usize> {
        let key = (rule.meta.name, Value::Object(entry.params.clone()).to_string());
        if let Some(index) = self.known.get(&key) {
            return Some(*index);
        }
        match rule.arm(&entry.params) {
            Ok(armed) => {
                self.armed.push(armed);
                let index = self.armed.len() - 1;
                self.known.insert(key, index);
                Some(index)
            }
            Err(faults) => {
                for fault in faults {
                    let pointer = format!("{}/{}", entry.pointer, fault.name);
                    let unknown = fault.message.starts_with("unknown field");
                    let message = format!("{}: {}", rule.meta.name, fault.message);
                    self.fault(if unknown { Fault::key(pointer, message) } else { Fault::value(pointer, message) });
                }
                None
            }
        }
    }

    fn unknown_rule(&mut self, name: &str, pointer: &str) {
        let meant = near(name, RULES.iter().map(|entry| entry.meta.name)).map(|near| format!("; did you mean `{near}`?"));
        let meant = meant.unwrap_or_else(|| "; `no502 rules` lists all".to_owned());
        self.fault(Fault::key(pointer, format!("there is no rule `{name}`{meant}")));
    }

    /// Profiles that extend each other meet the same fault: it is said once.
    fn fault(&mut self, fault: Fault) {
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}

/// Names in the document that stand for nothing: profiles, dialects, rules of exceptions.
fn unknown_names(document: &Document, profiles: &BTreeMap<Box<str>, ProfileEntry>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for mode in crate::policy::Mode::ALL {
        let named = document.defaults.get(mode).filter(|name| *name != "none" && !profiles.contains_key(*name));
        faults.extend(named.map(|name| {
            let names: Vec<&str> = profiles.keys().map(|name| &**name).collect();
            let meant =
                near(name, names.iter().copied()).map_or_else(|| names.join(", "), |near| format!("did you mean `{near}`?"));
            Fault::value(format!("/defaults/{}", mode.name()), format!("there is no profile `{name}`; {meant}"))
        }));
    }
    for gateway in &document.gateways {
        for (key, name) in [("dialect", Some(&gateway.dialect)), ("next", gateway.next.as_ref())] {
            let unknown = name.filter(|name| !name.is_empty() && dialect::by_id(name).is_none());
            faults.extend(unknown.map(|name| {
                let known: Vec<&str> = dialect::DIALECTS.iter().map(|dialect| dialect.id()).collect();
                Fault::value(
                    format!("{}/{key}", gateway.pointer),
                    format!("there is no dialect `{name}`; known are {}", known.join(", ")),
                )
            }));
        }
    }
    for exception in &document.exceptions {
        for (index, name) in exception.rules.iter().enumerate().filter(|(_, name)| by_name(name).is_none()) {
            let meant = near(name, RULES.iter().map(|entry| entry.meta.name)).map(|near| format!("; did you mean `{near}`?"));
            let message = format!("there is no rule `{name}`{}", meant.unwrap_or_default());
            faults.push(Fault::value(format!("{}/rules/{index}", exception.pointer), message));
        }
    }
    faults
}
