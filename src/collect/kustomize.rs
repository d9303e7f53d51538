//! What the kustomizations among the files say about the others: which are patches and data, in which namespace objects will be, and
//! which of them a patch will change. Nothing is built here: that is what `kubectl kustomize` is for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::sources::tidy;
use crate::object::{At, Object, yaml};

/// What is known of the objects of one file beyond what they say themselves.
#[derive(Default)]
pub(super) struct Ground {
    /// The namespace that all of them will be in.
    pub(super) namespace: Option<String>,
    /// Which of them something will change.
    changed: Vec<Target>,
}

impl Ground {
    /// Whether an object will not be as it is written.
    pub(super) fn changes(&self, object: &Object) -> bool {
        self.changed.iter().any(|target| target.is(object))
    }
}

/// Whom a patch changes; everybody where it names neither.
#[derive(Clone, Default)]
struct Target {
    kind: Option<String>,
    name: Option<String>,
}

impl Target {
    fn new(kind: &Value, name: &Value) -> Self {
        // Names are expressions: one that is more than a name may mean anybody.
        let plain = |text: &&str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.'));
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).filter(plain).map(str::to_owned);
        Self { kind: text(kind), name: text(name) }
    }

    fn is(&self, object: &Object) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == object.id.kind.name())
            && self.name.as_deref().is_none_or(|name| name == &*object.id.name)
    }
}

/// The kustomizations of an input.
#[derive(Default)]
pub(super) struct Kustomizations {
    /// By their folders, and what the folders are called.
    all: BTreeMap<PathBuf, Kustomization>,
}

struct Kustomization {
    folder: PathBuf,
    /// Bases, components and files of objects.
    entries: Vec<PathBuf>,
    /// Anything else that it names and that may be a file.
    named: Vec<PathBuf>,
    namespace: Option<String>,
    changed: Vec<Target>,
    is_component: bool,
    /// Whether nothing but its entries and the namespace comes of it.
    is_plain: bool,
}

impl Kustomizations {
    /// Reads those that are among these files.
    pub(super) fn read(files: &[PathBuf]) -> Self {
        let read = |file: &PathBuf| {
            let folder = file.parent().unwrap_or(Path::new(""));
            let is_one = ["kustomization.yaml", "kustomization.yml", "Kustomization"].iter().any(|name| file.ends_with(name));
            let value = is_one.then(|| documents(file))?.into_iter().next()?;
            // Flux has another kind of this name.
            let is_own = value.at(["apiVersion"]).as_str().is_none_or(|api| api.starts_with("kustomize.config.k8s.io/"));
            is_own.then(|| (tidy(folder), Kustomization::read(folder, &value)))
        };
        Self { all: files.iter().filter_map(read).collect() }
    }

    /// The folders that nothing else builds on, of which more or something else comes than stands in these files.
    pub(super) fn unlike(&self, files: &[PathBuf]) -> Vec<PathBuf> {
        let read: BTreeSet<PathBuf> = files.iter().map(|file| tidy(file)).collect();
        let is_unlike = |own: &&Kustomization| !self.is_plain(own, &read, 0);
        self.tops().filter(is_unlike).map(|own| own.folder.clone()).collect()
    }

    fn is_plain(&self, own: &Kustomization, read: &BTreeSet<PathBuf>, depth: usize) -> bool {
        let is_plain = |entry: &PathBuf| match self.all.get(entry) {
            Some(base) => self.is_plain(base, read, depth + 1),
            None => read.contains(entry),
        };
        own.is_plain && depth <= self.all.len() && own.entries.iter().all(is_plain)
    }

    fn tops(&self) -> impl Iterator<Item = &Kustomization> {
        let used: BTreeSet<&PathBuf> = self.all.values().flat_map(|own| &own.entries).collect();
        self.all.iter().filter(move |(place, own)| !own.is_component && !used.contains(place)).map(|(_, own)| own)
    }

    /// The files that hold no objects: whatever is named and is nobody's resource.
    pub(super) fn data(&self) -> BTreeSet<&Path> {
        let resources: BTreeSet<&PathBuf> = self.all.values().flat_map(|own| &own.entries).collect();
        self.all.values().flat_map(|own| &own.named).filter(|file| !resources.contains(file)).map(PathBuf::as_path).collect()
    }

    /// What is known of each file.
    pub(super) fn grounds(&self) -> HashMap<PathBuf, Ground> {
        let mut met: HashMap<PathBuf, (BTreeSet<Option<&str>>, Vec<Target>)> = HashMap::new();
        for top in self.tops() {
            self.follow(top, top.namespace.as_deref(), &[], &mut Vec::new(), &mut met);
        }
        let ground = |(file, (namespaces, changed)): (PathBuf, (BTreeSet<Option<&str>>, _))| {
            // Several ways that lead to several namespaces say nothing of either.
            let namespace = namespaces.first().copied().flatten().filter(|_| namespaces.len() == 1);
            (file, Ground { namespace: namespace.map(str::to_owned), changed })
        };
        met.into_iter().map(ground).collect()
    }

