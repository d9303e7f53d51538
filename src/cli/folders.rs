//! Which objects of an input see each other.
//!
//! Folders often hold alternatives of one object side by side: with TLS and without, one for each environment. The same text
//! twice is none. An alternative is seen by its own file, and by its own folder where that holds only one. Everybody else sees
//! the first, since one of them will be there: it may excuse an object, but it accuses nobody, for which one it will be is not
//! known. Files that define one object are alternatives as a whole, and accuse each other of nothing either; a Namespace, or the
//! same class, that several files bring along makes them none.
//!
//! Two objects of different folders may belong to different worlds: what follows from both is pending. So is what two objects
//! of one kind do to each other from different files, which may be alternatives under two names.
//!
//! That is `--world auto`, and docs/check.md draws it. With `per-dir` a folder sees nothing but itself, with `all` there are no doubts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use clap::ValueEnum;

use super::CliError;
use crate::collect::files::{FileObject, Input};
use crate::collect::parallel;
use crate::engine::Spoken;
use crate::finding::{Certainty, Finding};
use crate::inventory::{Inventory, Overlay, World};
use crate::model::Model;
use crate::object::{Kind, ObjectId};
use crate::units::Level;

/// What is taken for one cluster.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(super) enum Worlds {
    /// The whole input, with doubts where folders meet that may be alternatives
    #[default]
    Auto,
    /// Each folder by itself, without those below it
    PerDir,
    /// The whole input, without doubts
    All,
}

/// The objects of a folder, by their place in the input.
#[derive(Debug, Default)]
struct Folder {
    /// Those of each file.
    files: BTreeMap<usize, Vec<usize>>,
    /// The alternatives that the whole folder sees, since it holds only one. The last of an identity counts.
    only: Vec<usize>,
    /// The alternatives that only their own file sees. The last of an identity counts.
    own: HashMap<usize, Vec<usize>>,
}

/// What is seen from somewhere: the objects that everybody of a world sees, and the alternatives that a folder sees.
struct Sight<'i, 'f> {
    world: &'i Path,
    inventory: Inventory,
    folder: Option<&'f Folder>,
}

