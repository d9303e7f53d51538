//! The objects that a gateway lays together with one that declares routes: those of the same hosts, and those of the same
//! Services.

use super::landscape;
use super::plan::Plan;
use crate::inventory::World;
use crate::model::{ClassName, Routing};
use crate::rule::{Age, Beside};

/// How many of them are looked at. A host or a Service that more objects share is cut, and says so.
const MOST: usize = 256;

/// The objects beside one, and whether there are more of them.
#[derive(Default)]
pub(super) struct Company<'w> {
    pub(super) hosts: Vec<Beside<'w>>,
    pub(super) services: Vec<Beside<'w>>,
    pub(super) was_cut: bool,
}

impl<'w> Company<'w> {
    pub(super) fn of(routing: &'w Routing, world: &World<'w>, plan: &Plan) -> Self {
        let mut company = Self::default();
        if routing.is_leaving || routing.is_canary {
            return company;
        }
        let meeting = world.routings_meeting(routing, MOST);
        let sharing = world.routings_sharing_services(routing, MOST);
        company.was_cut = meeting.len() > MOST || sharing.len() > MOST;
        company.hosts = judged(routing, meeting, world, plan);
        company.services = judged(routing, sharing, world, plan);
        company
    }
}

/// Those of the class that are there to stay and have routes of their own.
fn judged<'w>(own: &'w Routing, others: Vec<&'w Routing>, world: &World<'w>, plan: &Plan) -> Vec<Beside<'w>> {
    let others = others.into_iter().take(MOST).filter(|other| !other.is_leaving && !other.is_canary);
    let others = others.filter(|other| is_same_class(own, other, world, plan));
    others.map(|routing| Beside { routing, age: Age::of(routing, own) }).collect()
}

/// Whether one gateway serves both. An object of a kind that only one controller reads, and that names no class, is served by
/// every class of that controller. Routes of the Gateway API name none, and what they share is told by what they hang on.
pub(super) fn is_same_class(one: &Routing, other: &Routing, world: &World<'_>, plan: &Plan) -> bool {
    if one.id.kind.is_gateway_route() || other.id.kind.is_gateway_route() {
        return one.id.kind.is_gateway_route() && other.id.kind.is_gateway_route();
    }
    let is_for_all = |routing: &Routing| routing.controller.is_some() && routing.class == ClassName::Unset;
    if is_for_all(one) || is_for_all(other) {
        let dialect = |routing| landscape::gateway(routing, world, plan).dialect;
        return dialect(one) == dialect(other);
    }
    one.class == other.class || {
        let name = |class| landscape::find(class, world, plan).name;
        name(&one.class).is_some_and(|own| name(&other.class) == Some(own))
    }
}
