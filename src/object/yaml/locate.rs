//! From a field of a document to its place in the text.

use std::collections::BTreeSet;

use super::events;
use super::split::{self, Surrogates};
use super::tree::{Kind, Tree};
use super::{NODES, Position, Span};

/// Which part of a field is meant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Part {
    /// What the field holds.
    Value,
    /// The field's name; an item of a list, which has none, stands for itself.
    Key,
}

/// Where a field is written.
#[expect(clippy::struct_excessive_bools, reason = "each is true or not whatever the others are")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The bytes of its name; none for an item of a list, and for the document itself.
    pub key: Option<Span>,
    /// The bytes of its value without anchor and tag. Where nothing is written, the place for it.
    pub value: Span,
    /// In a mapping or list that is not empty, the bytes from its first key or item to the end of the last.
    pub inner: Option<Span>,
    /// Whether it stands within brackets, its own included.
    pub is_flow: bool,
    /// Whether a tag says what its value is.
    pub is_tagged: bool,
    /// Whether other fields have the same text by an alias or a merge.
    pub is_shared: bool,
    /// Whether the document had to be laid out anew before it could be read: then these bytes are not those of the text.
    pub is_relaxed: bool,
}

/// A value in the tree and, where it is a field, its name.
#[derive(Clone, Copy)]
struct Found {
    node: usize,
    key: Option<(Position, Span)>,
}

/// How a pointer is followed.
struct Way {
    /// The last thing that exists.
    found: Found,
    /// Whether the pointer leads no further.
    is_whole: bool,
    /// Whether an alias or a merge was met.
    is_shared: bool,
    /// All nodes on it.
    nodes: Vec<usize>,
}

/// Finds JSON pointers in the document with that index.
///
/// A pointer that leads nowhere gets the position of its nearest existing ancestor's name, or of the
/// ancestor itself where it has none. The position of a mapping or list is that of its first key or item, or of its
/// opening mark where it is empty or in flow style. A value behind an alias is found where it is written, the alias
/// itself where it stands. A field without a value has the place of its key, a block scalar that
/// of its `|`. The answer is none when the document is not there or cannot be parsed.
#[must_use]
pub fn locate(text: &str, document: usize, pointers: &[(&str, Part)]) -> Vec<Option<Position>> {
    Locator::new(text).locate(document, pointers)
}

/// Finds places in one text again and again. The document that was looked into last is parsed once, since a list of many
/// objects is one document.
pub struct Locator<'t> {
    /// Each with how many documents it holds, where that shows without parsing it.
    sections: Vec<(split::Section<'t>, Option<usize>)>,
    last: Option<(usize, Option<Parsed>)>,
}

/// A document, and the section it stands in.
struct Parsed {
    tree: Tree,
    before: usize,
}

impl<'t> Locator<'t> {
    /// Nothing is parsed yet.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let sections = split::sections(text).into_iter().map(|section| {
            let count = section.count();
            (section, count)
        });
        Self { sections: sections.collect(), last: None }
    }

    /// See [`locate`].
    pub fn locate(&mut self, document: usize, pointers: &[(&str, Part)]) -> Vec<Option<Position>> {
        match self.parsed(document) {
            Some(parsed) => {
                let at = |(pointer, part): &(&str, Part)| find(&parsed.tree, pointer, *part).map(|(at, _)| at);
                pointers.iter().map(at).collect()
            }
            None => vec![None; pointers.len()],
        }
    }

    /// The bytes of what [`locate`] finds, those of the name where no value is written; none where they are not those of the text.
    pub fn span(&mut self, document: usize, pointer: &str, part: Part) -> Option<Span> {
        let parsed = self.parsed(document).filter(|parsed| !parsed.tree.is_relaxed)?;
        let found = |part| find(&parsed.tree, pointer, part).map(|(_, span)| span);
        let span = found(part).filter(|span| span.start < span.end).or_else(|| found(Part::Key))?;
        Some(span.below(parsed.before))
    }

    /// The bytes of a field; none where it is not written.
    pub fn place(&mut self, document: usize, pointer: &str) -> Option<Place> {
        self.parsed(document)?.place(pointer)
    }

    fn parsed(&mut self, document: usize) -> Option<&Parsed> {
        if self.last.as_ref().is_none_or(|(last, _)| *last != document) {
            self.last = Some((document, parsed(&self.sections, document)));
        }
        self.last.as_ref()?.1.as_ref()
    }
}