/// The objects of an input, and where each identity is defined.
pub(super) struct Folders<'i> {
    input: &'i Input,
    worlds: Worlds,
    /// What is there wherever one looks from: a cluster that the files are laid over.
    below: Option<&'i Inventory>,
    models: Vec<Model>,
    /// The object of each identity that others of its world see.
    first: BTreeMap<&'i Path, BTreeMap<&'i ObjectId, usize>>,
    /// The files of a world that define an identity.
    files_of: HashMap<(&'i Path, &'i ObjectId), BTreeSet<usize>>,
    /// The identities that files define differently.
    alternatives: BTreeSet<&'i ObjectId>,
    /// The identities of each file that make others of its world, which define them, too, alternatives as a whole.
    held: HashMap<usize, BTreeSet<&'i ObjectId>>,
    /// The objects of each name, whatever their namespace.
    namesakes: HashMap<(Kind, &'i str), Vec<&'i FileObject>>,
    members: BTreeMap<&'i Path, Folder>,
    /// Inventories of what everybody of a world sees, for who looks next.
    idle: Mutex<Vec<(&'i Path, Inventory)>>,
}

impl<'i> Folders<'i> {
    pub(super) fn new(input: &'i Input, worlds: Worlds, below: Option<&'i Inventory>) -> Self {
        let models = parallel::each(&input.objects, || (), |(), entry| Model::read(&entry.object));
        let name = |index: &usize| {
            let entry = input.objects.get(*index)?;
            input.files.get(entry.file).map(|file| &*file.name)
        };
        let (first, files_of, members) = (BTreeMap::new(), HashMap::new(), BTreeMap::new());
        let (alternatives, held, namesakes) = (BTreeSet::new(), HashMap::new(), HashMap::new());
        let idle = Mutex::default();
        let mut folders = Self { input, worlds, below, models, first, files_of, alternatives, held, namesakes, members, idle };
        for (index, entry) in input.objects.iter().enumerate() {
            let (world, id) = (folders.world_of(entry.file), &entry.object.id);
            let best = folders.first.entry(world).or_default().entry(id).or_insert(index);
            if name(&index) < name(best) {
                *best = index;
            }
            folders.files_of.entry((world, id)).or_default().insert(entry.file);
            folders.namesakes.entry((id.kind, &*id.name)).or_default().push(entry);
            let folder = folders.members.entry(folder_of(input, entry.file)).or_default();
            folder.files.entry(entry.file).or_default().push(index);
        }
        for ((_, id), files) in folders.files_of.iter().filter(|(_, files)| files.len() > 1) {
            let mut raws = input.defined(id).map(|entry| &entry.object.raw);
            let is_one = raws.next().is_some_and(|first| raws.all(|raw| raw == first));
            if !is_one {
                folders.alternatives.insert(id);
            }
            if is_ground(id.kind, is_one) {
                continue;
            }
            for file in files {
                folders.held.entry(*file).or_default().insert(id);
            }
        }
        for (place, folder) in &mut folders.members {
            let world = if worlds == Worlds::PerDir { *place } else { Path::new("") };
            for (file, index) in folder.files.iter().flat_map(|(file, own)| own.iter().rev().map(move |index| (*file, *index))) {
                let id = input.objects.get(index).map(|entry| &entry.object.id);
                let Some(files) =
                    id.filter(|id| folders.alternatives.contains(id)).and_then(|id| folders.files_of.get(&(world, id)))
                else {
                    continue;
                };
                let is_only = files.iter().filter(|own| folder.files.contains_key(own)).count() == 1;
                if is_only { folder.only.push(index) } else { folder.own.entry(file).or_default().push(index) }
            }
        }
        folders
    }

    /// Shows each object of the input, by its place there, in the world that it belongs to.
    pub(super) fn each(&self, mut show: impl FnMut(usize, &World<'_>) -> Result<(), CliError>) -> Result<(), CliError> {
        let mut sight = self.sight();
        self.files().into_iter().try_for_each(|file| self.show(file, &mut sight, &mut show))
    }

    /// The same, shared among all processors: each has a state of its own, and meets its objects in no order.
    pub(super) fn share<S: Send>(&self, start: impl Fn() -> S + Sync, show: impl Fn(&mut S, usize, &World<'_>) + Sync) -> Vec<S> {
        let start = || (self.sight(), start());
        let states = parallel::share(&self.files(), start, |(sight, state), _, file| {
            let Ok(()) = self.show(*file, sight, &mut |index, world| {
                show(state, index, world);
                Ok::<(), Infallible>(())
            });
        });
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let states = states.into_iter().map(|(mut sight, state)| {
            self.enter(&mut sight, None);
            idle.push((sight.world, sight.inventory));
            state
        });
        states.collect()
    }

    /// The files with their folders, folder by folder.
    fn files(&self) -> Vec<(usize, &Folder)> {
        self.members.values().flat_map(|folder| folder.files.keys().map(move |file| (*file, folder))).collect()
    }

    /// What somebody saw before, or what everybody sees.
    fn sight(&self) -> Sight<'i, '_> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let nowhere = Path::new("");
        let (world, inventory) = idle.unwrap_or_else(|| (nowhere, self.seen_by_all(nowhere)));
        Sight { world, inventory, folder: None }
    }

    /// What everybody of a world sees.
    fn seen_by_all(&self, world: &Path) -> Inventory {
        let mut inventory = self.below.cloned().unwrap_or_default();
        let first = self.first.get(world).into_iter().flat_map(BTreeMap::values);
        first.filter_map(|index| self.models.get(*index)).cloned().for_each(|model| inventory.apply(model));
        inventory
    }

    /// The world of a file: a folder, or nothing where there is one for all.
    fn world_of(&self, file: usize) -> &'i Path {
        if self.worlds == Worlds::PerDir { folder_of(self.input, file) } else { Path::new("") }
    }

    /// The files that define an identity in the world of a file.
    fn files_of<'s>(&'s self, id: &'s ObjectId, beside: usize) -> Option<&'s BTreeSet<usize>> {
        self.files_of.get(&(self.world_of(beside), id))
    }

    /// Looks from another folder.
    fn enter<'f>(&'f self, sight: &mut Sight<'i, 'f>, folder: Option<&'f Folder>) {
        let is_there = sight.folder.zip(folder).is_some_and(|(here, there)| std::ptr::eq(here, there));
        if is_there {
            return;
        }
        if let Some(left) = sight.folder {
            self.restore(sight, &left.only);
        }
        sight.folder = folder;
        let world = folder.and_then(|folder| folder.files.keys().next()).map(|file| self.world_of(*file));
        if let Some(world) = world.filter(|world| *world != sight.world) {
            (sight.world, sight.inventory) = (world, self.seen_by_all(world));
        }
        if let Some(folder) = folder {
            self.apply(&mut sight.inventory, &folder.only);
        }
    }

    fn apply(&self, inventory: &mut Inventory, alternatives: &[usize]) {
        let models = alternatives.iter().filter_map(|index| self.models.get(*index));
        models.cloned().for_each(|model| inventory.apply(model));
    }

    /// Puts what everybody sees in the place of alternatives.
    fn restore(&self, sight: &mut Sight<'_, '_>, alternatives: &[usize]) {
        let models = alternatives.iter().filter_map(|index| self.models.get(*index));
        let first = models.filter_map(|model| self.first(sight.world, model.id()));
        first.cloned().for_each(|model| sight.inventory.apply(model));
    }

    /// Shows the objects of one file.
    fn show<'f, E>(
        &'f self,
        (file, folder): (usize, &'f Folder),
        sight: &mut Sight<'i, 'f>,
        show: &mut impl FnMut(usize, &World<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(sight, Some(folder));
        let own = folder.own.get(&file).map(Vec::as_slice).unwrap_or_default();
        self.apply(&mut sight.inventory, own);
        for index in folder.files.get(&file).into_iter().flatten() {
            let Some(model) = self.models.get(*index) else { continue };
            show(*index, &World::new(&sight.inventory, Overlay::Put(model)))?;
        }
        self.restore(sight, own);
        Ok(())
    }

    fn has_alternatives(&self, id: &ObjectId) -> bool {
        self.alternatives.contains(id)
    }

    /// The object of an identity that others see: the first by the names of the files, however they were listed.
    fn first(&self, world: &Path, id: &ObjectId) -> Option<&Model> {
        self.models.get(*self.first.get(world)?.get(id)?)
    }

    /// Whether nothing may be concluded from what stands in another file: an object of which there are several, where none is the
    /// one of this folder, or one beside an alternative of what stands here.
    pub(super) fn is_hearsay(&self, entry: &FileObject, finding: &Finding) -> bool {
        if finding.missed.as_ref().is_some_and(|missed| self.may_stand_there(missed, entry)) {
            return true;
        }
        if self.worlds == Worlds::All {
            return false;
        }
        let here = folder_of(self.input, entry.file);
        let related = finding.related.iter().map(|(label, _)| &label.object);
        related.chain([&finding.primary.object, &finding.subject]).any(|id| {
            let Some(files) = self.files_of(id, entry.file).filter(|files| !files.contains(&entry.file)) else { return false };
            let near = files.iter().filter(|file| folder_of(self.input, **file) == here).count();
            (self.has_alternatives(id) && near != 1) || files.iter().all(|file| self.are_rivals(entry.file, *file))
        })
    }

    /// Whether an object of that name stands in the input and may be the one that is missed: which namespace it or the one that
    /// misses it will be in is known to nobody.
    fn may_stand_there(&self, missed: &ObjectId, entry: &FileObject) -> bool {
        let is_own = !entry.is_placed && missed.namespace == entry.object.id.namespace;
        let namesakes = self.namesakes.get(&(missed.kind, &*missed.name)).into_iter().flatten();
        namesakes.filter(|other| other.object.id != *missed).any(|other| is_own || !other.is_placed)
    }

    /// Whether two files hold alternatives of one object.
    fn are_rivals(&self, one: usize, other: usize) -> bool {
        let held = |file: usize| self.held.get(&file);
        held(one).zip(held(other)).is_some_and(|(one, other)| !one.is_disjoint(other))
    }

    /// What follows from objects of two folders is pending, and so is what is found in an object that a kustomization changes.
    pub(super) fn doubt(&self, entry: &FileObject, spoken: &mut Spoken, is_complete: bool) {
        let may_differ = || self.worlds != Worlds::All && !is_complete && self.meets_elsewhere(entry, spoken);
        if entry.is_changed || may_differ() {
            spoken.finding.certainty = Certainty::Pending;
            spoken.level = spoken.level.min(Level::Warning);
        }
    }

    /// Whether a finding comes of objects of two folders.
    fn meets_elsewhere(&self, entry: &FileObject, spoken: &Spoken) -> bool {
        let here = folder_of(self.input, entry.file);
        let is_elsewhere = |id: &ObjectId| {
            self.files_of(id, entry.file).is_some_and(|files| {
                let is_here = files.contains(&entry.file);
                let is_only_one_and_near = files.len() == 1 && files.iter().any(|file| folder_of(self.input, *file) == here);
                let may_be_alternative = id.kind == entry.object.id.kind;
                !is_here && (may_be_alternative || !is_only_one_and_near)
            })
        };
        spoken.finding.related.iter().any(|(label, _)| is_elsewhere(&label.object))
    }
}

/// Whether objects of a kind are only what others stand on: files that each bring the same one are still for one cluster.
fn is_ground(kind: Kind, is_one: bool) -> bool {
    kind == Kind::Namespace
        || is_one && matches!(kind, Kind::ConfigMap | Kind::GatewayClass | Kind::IngressClass | Kind::LimitRange)
}

fn folder_of(input: &Input, file: usize) -> &Path {
    input.files.get(file).and_then(|file| Path::new(&file.name).parent()).unwrap_or(Path::new(""))
}
