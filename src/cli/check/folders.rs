//! Which objects of an input see each other.
//!
//! Folders often hold alternatives of one object side by side: with TLS and without, one for each environment. Which one
//! another object would meet cannot be known, so an alternative is seen by its own file, and by its own folder where that
//! holds only one. Two objects of different folders may belong to different worlds: what follows from both is pending.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::super::CliError;
use crate::collect::files::{FileObject, Input};
use crate::engine::{Outcome, Plan, Profile, survey};
use crate::finding::Certainty;
use crate::inventory::{Inventory, Overlay, World};
use crate::model::Model;
use crate::object::ObjectId;
use crate::policy::Mode;
use crate::units::Level;

/// The objects of an input, and where each identity is defined.
struct Folders<'i> {
    input: &'i Input,
    models: Vec<Model>,
    /// The files that define an identity.
    files_of: HashMap<&'i ObjectId, BTreeSet<usize>>,
    /// The objects of each file, file by file in their folders.
    members: BTreeMap<&'i Path, BTreeMap<usize, Vec<usize>>>,
}

/// What came of each object, by its place in the input.
type Judged = Vec<(usize, Outcome)>;

/// Judges each object of the input in the world that it belongs to. Also gives the names of the profiles that were used.
pub(super) fn judge_all(
    input: &Input,
    plan: &Plan,
    profile: Option<&str>,
    is_complete: bool,
) -> Result<(Judged, Vec<String>), CliError> {
    let folders = Folders::new(input);
    let mut inventory = Inventory::new();
    // Where one file holds an object twice, the first is what others see.
    let alone = folders.models.iter().rev().filter(|model| !folders.has_alternatives(model.id()));
    alone.cloned().for_each(|model| inventory.apply(model));
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut outcomes = Vec::with_capacity(folders.models.len());
    let mut profiles: BTreeSet<&str> = BTreeSet::new();
    for files in folders.members.values() {
        for (file, indexes) in files {
            let visible = folders.alternatives_seen_by(*file, files);
            for model in &visible {
                inventory.apply((*model).clone());
            }
            for index in indexes {
                let (Some(entry), Some(model)) = (input.objects.get(*index), folders.models.get(*index)) else { continue };
                let chosen = choose(input, plan, profile, &entry.object.id.namespace)?;
                profiles.insert(&chosen.name);
                let world = World::new(&inventory, Overlay::Put(model));
                let mut outcome = survey(&world, &entry.object, chosen, plan, today, is_complete);
                if !is_complete {
                    folders.doubt_other_folders(entry, &mut outcome);
                }
                outcomes.push((*index, outcome));
            }
            for model in &visible {
                inventory.delete(model.id());
            }
        }
    }
    Ok((outcomes, profiles.into_iter().map(str::to_owned).collect()))
}

impl<'i> Folders<'i> {
    fn new(input: &'i Input) -> Self {
        let models = input.objects.iter().map(|entry| Model::read(&entry.object)).collect();
        let mut folders = Self { input, models, files_of: HashMap::new(), members: BTreeMap::new() };
        for (index, entry) in input.objects.iter().enumerate() {
            folders.files_of.entry(&entry.object.id).or_default().insert(entry.file);
            let files = folders.members.entry(folder_of(input, entry.file)).or_default();
            files.entry(entry.file).or_default().push(index);
        }
        folders
    }

    fn has_alternatives(&self, id: &ObjectId) -> bool {
        self.files_of.get(id).is_some_and(|files| files.len() > 1)
    }

    /// The alternatives that one file sees: its own, and those of which its folder holds only one.
    fn alternatives_seen_by(&self, file: usize, folder: &BTreeMap<usize, Vec<usize>>) -> Vec<&Model> {
        let in_folder = |id: &ObjectId| {
            self.files_of.get(id).is_some_and(|files| files.iter().filter(|own| folder.contains_key(own)).count() == 1)
        };
        let others = folder.iter().filter(|(own, _)| **own != file).flat_map(|(_, indexes)| indexes);
        let others = others.filter_map(|index| self.models.get(*index)).filter(|model| in_folder(model.id()));
        let own = folder.get(&file).into_iter().flatten().rev().filter_map(|index| self.models.get(*index));
        others.chain(own).filter(|model| self.has_alternatives(model.id())).collect()
    }

    /// What follows from objects of two folders, or from one of several alternatives, is pending.
    fn doubt_other_folders(&self, entry: &FileObject, outcome: &mut Outcome) {
        let here = folder_of(self.input, entry.file);
        let is_elsewhere = |id: &ObjectId| {
            self.files_of.get(id).is_some_and(|files| {
                let is_here = files.contains(&entry.file);
                let is_only_one_and_near = files.len() == 1 && files.iter().any(|file| folder_of(self.input, *file) == here);
                !is_here && !is_only_one_and_near
            })
        };
        for spoken in &mut outcome.spoken {
            if spoken.finding.related.iter().any(|(label, _)| is_elsewhere(&label.object)) {
                spoken.finding.certainty = Certainty::Pending;
                spoken.level = spoken.level.min(Level::Warning);
            }
        }
    }
}

fn folder_of(input: &Input, file: usize) -> &Path {
    input.files.get(file).and_then(|file| Path::new(&file.name).parent()).unwrap_or(Path::new(""))
}

/// The profile of a namespace: as asked, else as the Namespace in the input says, else the document's default.
fn choose<'p>(input: &Input, plan: &'p Plan, asked: Option<&str>, namespace: &str) -> Result<&'p Profile, CliError> {
    let label = || input.namespace_label(namespace, Mode::Enforce.label()).filter(|name| plan.profile(name).is_some());
    let name = asked.or_else(label).or_else(|| plan.document.defaults.get(Mode::Enforce)).unwrap_or("baseline");
    plan.profile(name).ok_or_else(|| CliError::Unusable(format!("there is no profile {name}")))
}