/// The document with that index; only its own section is parsed where the ones
/// before it hold one document each.
fn parsed(sections: &[(split::Section<'_>, Option<usize>)], document: usize) -> Option<Parsed> {
    let mut index = 0;
    for (section, count) in sections {
        if let (Some(count), true) = (count, index < document) {
            index += count;
            continue;
        }
        let (mut trees, broken) = events::trees(section, Surrogates::Keep, NODES);
        let wanted = document - index;
        if wanted < trees.len() {
            return Some(Parsed { tree: trees.swap_remove(wanted), before: section.before });
        }
        index += count.unwrap_or(trees.len() + usize::from(broken.is_some()));
        if index > document {
            return None;
        }
    }
    None
}

impl Parsed {
    fn place(&self, pointer: &str) -> Option<Place> {
        let tree = &self.tree;
        let way = follow(tree, pointer);
        let node = tree.node(way.found.node).filter(|_| way.is_whole)?;
        let is_flow = |number: &usize| tree.node(*number).is_some_and(|node| node.is_flow);
        Some(Place {
            key: way.found.key.map(|(_, span)| span.below(self.before)),
            value: node.span.below(self.before),
            inner: self.inner(&node.kind).map(|span| span.below(self.before)),
            is_flow: way.nodes.iter().any(is_flow),
            is_tagged: node.is_tagged,
            is_shared: way.is_shared || way.nodes.iter().any(|node| tree.is_shared(*node)),
            is_relaxed: tree.is_relaxed,
        })
    }

    /// From the first thing in a mapping or list to the last.
    fn inner(&self, kind: &Kind) -> Option<Span> {
        let span = |number: usize| self.tree.node(number).map(|node| node.span);
        let (first, last) = match kind {
            Kind::Sequence(items) => (span(*items.first()?)?, *items.last()?),
            Kind::Mapping(entries) => (entries.first()?.span, entries.last()?.value),
            Kind::Scalar(_) | Kind::Alias(_) => return None,
        };
        Some(Span::new(first.start, span(last)?.end))
    }
}

fn find(tree: &Tree, pointer: &str, part: Part) -> Option<(Position, Span)> {
    let way = follow(tree, pointer);
    match (part, way.found.key) {
        (Part::Key, Some(key)) => Some(key),
        (Part::Value, Some(key)) if !way.is_whole => Some(key),
        _ => tree.node(way.found.node).map(|node| (node.at, node.span)),
    }
}

/// Follows a pointer as far as it leads.
fn follow(tree: &Tree, pointer: &str) -> Way {
    let root = Found { node: tree.root(), key: None };
    let mut way = Way { found: root, is_whole: true, is_shared: false, nodes: vec![root.node] };
    for token in pointer.split('/').skip(1) {
        let name = token.replace("~1", "/").replace("~0", "~");
        let from = tree.target(way.found.node);
        way.is_shared |= from != way.found.node;
        let Some(next) = step(tree, from, &name) else {
            way.is_whole = false;
            break;
        };
        let own = match tree.node(from).map(|node| &node.kind) {
            Some(Kind::Mapping(entries)) => entries.iter().any(|entry| entry.value == next.node),
            _ => true,
        };
        way.is_shared |= !own;
        way.found = next;
        way.nodes.push(next.node);
    }
    way.is_shared |= tree.target(way.found.node) != way.found.node;
    way
}

fn step(tree: &Tree, node: usize, name: &str) -> Option<Found> {
    match &tree.node(node)?.kind {
        Kind::Sequence(items) => {
            let item = items.get(name.parse::<usize>().ok()?)?;
            Some(Found { node: *item, key: None })
        }
        Kind::Mapping(_) => field(tree, node, name),
        Kind::Scalar(_) | Kind::Alias(_) => None,
    }
}

/// The field that wins: the last one written, be it merged in or not.
fn field(tree: &Tree, mapping: usize, name: &str) -> Option<Found> {
    // Merges can share mappings, so each is looked at once; what was not in it stays absent.
    let mut seen = BTreeSet::new();
    let mut open = vec![(mapping, usize::MAX)];
    while let Some((node, upto)) = open.pop() {
        let node = tree.target(node);
        if upto == usize::MAX && !seen.insert(node) {
            continue;
        }
        match tree.node(node).map(|node| &node.kind) {
            Some(Kind::Mapping(entries)) => {
                let upto = upto.min(entries.len());
                let entries = entries.get(..upto).unwrap_or_default();
                for (at, entry) in entries.iter().enumerate().rev() {
                    if entry.merge {
                        // First what is merged here, then the rest of this mapping.
                        open.push((node, at));
                        open.push((entry.value, usize::MAX));
                        break;
                    }
                    if entry.key == name {
                        return Some(Found { node: entry.value, key: Some((entry.at, entry.span)) });
                    }
                }
            }
            Some(Kind::Sequence(items)) => {
                open.extend(items.iter().rev().map(|item| (*item, usize::MAX)));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
