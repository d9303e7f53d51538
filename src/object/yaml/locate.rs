//! From a field of a document to its place in the text.

use std::collections::BTreeSet;

use super::events;
use super::split::{self, Surrogates};
use super::tree::{Kind, Tree};
use super::{NODES, Position};

/// Which part of a field is meant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Part {
    /// What the field holds.
    Value,
    /// The field's name; an item of a list, which has none, stands for itself.
    Key,
}

/// A value in the tree and, where it is a field, the place of its name.
#[derive(Clone, Copy)]
struct Found {
    node: usize,
    key: Option<Position>,
}

/// Finds JSON pointers in the document with that index.
///
/// A pointer that leads nowhere gets the position of its nearest existing ancestor's value. The
/// position of a mapping or list is that of its first key or item, or of its opening mark where
/// it is empty or in flow style. A value behind an alias is found where it is written, the alias
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
    last: Option<(usize, Option<Tree>)>,
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
        if self.last.as_ref().is_none_or(|(last, _)| *last != document) {
            self.last = Some((document, tree(&self.sections, document)));
        }
        match &self.last {
            Some((_, Some(tree))) => pointers.iter().map(|(pointer, part)| find(tree, pointer, *part)).collect(),
            _ => vec![None; pointers.len()],
        }
    }
}

