//! All that a rule may see of an object that names the class of who serves it.

use crate::inventory::World;
use crate::model::{Listeners, Routing};
use crate::object::ObjectId;

/// An object that names the class of who serves it, or leaves it to the default.
pub struct ClassCase<'c> {
    /// The object.
    pub object: Classed<'c>,
    /// Whether the policy document says who serves the class.
    pub is_told: bool,
    /// Whether there is a cluster that shows its classes: a folder of manifests mostly holds none of them.
    pub has_cluster: bool,
    /// Whether all there is was read: of that cluster, or of an input that was declared complete.
    pub sees_all: bool,
    /// Whether a controller of this name, as a class has it, is one whose ways are known.
    pub knows: &'c dyn Fn(&str) -> bool,
    /// The neighbours.
    pub world: &'c World<'c>,
}

/// What names a class.
#[derive(Clone, Copy)]
pub enum Classed<'c> {
    /// A `Gateway`, the class of the Gateway API.
    Gateway(&'c Listeners),
    /// An Ingress.
    Ingress(&'c Routing),
}

impl<'c> Classed<'c> {
    /// Which object.
    #[must_use]
    pub fn id(self) -> &'c ObjectId {
        match self {
            Self::Gateway(own) => &own.id,
            Self::Ingress(own) => &own.id,
        }
    }
}
