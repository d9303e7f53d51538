//! Canaries: objects that have no path of their own, and take a share of the requests of another one.
//!
//! ingress-nginx lays the backend of a canary beside the backend of the location with the same host, path and path type
//! (`mergeAlternativeBackends` in `internal/ingress/controller/controller.go`), and beside it wherever that one is sent to.

use super::Way;
use crate::engine::landscape;
use crate::engine::plan::Plan;
use crate::inventory::World;
use crate::model::{Backend, Route, Routing};

/// What a canary goes along with.
#[derive(Clone, Debug)]
pub struct Canary<'w> {
    /// The objects with the same host, path and path type, and what they do there.
    mains: Vec<(&'w Routing, &'w Route)>,
    /// How many of how many requests it takes, where a weight alone decides.
    pub share: Option<[u32; 2]>,
    /// Whether it is known what the gateway makes of canaries.
    pub is_known: bool,
}

/// What decides on single requests before the weight does.
const CHOICES: [&str; 2] = ["canary-by-header", "canary-by-cookie"];

impl<'w> Canary<'w> {
    /// What the canary of this path goes along with; `None` for an object that is none.
    pub(super) fn of(way: &Way<'w>, world: &World<'w>, plan: &'w Plan) -> Option<Self> {
        let (routing, route) = (way.routing, way.routes.first().filter(|_| way.routing.is_canary)?);
        let serving = |routing| landscape::serving(routing, world, plan);
        let found = serving(routing);
        let gateway = found.gateway(world);
        let is_main = |other: &&'w Routing| {
            !other.is_canary && !other.is_leaving && other.id.kind == routing.id.kind && serving(other).name == found.name
        };
        let is_same = |own: &&Route| (&own.host, &own.path, own.path_type) == (&route.host, &route.path, route.path_type);
        let of = |other: &'w Routing| other.routes.iter().filter(is_same).map(move |own| (other, own));
        let mut mains: Vec<(&Routing, &Route)> = world.routings().filter(is_main).flat_map(of).collect();
        mains.sort_unstable_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        let number = |key| routing.annotation_under(&gateway.prefix, key).map(str::parse::<u32>);
        let share = match (number("canary-weight"), number("canary-weight-total")) {
            (Some(Ok(weight)), None) => Some([weight, 100]),
            (Some(Ok(weight)), Some(Ok(total))) => Some([weight, total]),
            _ => None,
        };
        let is_chosen = CHOICES.iter().any(|key| routing.annotation_under(&gateway.prefix, key).is_some());
        let is_true = |text: &str| matches!(text, "1" | "t" | "T" | "TRUE" | "true" | "True");
        let is_known = gateway.dialect.is_some() && routing.annotation_under(&gateway.prefix, "canary").is_some_and(is_true);
        Some(Self { mains, share: share.filter(|_| !is_chosen), is_known })
    }

    /// The object whose requests it shares; `None` where there is none, and it gets no request.
    #[must_use]
    pub fn main(&self) -> Option<&'w Routing> {
        self.mains.first().map(|(routing, _)| *routing)
    }

    /// Whether it shares the requests of a path: those of its own, and of others that lead to the same port.
    pub(super) fn splits(&self, other: &Way<'_>) -> bool {
        let leads = |routing: &Routing, route: &Route| match &route.backend {
            Backend::Service { name, port, .. } => Some((routing.id.namespace.clone(), name.clone(), port.clone())),
            Backend::Undefined(_) | Backend::Other => None,
        };
        let to = other.routes.first().and_then(|route| leads(other.routing, route));
        let is_it = |(routing, route): &(&Routing, &Route)| leads(routing, route) == to;
        !self.is_known || to.is_some() && self.mains.iter().any(is_it)
    }
}
