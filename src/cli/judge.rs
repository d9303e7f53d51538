//! What `no502 check` finds in an input: each object judged in the world that it belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};

use jiff::civil::Date;

use super::CliError;
use super::folders::{Folders, Worlds};
use crate::collect::files::{FileObject, Input};
use crate::engine::{Mending, Outcome, Plan, Profile, survey};
use crate::finding::{Finding, FixKind};
use crate::inventory::{Inventory, World};
use crate::object::{At, Kind, Object};
use crate::policy::Mode;

/// By what objects are judged.
#[derive(Clone, Copy)]
pub(super) struct Judge<'p> {
    pub(super) plan: &'p Plan,
    /// The profile that was asked for.
    pub(super) profile: Option<&'p str>,
    /// The rules that were asked for; all where there is none.
    pub(super) rules: &'p [String],
    /// Whether what is missing does not exist.
    pub(super) is_complete: bool,
    /// Whether it is asked what fixes come to.
    pub(super) mends: bool,
    /// What is taken for one cluster.
    pub(super) worlds: Worlds,
    /// What a cluster has that the files are laid over.
    pub(super) below: Option<&'p Inventory>,
    pub(super) today: Date,
}

/// What came of each object, by its place in the input.
pub(super) type Judged = Vec<(usize, Outcome)>;

impl<'p> Judge<'p> {
    pub(super) fn new(plan: &'p Plan, profile: Option<&'p str>, rules: &'p [String], is_complete: bool) -> Self {
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        Self { plan, profile, rules, is_complete, mends: false, worlds: Worlds::Auto, below: None, today }
    }

    /// Who sees whom in an input.
    pub(super) fn folders<'i>(&self, input: &'i Input) -> Folders<'i>
    where
        'p: 'i,
    {
        Folders::new(input, self.worlds, self.below)
    }

    /// Judges all objects of an input.
    pub(super) fn judge(&self, input: &Input, folders: &Folders<'_>) -> Result<Judged, CliError> {
        let profiles = self.profiles(input)?;
        let states = folders.share(Vec::new, |outcomes: &mut Judged, index, world| {
            let Some(entry) = input.objects.get(index) else { return };
            let Some(profile) = profiles.get(&*entry.object.id.namespace) else { return };
            let mut outcome = survey(world, &entry.object, profile, self.plan, self.today, self.is_complete);
            outcome.spoken.retain(|spoken| self.asks(spoken.finding.rule) && !folders.is_hearsay(entry, &spoken.finding));
            outcome.spoken.iter_mut().for_each(|spoken| folders.doubt(entry, spoken, self.is_complete));
            if self.mends {
                self.mend(world, entry, folders, profile, &mut outcome);
            }
            outcomes.push((index, outcome));
        });
        let mut outcomes = states.into_iter().flatten().collect::<Judged>();
        outcomes.sort_unstable_by_key(|(index, _)| *index);
        Ok(outcomes)
    }

    /// The profile of each namespace of an input.
    fn profiles<'i>(&self, input: &'i Input) -> Result<BTreeMap<&'i str, &'p Profile>, CliError> {
        let namespaces: BTreeSet<&str> = input.objects.iter().map(|entry| &*entry.object.id.namespace).collect();
        namespaces.into_iter().map(|namespace| Ok((namespace, self.choose(input, namespace)?))).collect()
    }

    /// The names of the profiles that the objects of an input are judged by.
    pub(super) fn profile_names(&self, input: &Input) -> Result<Vec<&'p str>, CliError> {
        let names: BTreeSet<&str> = self.profiles(input)?.into_values().map(|profile| &*profile.name).collect();
        Ok(names.into_iter().collect())
    }

    /// The profile of a namespace: as asked, else as the Namespace in the input or in the cluster says, else the document's default.
    fn choose(&self, input: &Input, namespace: &str) -> Result<&'p Profile, CliError> {
        let plan = self.plan;
        let labels = || self.below.and_then(|below| below.namespace_labels(namespace));
        let label = || {
            let key = Mode::Enforce.label();
            let written = input.namespace_label(namespace, key);
            written.or_else(|| labels()?.get(key)).filter(|name| plan.profile(name).is_some())
        };
        let name = self.profile.or_else(label).or_else(|| plan.document.defaults.get(Mode::Enforce)).unwrap_or("baseline");
        plan.profile(name).ok_or_else(|| CliError::Unusable(format!("there is no profile {name}")))
    }

    /// What the fixes of an object come to: as admission would apply them, or where the author asks for them by the names of their
    /// rules, or where they only write better what takes no effect as it stands.
    fn mend(&self, world: &World<'_>, entry: &FileObject, folders: &Folders<'_>, profile: &Profile, outcome: &mut Outcome) {
        let is_applied = |rule: &str| profile.effective.get(rule).and_then(|entry| entry.fix) == Some(true);
        let wants = |finding: &Finding| {
            let is_rewrite = finding.fix.as_ref().is_some_and(|fix| fix.kind == FixKind::Rewrite);
            self.names(finding.rule) || self.rules.is_empty() && (is_rewrite || is_applied(finding.rule))
        };
        let mending = Mending {
            object: &entry.object,
            world,
            profile,
            plan: self.plan,
            today: self.today,
            sees_all: self.is_complete || self.plan.has_cluster,
            wants: &wants,
            // Whatever was asked for: what another rule would say then is as wrong.
            counts: &|finding| !folders.is_hearsay(entry, finding),
        };
        let findings: Vec<&Finding> = outcome.spoken.iter().map(|spoken| &spoken.finding).collect();
        (outcome.patch, outcome.held) = mending.mend(&findings);
    }

    /// Whether it is asked what this rule says.
    fn asks(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.names(rule)
    }

    /// Whether this rule was asked for by its name.
    fn names(&self, rule: &str) -> bool {
        self.rules.iter().any(|own| own == rule)
    }
}

/// Whether the profile that was asked for is there.
pub(super) fn knows_profile(plan: &Plan, profile: Option<&str>) -> Result<(), CliError> {
    let Some(name) = profile.filter(|name| plan.profile(name).is_none()) else { return Ok(()) };
    let names: Vec<&str> = plan.profile_names().collect();
    Err(CliError::Unusable(format!("there is no profile {name}; there are {}", names.join(", "))))
}

/// A rule that panics is a fault of no502, and the others speak all the same.
pub(super) fn say_panics(input: &Input, outcomes: &Judged) {
    for (rule, index) in outcomes.iter().flat_map(|(index, outcome)| outcome.panics.iter().map(move |rule| (rule, index))) {
        let object = input.objects.get(*index).map(|entry| entry.object.id.to_string()).unwrap_or_default();
        let _ = writeln!(io::stderr(), "no502: rule {rule} failed on {object}: a fault of no502, please report it");
    }
}

/// Gives a class to Ingresses that name none.
pub(super) fn name_class(input: &mut Input, class: &str) {
    let nameless = |object: &Object| {
        object.id.kind == Kind::Ingress
            && object.raw.at(["spec", "ingressClassName"]).is_null()
            && object.annotation("kubernetes.io/ingress.class").is_none()
    };
    for entry in input.objects.iter_mut().filter(|entry| nameless(&entry.object)) {
        if let Some(spec) = entry.object.raw.get_mut("spec").and_then(serde_json::Value::as_object_mut) {
            spec.insert("ingressClassName".to_owned(), class.into());
        }
    }
}