/// The tree of the document with that index; only its own section is parsed where the ones
/// before it hold one document each.
fn tree(sections: &[(split::Section<'_>, Option<usize>)], document: usize) -> Option<Tree> {
    let mut index = 0;
    for (section, count) in sections {
        if let (Some(count), true) = (count, index < document) {
            index += count;
            continue;
        }
        let (mut trees, broken) = events::trees(section, Surrogates::Keep, NODES);
        let wanted = document - index;
        if wanted < trees.len() {
            return Some(trees.swap_remove(wanted));
        }
        index += count.unwrap_or(trees.len() + usize::from(broken.is_some()));
        if index > document {
            return None;
        }
    }
    None
}

fn find(tree: &Tree, pointer: &str, part: Part) -> Option<Position> {
    let mut found = Found { node: tree.root(), key: None };
    let mut whole = true;
    for token in pointer.split('/').skip(1) {
        let name = token.replace("~1", "/").replace("~0", "~");
        if let Some(next) = step(tree, tree.target(found.node), &name) {
            found = next;
        } else {
            whole = false;
            break;
        }
    }
    match (part, found.key) {
        (Part::Key, Some(key)) if whole => Some(key),
        _ => tree.node(found.node).map(|node| node.at),
    }
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
                        return Some(Found { node: entry.value, key: Some(entry.at) });
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
mod tests {
    use super::*;

    /// Lines and columns of the values of a document's fields.
    fn values(text: &str, pointers: &[&str]) -> Vec<(u32, u32)> {
        places(text, pointers, Part::Value)
    }

    fn keys(text: &str, pointers: &[&str]) -> Vec<(u32, u32)> {
        places(text, pointers, Part::Key)
    }

    fn places(text: &str, pointers: &[&str], part: Part) -> Vec<(u32, u32)> {
        let pointers: Vec<_> = pointers.iter().map(|pointer| (*pointer, part)).collect();
        let found = locate(text, 0, &pointers);
        found.into_iter().map(|at| at.map_or((0, 0), |at| (at.line, at.column))).collect()
    }

    const BLOCK: &str = "# head\nkind: Pod\nspec:\n  list:\n  - name: a # é\n    port: 80\n  -   b\n  empty:\n  a/b~c: x\n";

    #[test]
    fn values_and_keys() {
        let pointers = ["/kind", "/spec", "/spec/list", "/spec/list/0", "/spec/list/0/port", "/spec/list/1", "/spec/a~1b~0c", ""];
        let expected = [(2, 7), (4, 3), (5, 5), (5, 5), (6, 11), (7, 7), (9, 10), (2, 1)];
        assert_eq!(values(BLOCK, &pointers), expected);
        let expected = [(2, 1), (3, 1), (4, 3), (5, 5), (6, 5), (7, 7), (9, 3), (2, 1)];
        assert_eq!(keys(BLOCK, &pointers), expected);
    }

    #[test]
    fn absent_fields_get_their_nearest_ancestor() {
        let pointers = ["/spec/nope", "/spec/nope/x/y", "/spec/list/7", "/spec/list/-", "/kind/x", "/nope", "spec"];
        let expected = [(4, 3), (4, 3), (5, 5), (5, 5), (2, 7), (2, 1), (2, 1)];
        assert_eq!(values(BLOCK, &pointers), expected);
        assert_eq!(keys(BLOCK, &pointers), expected);
    }

    #[test]
    fn fields_without_a_value_stand_at_their_key() {
        assert_eq!(values(BLOCK, &["/spec/empty"]), [(8, 3)]);
        assert_eq!(values("a:\n  -\n\n  - b\n", &["/a/0", "/a/1"]), [(2, 3), (4, 5)]);
    }

    #[test]
    fn flow_style() {
        let text = "a: {b: [1, {c: 2}], d: {}}\ne: []\nf: &x !!map { g: 1 }\nh: { # {\n i: [ 1 ]}\n";
        let pointers = ["/a", "/a/b", "/a/b/0", "/a/b/1", "/a/b/1/c", "/a/d", "/e", "/e/0", "/f", "/h", "/h/i"];
        let expected = [(1, 4), (1, 8), (1, 9), (1, 12), (1, 16), (1, 24), (2, 4), (2, 4), (3, 13), (4, 4), (5, 5)];
        assert_eq!(values(text, &pointers), expected);
    }

    #[test]
    fn json() {
        let text = "{\n\t\"a\": [\n\t\t{\"b\": \"\\ud83d\\ude00\", \"c\": 1}\n\t]\n}\n";
        assert_eq!(values(text, &["", "/a", "/a/0", "/a/0/b", "/a/0/c"]), [(1, 1), (2, 7), (3, 3), (3, 9), (3, 30)]);
        assert_eq!(keys(text, &["/a/0/c"]), [(3, 25)]);
    }

    #[test]
    fn block_scalars_stand_at_their_mark() {
        let text = "é: 'ü'\na: | # | >\n  x\nb: &x\n  >-\n\n  y\nc:\n- |\n  z\n";
        assert_eq!(values(text, &["/a", "/b", "/c/0"]), [(2, 4), (5, 3), (9, 3)]);
    }

    #[test]
    fn aliases_and_merges() {
        let text = "base: &base\n  a: 1\n  b: 2\nuse: *base\nmore:\n  b: 3\n  <<: *base\n  c: 4\nlast:\n  <<: [*base, {a: 5, d: 6}]\n  b: 7\n";
        let pointers = ["/use", "/use/a", "/more", "/more/b", "/more/c", "/more/z", "/last/a", "/last/b", "/last/d"];
        let expected = [(4, 6), (2, 6), (6, 3), (3, 6), (8, 6), (6, 3), (2, 6), (11, 6), (10, 25)];
        assert_eq!(values(text, &pointers), expected);
        assert_eq!(keys(text, &["/use", "/more/a", "/last/d"]), [(4, 1), (2, 3), (10, 22)]);
    }

    #[test]
    fn the_last_of_duplicates_is_found() {
        assert_eq!(values("a: 1\na: 2\n", &["/a"]), [(2, 4)]);
    }

    #[test]
    fn line_ends_and_byte_order_mark() {
        assert_eq!(values("\u{feff}a: 1\r\nb:\r\n  c: 2\r\n", &["/a", "/b/c"]), [(1, 4), (3, 6)]);
        assert_eq!(keys("\u{feff}a: 1\r\nb:\r\n  c: 2\r\n", &["/a", "/b/c"]), [(1, 1), (3, 3)]);
    }

    #[test]
    fn documents_by_their_index() {
        let text = "# c\n---\r\na: 1\n---\n[\n---\n---\n\n  a: 2\n...\na: 3\n---\na: 4\n";
        let line = |document| {
            let found = locate(text, document, &[("/a", Part::Value)]);
            found.into_iter().flatten().map(|at| at.line).next()
        };
        let lines: Vec<_> = (0..7).map(line).collect();
        assert_eq!(lines, [Some(3), None, Some(7), Some(9), Some(11), Some(13), None]);
    }
}
