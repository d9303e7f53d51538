//! The ways of all routes of an input, for a report that draws them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::folders::Folders;
use super::judge::{Judge, Judged};
use crate::collect::files::Input;
use crate::engine::{Chain, Terms};
use crate::inventory::World;
use crate::model::Routing;
use crate::object::ObjectId;
use crate::report::trace::ChainItem;
use crate::report::{DRAWN, Routes};
use crate::units::Level;

/// How many errors and warnings are found.
type Weight = (usize, usize);

/// The way of each route, in the world of its file. Of very many only those are drawn of whose objects most is found, the earlier
/// first.
pub(super) fn routes(input: &Input, folders: &Folders<'_>, judge: &Judge<'_>, outcomes: &Judged) -> Routes {
    let found = weights(input, outcomes);
    let rank = |ranks: &mut Vec<_>, index: usize, world: &World<'_>| {
        let Some(routing) = input.objects.get(index).and_then(|entry| world.routing(&entry.object.id)) else { return };
        ranks.push((weight(routing, world, &found), Reverse(index), Chain::count(routing)));
    };
    let mut ranks: Vec<(Weight, Reverse<usize>, usize)> = folders.share(Vec::new, rank).into_iter().flatten().collect();
    ranks.sort_unstable_by(|one, other| other.cmp(one));
    let mut room = DRAWN;
    let drawn: BTreeMap<usize, usize> = ranks
        .iter()
        .map(|(_, Reverse(index), count)| {
            let fitting = room.min(*count);
            room -= fitting;
            (*index, fitting)
        })
        .take_while(|(_, fitting)| *fitting > 0)
        .collect();
    let plan = judge.plan;
    let profile = judge.profile.and_then(|name| plan.profile(name));
    let terms = Terms { plan, today: judge.today, profile, is_complete: judge.is_complete };
    let draw = |items: &mut Vec<(usize, Vec<ChainItem>)>, index: usize, world: &World<'_>| {
        let Some((entry, fitting)) = input.objects.get(index).zip(drawn.get(&index)) else { return };
        let Some(routing) = world.routing(&entry.object.id) else { return };
        let chains = Chain::of_routing(routing, world, &terms);
        let drawn = chains.iter().take(*fitting).map(|chain| ChainItem::new(chain, &plan.facts, input, Some(entry.file)));
        items.push((index, drawn.collect()));
    };
    let mut items: Vec<_> = folders.share(Vec::new, draw).into_iter().flatten().collect();
    items.sort_unstable_by_key(|(index, _)| *index);
    let total = ranks.iter().map(|(.., count)| count).sum();
    Routes { total, drawn: items.into_iter().flat_map(|(_, items)| items).collect() }
}

/// What is found at each object.
fn weights<'i>(input: &'i Input, outcomes: &Judged) -> HashMap<&'i ObjectId, Weight> {
    let mut weights: HashMap<&ObjectId, Weight> = HashMap::new();
    for (index, outcome) in outcomes {
        let Some(entry) = input.objects.get(*index) else { continue };
        let weight = weights.entry(&entry.object.id).or_default();
        for spoken in outcome.spoken.iter().filter(|spoken| !spoken.is_excepted()) {
            *(if spoken.level == Level::Error { &mut weight.0 } else { &mut weight.1 }) += 1;
        }
    }
    weights
}

/// What is found at the objects that requests of a route pass.
fn weight(routing: &Routing, world: &World<'_>, found: &HashMap<&ObjectId, Weight>) -> Weight {
    let mut ids = BTreeSet::from([&routing.id]);
    for (namespace, name) in routing.routes.iter().filter_map(|route| route.service(&routing.id.namespace)) {
        let Some(service) = world.service(namespace, name) else { continue };
        ids.insert(&service.id);
        ids.extend(world.workloads_of(service).map(|workload| &workload.id));
    }
    let weights = ids.into_iter().filter_map(|id| found.get(id));
    weights.fold((0, 0), |all, own| (all.0 + own.0, all.1 + own.1))
}
