//! The ways of all routes of an input, for a report that draws them.

use super::folders::Folders;
use super::judge::Judge;
use crate::collect::files::Input;
use crate::engine::{Chain, Spoken, Terms};
use crate::report::trace::ChainItem;
use crate::report::{Routes, Weight};
use crate::units::Level;

/// The way of each route, in the world of its file.
pub(super) fn routes(input: &Input, folders: &Folders<'_>, judge: &Judge<'_>) -> Routes {
    let plan = judge.plan;
    let profile = judge.profile.and_then(|name| plan.profile(name));
    let terms = Terms { plan, today: judge.today, profile, is_complete: judge.is_complete };
    let states = folders.share(Routes::default, |routes, index, world| {
        let Some(entry) = input.objects.get(index) else { return };
        let Some(routing) = world.routing(&entry.object.id) else { return };
        for (number, chain) in Chain::of_routing(routing, world, &terms).into_iter().enumerate() {
            let build = || ChainItem::new(&chain, &plan.facts, input, Some(entry.file));
            routes.add(weight(&chain.spoken), (index, number), build);
        }
    });
    let mut routes = Routes::default();
    states.into_iter().for_each(|own| routes.join(own));
    routes
}

/// How many errors and warnings are found on a way.
fn weight(spoken: &[Spoken]) -> Weight {
    let heard = || spoken.iter().filter(|own| !own.is_excepted());
    let errors = heard().filter(|own| own.level == Level::Error).count();
    (errors, heard().count() - errors)
}
