//! Shelves: the objects of one sort in a namespace, and by what they attach to.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::room::Room;
use crate::model::{
    Autoscaler, BackendTlsPolicy, DisruptionBudget, Endpoints, Grant, Labels, LimitRange, Listeners, Model, NetworkPolicy,
    PeerAuthentication, Selector,
};
use crate::object::{Kind, ObjectId};

/// What an object attaches to, hashed. A collision only costs a look: every candidate is matched in full.
pub(super) type Key = u64;

/// The key of objects that attach to no one thing.
const ANYTHING: Key = 0;

fn key(of: impl Hash) -> Key {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The key of one pair of labels.
pub(super) fn pair(name: &str, value: &str) -> Key {
    key((name, value))
}

/// A sort of objects that is kept on a shelf.
pub trait Shelved: Sized + 'static {
    /// Which object.
    fn id(&self) -> &ObjectId;
    /// The object in a model, where it is of this sort.
    fn in_model(model: &Model) -> Option<&Self>;
    /// What it attaches to.
    #[doc(hidden)]
    fn keys(&self) -> Vec<Key>;
    #[doc(hidden)]
    fn shelf(room: &Room) -> &Shelf<Self>;
}

/// The objects of one sort in a namespace.
#[derive(Clone, Debug)]
pub struct Shelf<T> {
    by_id: BTreeMap<ObjectId, T>,
    by_key: HashMap<Key, Vec<ObjectId>>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { by_id: BTreeMap::new(), by_key: HashMap::new() }
    }
}

impl<T: Shelved> Shelf<T> {
    pub(super) fn put(&mut self, object: T) {
        self.remove(object.id());
        for key in object.keys() {
            self.by_key.entry(key).or_default().push(object.id().clone());
        }
        self.by_id.insert(object.id().clone(), object);
    }

    pub(super) fn remove(&mut self, id: &ObjectId) {
        let Some(old) = self.by_id.remove(id) else { return };
        for key in old.keys() {
            if let Some(ids) = self.by_key.get_mut(&key) {
                ids.retain(|own| own != id);
                if ids.is_empty() {
                    self.by_key.remove(&key);
                }
            }
        }
    }

    pub(super) fn get(&self, id: &ObjectId) -> Option<&T> {
        self.by_id.get(id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// All, in the order of their kinds and names.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.by_id.values()
    }

    pub(super) fn ids(&self, kind: Kind) -> impl Iterator<Item = &ObjectId> {
        self.by_id.keys().filter(move |id| id.kind == kind)
    }

    /// Those that may attach to one of these, each once, in no order.
    fn attached(&self, keys: &[Key]) -> Vec<&T> {
        let mut ids: Vec<&ObjectId> = keys.iter().filter_map(|key| self.by_key.get(key)).flatten().collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| self.by_id.get(id)).collect()
    }
}

/// The keys under which a selector may be found by the labels of a pod.
fn selector_keys(selector: Option<&Selector>) -> Vec<Key> {
    selector.into_iter().map(|own| own.labels.iter().next().map_or(ANYTHING, |(name, value)| pair(name, value))).collect()
}

/// Where the objects are found that may attach to a thing.
#[derive(Clone, Debug)]
pub struct Attached(Vec<Key>);

impl Attached {
    /// To pods with these labels, by a selector.
    #[must_use]
    pub fn to_pods(labels: &Labels) -> Self {
        Self(labels.iter().map(|(name, value)| pair(name, value)).chain([ANYTHING]).collect())
    }

    /// To one object, by its kind and name.
    #[must_use]
    pub fn to_object(id: &ObjectId) -> Self {
        Self(vec![key(id)])
    }

    /// To a Service, by its name.
    #[must_use]
    pub fn to_service(name: &str) -> Self {
        Self(vec![key(name)])
    }
}

impl Attached {
    pub(super) fn on<'r, T: Shelved>(&self, room: &'r Room) -> Vec<&'r T> {
        T::shelf(room).attached(&self.0)
    }

    pub(super) fn is_of<T: Shelved>(&self, object: &T) -> bool {
        object.keys().iter().any(|key| self.0.contains(key))
    }
}

macro_rules! shelved {
    ($($sort:ident on $shelf:ident by $keys:expr;)*) => {$(
        impl Shelved for $sort {
            fn id(&self) -> &ObjectId { &self.id }
            fn in_model(model: &Model) -> Option<&Self> {
                if let Model::$sort(own) = model { Some(own) } else { None }
            }
            fn keys(&self) -> Vec<Key> {
                let keys: fn(&Self) -> Vec<Key> = $keys;
                keys(self)
            }
            fn shelf(room: &Room) -> &Shelf<Self> { &room.$shelf }
        }
    )*};
}

shelved! {
    Autoscaler on autoscalers by |own| own.target.iter().map(key).collect();
    BackendTlsPolicy on backend_tls by |own| own.targets.iter().map(|(name, _)| key(&**name)).collect();
    DisruptionBudget on budgets by |own| selector_keys(own.pods.as_ref());
    Endpoints on endpoints by |own| vec![key(&*own.service)];
    Grant on grants by |_| Vec::new();
    LimitRange on limit_ranges by |_| Vec::new();
    Listeners on listeners by |own| own.gateway.iter().map(key).collect();
    NetworkPolicy on policies by |own| selector_keys(Some(&own.pods));
    PeerAuthentication on authentications by |_| Vec::new();
}