    /// Notes what comes of the files of a kustomization: the outermost namespace counts, and all patches do.
    fn follow<'k>(
        &'k self,
        own: &'k Kustomization,
        namespace: Option<&'k str>,
        outer: &[Target],
        way: &mut Vec<&'k Path>,
        met: &mut HashMap<PathBuf, (BTreeSet<Option<&'k str>>, Vec<Target>)>,
    ) {
        if way.contains(&&*own.folder) {
            return;
        }
        way.push(&own.folder);
        // The patches of a component change what stands beside it.
        let components = own.entries.iter().filter_map(|entry| self.all.get(entry)).filter(|entry| entry.is_component);
        let changed: Vec<Target> =
            outer.iter().chain(&own.changed).chain(components.flat_map(|component| &component.changed)).cloned().collect();
        for entry in &own.entries {
            if let Some(base) = self.all.get(entry) {
                self.follow(base, namespace.or(base.namespace.as_deref()), &changed, way, met);
                continue;
            }
            let (namespaces, targets) = met.entry(entry.clone()).or_default();
            namespaces.insert(namespace);
            targets.extend(changed.iter().cloned());
        }
        way.pop();
    }
}

impl Kustomization {
    fn read(folder: &Path, value: &Value) -> Self {
        const OBJECTS: [&str; 3] = ["resources", "bases", "components"];
        const PLAIN: [&str; 7] = ["apiVersion", "bases", "components", "kind", "metadata", "namespace", "resources"];
        let place = |text: &str| tidy(&folder.join(text));
        let mut named = Vec::new();
        for (_, value) in value.as_object().into_iter().flatten().filter(|(key, _)| !OBJECTS.contains(&key.as_str())) {
            strings(value, &mut |text| named.push(place(text.rsplit('=').next().unwrap_or(text))));
        }
        let entries = OBJECTS.iter().flat_map(|key| list(value, key)).filter_map(Value::as_str).map(place).collect();
        Self {
            folder: folder.to_owned(),
            entries,
            named,
            namespace: value.at(["namespace"]).as_str().filter(|name| !name.is_empty()).map(str::to_owned),
            changed: changed(folder, value),
            is_component: value.at(["kind"]) == "Component",
            is_plain: value.as_object().is_some_and(|fields| fields.keys().all(|key| PLAIN.contains(&key.as_str()))),
        }
    }
}

/// Whom the patches of a kustomization change, and its replacements, counts of replicas and transformers.
fn changed(folder: &Path, value: &Value) -> Vec<Target> {
    let mut targets = Vec::new();
    for patch in ["patches", "patchesStrategicMerge", "patchesJson6902"].iter().flat_map(|key| list(value, key)) {
        let target = patch.at(["target"]);
        if target.is_object() {
            targets.push(Target::new(target.at(["kind"]), target.at(["name"])));
            continue;
        }
        let written = patch.as_str().or(patch.at(["patch"]).as_str()).filter(|text| text.contains('\n'));
        let file = patch.as_str().or(patch.at(["path"]).as_str());
        let documents = match (written, file) {
            (Some(text), _) => yaml::read(text).0.into_iter().map(|document| document.value).collect(),
            (None, Some(file)) => documents(&folder.join(file)),
            (None, None) => Vec::new(),
        };
        targets.extend(documents.iter().map(|own| Target::new(own.at(["kind"]), own.at(["metadata", "name"]))));
    }
    targets.extend(list(value, "replicas").map(|own| Target::new(&Value::Null, own.at(["name"]))));
    for replacement in list(value, "replacements") {
        let selects = list(replacement, "targets").map(|target| target.at(["select"]));
        targets.extend(selects.map(|select| Target::new(select.at(["kind"]), select.at(["name"]))));
        targets.extend(replacement.at(["path"]).as_str().map(|_| Target::default()));
    }
    targets.extend(list(value, "transformers").next().map(|_| Target::default()));
    targets
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.at([key]).as_array().into_iter().flatten()
}

/// All texts in a value.
fn strings<'v>(value: &'v Value, tell: &mut impl FnMut(&'v str)) {
    match value {
        Value::String(text) => tell(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, tell)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, tell)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What can be read of a file.
fn documents(file: &Path) -> Vec<Value> {
    let text = std::fs::read(file).map(|bytes| yaml::decode(bytes).0).unwrap_or_default();
    yaml::read(&text).0.into_iter().map(|document| document.value).collect()
}
