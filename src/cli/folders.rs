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

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::CliError;
use crate::collect::files::{FileObject, Input};
use crate::collect::parallel;
use crate::engine::Spoken;
use crate::finding::{Certainty, Finding};
use crate::inventory::{Inventory, Overlay, World};
use crate::model::Model;
use crate::object::{Kind, ObjectId};
use crate::units::Level;

/// The objects of an input, and where each identity is defined.
pub(super) struct Folders<'i> {
    input: &'i Input,
    models: Vec<Model>,
    /// The object of each identity that others see.
    first: BTreeMap<&'i ObjectId, usize>,
    /// The files that define an identity.
    files_of: HashMap<&'i ObjectId, BTreeSet<usize>>,
    /// The identities that files define differently.
    alternatives: BTreeSet<&'i ObjectId>,
    /// The identities of each file that make others of it, which define them, too, alternatives as a whole.
    held: HashMap<usize, BTreeSet<&'i ObjectId>>,
    /// The objects of each file, file by file in their folders.
    members: BTreeMap<&'i Path, BTreeMap<usize, Vec<usize>>>,
    /// Inventories of what everybody sees, for who looks next.
    idle: Mutex<Vec<Inventory>>,
}

impl<'i> Folders<'i> {
    pub(super) fn new(input: &'i Input) -> Self {
        let models = parallel::each(&input.objects, || (), |(), entry| Model::read(&entry.object));
        let name = |index: &usize| {
            let entry = input.objects.get(*index)?;
            input.files.get(entry.file).map(|file| &*file.name)
        };
        let mut first: BTreeMap<&ObjectId, usize> = BTreeMap::new();
        for (index, entry) in input.objects.iter().enumerate() {
            let best = first.entry(&entry.object.id).or_insert(index);
            if name(&index) < name(best) {
                *best = index;
            }
        }
        let (files_of, members) = (HashMap::new(), BTreeMap::new());
        let (alternatives, held) = (BTreeSet::new(), HashMap::new());
        let mut folders = Self { input, models, first, files_of, alternatives, held, members, idle: Mutex::default() };
        for (index, entry) in input.objects.iter().enumerate() {
            folders.files_of.entry(&entry.object.id).or_default().insert(entry.file);
            let files = folders.members.entry(folder_of(input, entry.file)).or_default();
            files.entry(entry.file).or_default().push(index);
        }
        for (id, files) in folders.files_of.iter().filter(|(_, files)| files.len() > 1) {
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
        folders
    }

    /// Shows each object of the input, by its place there, in the world that it belongs to.
    pub(super) fn each(&self, mut show: impl FnMut(usize, &World<'_>) -> Result<(), CliError>) -> Result<(), CliError> {
        let mut inventory = self.inventory();
        self.files().into_iter().try_for_each(|file| self.show(file, &mut inventory, &mut show))
    }

    /// The same, shared among all processors: each has a state of its own, and meets its objects in no order.
    pub(super) fn share<S: Send>(&self, start: impl Fn() -> S + Sync, show: impl Fn(&mut S, usize, &World<'_>) + Sync) -> Vec<S> {
        let start = || (self.inventory(), start());
        let states = parallel::share(&self.files(), start, |(inventory, state), _, file| {
            let Ok(()) = self.show(*file, inventory, &mut |index, world| {
                show(state, index, world);
                Ok::<(), Infallible>(())
            });
        });
        let (inventories, states): (Vec<Inventory>, Vec<S>) = states.into_iter().unzip();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(inventories);
        states
    }

    /// The files with their folders, folder by folder.
    fn files(&self) -> Vec<(usize, &BTreeMap<usize, Vec<usize>>)> {
        self.members.values().flat_map(|files| files.keys().map(move |file| (*file, files))).collect()
    }

    /// What everybody sees.
    fn inventory(&self) -> Inventory {
        if let Some(idle) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return idle;
        }
        let mut inventory = Inventory::new();
        self.first.values().filter_map(|index| self.models.get(*index)).cloned().for_each(|model| inventory.apply(model));
        inventory
    }

    /// Shows the objects of one file. The inventory is lent for that, and is afterwards what it was.
    fn show<E>(
        &self,
        (file, folder): (usize, &BTreeMap<usize, Vec<usize>>),
        inventory: &mut Inventory,
        show: &mut impl FnMut(usize, &World<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let visible = self.alternatives_seen_by(file, folder);
        for model in &visible {
            inventory.apply((*model).clone());
        }
        for index in folder.get(&file).into_iter().flatten() {
            let Some(model) = self.models.get(*index) else { continue };
            show(*index, &World::new(inventory, Overlay::Put(model)))?;
        }
        for first in visible.iter().filter_map(|model| self.first(model.id())) {
            inventory.apply(first.clone());
        }
        Ok(())
    }

    fn has_alternatives(&self, id: &ObjectId) -> bool {
        self.alternatives.contains(id)
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

    /// The object of an identity that others see: the first by the names of the files, however they were listed.
    fn first(&self, id: &ObjectId) -> Option<&Model> {
        self.models.get(*self.first.get(id)?)
    }

    /// Whether nothing may be concluded from what stands in another file: an object of which there are several, where none is the
    /// one of this folder, or one beside an alternative of what stands here.
    pub(super) fn is_hearsay(&self, entry: &FileObject, finding: &Finding) -> bool {
        let here = folder_of(self.input, entry.file);
        let related = finding.related.iter().map(|(label, _)| &label.object);
        related.chain([&finding.primary.object, &finding.subject]).any(|id| {
            let Some(files) = self.files_of.get(id).filter(|files| !files.contains(&entry.file)) else { return false };
            let near = files.iter().filter(|file| folder_of(self.input, **file) == here).count();
            (self.has_alternatives(id) && near != 1) || files.iter().all(|file| self.are_rivals(entry.file, *file))
        })
    }

    /// Whether two files hold alternatives of one object.
    fn are_rivals(&self, one: usize, other: usize) -> bool {
        let held = |file: usize| self.held.get(&file);
        held(one).zip(held(other)).is_some_and(|(one, other)| !one.is_disjoint(other))
    }

    /// What follows from objects of two folders is pending.
    pub(super) fn doubt_other_folders(&self, entry: &FileObject, spoken: &mut Spoken) {
        let here = folder_of(self.input, entry.file);
        let is_elsewhere = |id: &ObjectId| {
            self.files_of.get(id).is_some_and(|files| {
                let is_here = files.contains(&entry.file);
                let is_only_one_and_near = files.len() == 1 && files.iter().any(|file| folder_of(self.input, *file) == here);
                let may_be_alternative = id.kind == entry.object.id.kind;
                !is_here && (may_be_alternative || !is_only_one_and_near)
            })
        };
        if spoken.finding.related.iter().any(|(label, _)| is_elsewhere(&label.object)) {
            spoken.finding.certainty = Certainty::Pending;
            spoken.level = spoken.level.min(Level::Warning);
        }
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
