//! The ways of all routes of an input, for a report that draws them.

use super::CliError;
use super::folders::Folders;
use super::judge::Judge;
use crate::collect::files::Input;
use crate::engine::{Chain, Spoken, Terms};
use crate::report::trace::ChainItem;
use crate::report::{Routes, Weight};
use crate::units::Level;

/// The way of each route, in the world of its file.
pub(super) fn routes(input: &Input, judge: &Judge<'_>) -> Result<Routes, CliError> {
    let Judge { plan, today, is_complete, .. } = *judge;
    let folders = Folders::new(input, judge.worlds);
    let terms = Terms { plan, today, profile: judge.profile.and_then(|name| plan.profile(name)), is_complete };
    let mut routes = Routes::default();
    folders.each(|index, world| {
        let Some(entry) = input.objects.get(index) else { return Ok(()) };
        let Some(routing) = world.routing(&entry.object.id) else { return Ok(()) };
        for chain in Chain::of_routing(routing, world, &terms) {
            routes.add(weight(&chain.spoken), || ChainItem::new(&chain, &plan.facts, input, Some(entry.file)));
        }
        Ok(())
    })?;
    Ok(routes)
}

/// How many errors and warnings are found on a way.
fn weight(spoken: &[Spoken]) -> Weight {
    let heard = || spoken.iter().filter(|own| !own.is_excepted());
    let errors = heard().filter(|own| own.level == Level::Error).count();
    (errors, heard().count() - errors)
}
