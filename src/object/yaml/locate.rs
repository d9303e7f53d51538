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
            Some(parsed) => pointers.iter().map(|(pointer, part)| find(&parsed.tree, pointer, *part)).collect(),
            None => vec![None; pointers.len()],
        }
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

fn find(tree: &Tree, pointer: &str, part: Part) -> Option<Position> {
    let way = follow(tree, pointer);
    match (part, way.found.key) {
        (Part::Key, Some((key, _))) => Some(key),
        (Part::Value, Some((key, _))) if !way.is_whole => Some(key),
        _ => tree.node(way.found.node).map(|node| node.at),
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
    fn absent_fields_get_the_name_of_their_nearest_ancestor() {
        let pointers = ["/spec/nope", "/spec/nope/x/y", "/spec/list/7", "/spec/list/0/z", "/kind/x", "/nope", "spec"];
        let expected = [(3, 1), (3, 1), (4, 3), (5, 5), (2, 1), (2, 1), (2, 1)];
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
        let expected = [(1, 4), (1, 8), (1, 9), (1, 12), (1, 16), (1, 24), (2, 4), (2, 1), (3, 13), (4, 4), (5, 5)];
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
        let expected = [(4, 6), (2, 6), (6, 3), (3, 6), (8, 6), (5, 1), (2, 6), (11, 6), (10, 25)];
        assert_eq!(values(text, &pointers), expected);
        assert_eq!(keys(text, &["/use", "/more/a", "/last/d"]), [(4, 1), (2, 3), (10, 22)]);
    }

    /// What stands in the text for the name of a field, its value, and all within it.
    fn written<'t>(text: &'t str, pointer: &str) -> (&'t str, &'t str, &'t str) {
        let place = Locator::new(text).place(0, pointer).unwrap_or_else(|| panic!("{pointer} is not in {text:?}"));
        let of = |span: Option<Span>| span.map_or("", |span| span.of(text));
        (of(place.key), of(Some(place.value)), of(place.inner))
    }

    #[test]
    fn bytes_of_values_and_keys() {
        let text = "\u{feff}# ü\r\n'ä': \"ß\" # ö\r\nb:\r\n- c: |\r\n    1\r\n\r\n    ü\r\n\r\n  # e\r\n  d: {e: [ 1, f g ], }\r\n-  h\r\n   i\r\nj: &k !!str 5\r\nl: &m\r\n  s: x # y\r\no: *m\r\np:\r\nq:\r\n  - ~\r\n";
        for (pointer, key, value, inner) in [
            ("/ä", "'ä'", "\"ß\"", ""),
            ("/b/0", "", "c: |\r\n    1\r\n\r\n    ü\r\n\r\n  # e\r\n  d: {e: [ 1, f g ], }", "same"),
            ("/b/0/c", "c", "|\r\n    1\r\n\r\n    ü", ""),
            ("/b/0/d", "d", "{e: [ 1, f g ], }", "e: [ 1, f g ]"),
            ("/b/0/d/e", "e", "[ 1, f g ]", "1, f g"),
            ("/b/0/d/e/1", "", "f g", ""),
            ("/b/1", "", "h\r\n   i", ""),
            ("/j", "j", "5", ""),
            ("/l", "l", "s: x", "same"),
            ("/l/s", "s", "x", ""),
            ("/o", "o", "*m", ""),
            ("/p", "p", "", ""),
            ("/q", "q", "- ~", "~"),
            ("/q/0", "", "~", ""),
        ] {
            let inner = if inner == "same" { value } else { inner };
            let found = written(text, pointer);
            assert_eq!((found.0, found.1.trim_end()), (key, value.trim_end()), "{pointer}");
            assert_eq!(found.2.trim_end(), inner.trim_end(), "{pointer}");
        }
        let place = |pointer| Locator::new(text).place(0, pointer);
        assert_eq!(place("/p").unwrap().value.start, text.find("p:").unwrap() + 2);
        assert_eq!((place("/b/7"), place("/z")), (None, None));
        let shared = |pointer| place(pointer).unwrap().is_shared;
        assert!(shared("/l") && shared("/l/s") && shared("/o") && shared("/o/s") && !shared("/b/0/d"));
        let flow = |pointer| place(pointer).unwrap().is_flow;
        assert!(flow("/b/0/d") && flow("/b/0/d/e/1") && !flow("/b/0/c") && !flow("/b/0"));
    }

    #[test]
    fn bytes_in_later_documents_and_odd_layouts() {
        let text = "# ü\n---\na: 1\n---\nb: ü\nc:\n  <<: {d: 1}\n  e: 2\n---\nf: {\ng: 1}\n";
        let place = |document, pointer| Locator::new(text).place(document, pointer).unwrap();
        assert_eq!(place(1, "/b").value.of(text), "ü");
        assert!(place(1, "/c/d").is_shared && !place(1, "/c/e").is_shared);
        assert!(place(2, "/f/g").is_relaxed && !place(1, "/b").is_relaxed);
        let json = "{\n\t\"a\": [\n\t\t{\"b\": \"\\ud83d\\ude00\", \"c\": 1}\n\t]\n}\n";
        assert_eq!(written(json, "/a/0/b"), ("\"b\"", "\"\\ud83d\\ude00\"", ""));
        assert_eq!(written(json, "/a/0").2, "\"b\": \"\\ud83d\\ude00\", \"c\": 1");
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
