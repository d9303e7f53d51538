//! From a section of text to trees, by the events of the YAML parser.

use saphyr_parser::{Event, Parser};

use super::Unreadable;
use super::build::Builder;
use super::relax::{Moved, relaxed};
use super::split::{Section, Surrogates};
use super::tree::Tree;

/// The documents of a section and, where it is broken, why the rest of it cannot be read.
pub(super) fn trees(section: &Section<'_>, surrogates: Surrogates, limit: usize) -> (Vec<Tree>, Option<Unreadable>) {
    if let Some(forbidden) = section.forbidden() {
        return (Vec::new(), Some(forbidden));
    }
    let text = section.prepared(surrogates);
    let first = attempt(&text, section.above, Moved::default(), limit);
    if first.1.is_none() {
        return first;
    }
    let Some(relaxed) = relaxed(&text) else {
        return first;
    };
    let mut again = attempt(&relaxed.text, section.above, relaxed.moved, limit);
    again.0.iter_mut().for_each(|tree| tree.is_relaxed = true);
    // Whichever came further tells what is really wrong.
    let further = |(_, broken): &(_, Option<Unreadable>)| broken.as_ref().map(|broken| broken.at);
    match further(&again) {
        Some(at) if Some(at) <= further(&first) => first,
        _ => again,
    }
}

/// Reads the documents of a text that stands below so many lines of a larger one, each with at
/// most so many nodes, up to the first that is broken.
fn attempt(text: &str, above: u32, moved: Moved, limit: usize) -> (Vec<Tree>, Option<Unreadable>) {
    let mut trees = Vec::new();
    let mut builder = Builder::new(text, above, moved, limit);
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let taken = match event {
            Ok((Event::DocumentEnd, _)) => {
                trees.push(builder.finish());
                Ok(())
            }
            Ok((event, span)) => builder.take(event, span),
            Err(error) => Err(builder.unreadable(&error)),
        };
        if let Err(reason) = taken {
            return (trees, Some(reason));
        }
    }
    (trees, None)
}
