//! Kubernetes manifests as text: YAML or JSON in, values out, and the way back from a field to
//! its line and column.
//!
//! Scalars mean what they mean to kubectl (YAML 1.1 as `sigs.k8s.io/yaml` reads it), because a
//! value judged differently here than in the cluster would be worth nothing. A part that cannot
//! be read never costs the parts around it.

mod build;
mod cursor;
mod decode;
mod events;
mod locate;
mod number;
mod relax;
mod scalar;
mod split;
mod tree;

pub use decode::{Encoding, decode, encode};
pub use locate::{Locator, Part, Place, locate};

use serde_json::Value;

use split::Surrogates;
use tree::{Budget, Tree};

/// Nodes that may come out of one text, aliases expanded.
const NODES: usize = 1_000_000;
/// How deep values may nest, merged mappings included.
const DEPTH: usize = 100;
/// Broken parts told one by one; a file that is not YAML at all should not flood the report.
const UNREADABLE: usize = 10;

/// Where something stands in a text, both from 1; columns count characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The character within the line.
    pub column: u32,
}

/// A stretch of a text, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where what follows begins.
    pub end: usize,
}

impl Span {
    /// From a byte up to another.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// What stands there.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// The same stretch in a text that has so many bytes more before it.
    fn below(self, bytes: usize) -> Self {
        Self { start: self.start + bytes, end: self.end + bytes }
    }
}

/// One document of a stream.
#[derive(Clone, PartialEq, Debug)]
pub struct Document {
    /// What the document says.
    pub value: Value,
    /// Which document of the stream it is, from 0; empty and broken ones count.
    pub index: usize,
    /// Where its first key, item or scalar stands.
    pub start: Position,
    /// Keys written again in the same mapping: where the later one stands, and its name. The
    /// last one wins.
    pub duplicates: Vec<(Position, String)>,
    /// Whether kubectl drops it without a word: of what stands between two `---` it takes the first document.
    pub is_dropped: bool,
}

/// Why a text (or the rest of it) could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable {
    /// Where reading stopped.
    pub at: Position,
    /// What stood in the way.
    pub reason: String,
}

/// Reads all documents of a text.
///
/// Parts are divided by lines that begin with `---`; each one that cannot be read gives one
/// [`Unreadable`], and reading goes on with the next. A long run of broken parts is summed up in
/// the last one told.
#[must_use]
pub fn read(text: &str) -> (Vec<Document>, Vec<Unreadable>) {
    read_kinds(text, |_| true)
}

/// The same without the documents of kinds that nobody wants, which are not even parsed where their kind shows at a glance.
#[must_use]
pub fn read_kinds(text: &str, is_wanted: impl Fn(&str) -> bool) -> (Vec<Document>, Vec<Unreadable>) {
    let mut documents = Vec::new();
    let mut unreadable = Vec::new();
    let mut untold = 0_usize;
    let mut budget = Budget::new(NODES);
    let mut index = 0;
    let mut tell = |reason: Unreadable| match unreadable.len() {
        ..UNREADABLE => unreadable.push(reason),
        _ => untold += 1,
    };
    for section in split::sections(text) {
        if section.is_unwanted(&is_wanted) {
            index += 1;
            continue;
        }
        let (mut trees, broken) = events::trees(&section, Surrogates::Decode, budget.left());
        // What can only be one document is broken as a whole, wherever in it the fault stands.
        if broken.is_some() && section.count() == Some(1) {
            trees.clear();
        }
        let count = section.count().unwrap_or(trees.len() + usize::from(broken.is_some()));
        for (offset, tree) in trees.iter().enumerate() {
            match document(tree, index + offset, &mut budget) {
                Ok(found) => documents.extend(found.map(|found| Document { is_dropped: offset > 0, ..found })),
                Err(reason) => tell(reason),
            }
        }
        if let Some(reason) = broken {
            tell(section.explained(reason));
        }
        index += count;
    }
    if let (Some(last), true) = (unreadable.last_mut(), untold > 0) {
        last.reason = format!("{} (and {untold} more broken parts after this one)", last.reason);
    }
    (documents, unreadable)
}

/// The text with only its line breaks where [`read_kinds`] parses nothing: every place of the others is the same, in much less
/// memory. None where that would be the same text.
#[must_use]
pub fn without_kinds(text: &str, is_wanted: impl Fn(&str) -> bool) -> Option<String> {
    split::without(text, is_wanted)
}

/// A stretch of a text that can be read without what stands around it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Its bytes.
    pub span: Span,
    /// Which document of the text is its first.
    pub first: usize,
}

/// The stretches of a text, in their order: each a document of its own as long as that shows without parsing them.
#[must_use]
pub fn stretches(text: &str) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for (first, section) in split::sections(text).into_iter().enumerate() {
        let is_one = section.count() == Some(1);
        let end = if is_one { section.before + section.text.len() } else { text.len() };
        stretches.push(Stretch { span: Span::new(section.before, end), first });
        if !is_one {
            break;
        }
    }
    stretches
}

/// The document a tree stands for; none where it is empty.
fn document(tree: &Tree, index: usize, budget: &mut Budget) -> Result<Option<Document>, Unreadable> {
    let mut duplicates = Vec::new();
    let value = tree.value(budget, &mut duplicates)?;
    if value.is_null() {
        return Ok(None);
    }
    let start = tree.start();
    Ok(Some(Document { value, index, start, duplicates, is_dropped: false }))
}

#[cfg(test)]
#[expect(clippy::format_push_string, reason = "texts for tests")]
mod tests {
    use serde_json::json;

    use super::*;

    /// The only document of a text without faults.
    fn one(text: &str) -> Document {
        let (mut documents, unreadable) = read(text);
        assert_eq!(unreadable, [], "{text:?}");
        assert_eq!(documents.len(), 1, "{text:?}");
        documents.remove(0)
    }

    fn reason(text: &str) -> (u32, u32, String) {
        let (documents, mut unreadable) = read(text);
        assert_eq!(documents, [], "{text:?}");
        assert_eq!(unreadable.len(), 1, "{text:?}");
        let told = unreadable.remove(0);
        (told.at.line, told.at.column, told.reason)
    }

    #[test]
    fn documents_are_counted_even_when_empty() {
        let (documents, unreadable) = read("# first\n---\na: 1\n---\n# nothing\n---\n---\nb: 2\n...\nc: 3\n---\n");
        let found: Vec<_> = documents.iter().map(|document| (document.index, document.start.line)).collect();
        assert_eq!(found, [(0, 3), (3, 8), (4, 10)]);
        assert_eq!(unreadable, []);
    }

    #[test]
    fn json_values_follow_one_another_and_marks_come_along_with_files_that_were_joined() {
        let text = "{\"a\": 1}\n  {\"b\":\n 2}\n\n{\"c\": \"}\\n{\"}\n";
        let (documents, unreadable) = read(text);
        assert_eq!(unreadable, []);
        let found: Vec<_> = documents.iter().map(|own| (own.index, own.start.line, own.value.clone())).collect();
        assert_eq!(found, [(0, 1, json!({"a": 1})), (1, 2, json!({"b": 2})), (2, 5, json!({"c": "}\n{"}))]);
        let at = |document, pointer| locate(text, document, &[(pointer, Part::Value)])[0].map(|at| (at.line, at.column));
        assert_eq!((at(1, "/b"), at(2, "/c")), (Some((3, 2)), Some((5, 7))));
        // Only where a file begins with it, and kubectl takes it for JSON.
        assert_eq!(reason("---\n{\"a\": 1}\n{\"b\": 2}\n").0, 3);
        let marked = "a: 1\n---\n\u{feff}b: 2\n--- # c\n\u{feff}c: 3\n";
        let (documents, unreadable) = read(marked);
        assert_eq!((documents.len(), unreadable), (3, Vec::new()));
        assert_eq!(locate(marked, 2, &[("/c", Part::Value)])[0], Some(Position { line: 5, column: 4 }));
        assert_eq!(Locator::new(marked).place(1, "/b").unwrap().value.of(marked), "2");
    }

    #[test]
    fn of_what_stands_between_two_markers_the_first_document_is_taken() {
        let (documents, _) = read("a: 1\n...\nb: 2\n---\nc: 3\n");
        let dropped: Vec<bool> = documents.iter().map(|document| document.is_dropped).collect();
        assert_eq!(dropped, [false, true, false]);
    }

    #[test]
    fn nothing_in_nothing_out() {
        for text in ["", "\n", "# only\n", "---\n", "---\n---\n", "\u{feff}", "...\n"] {
            assert_eq!(read(text), (Vec::new(), Vec::new()), "{text:?}");
        }
    }

    #[test]
    fn a_broken_part_costs_nothing_around_it() {
        let (documents, unreadable) = read("a: 1\n---\nb: [\n---\nc: 3\n---\nd: e: f\n---\ng: 7\n");
        let found: Vec<_> = documents.iter().map(|document| (document.index, document.value.clone())).collect();
        assert_eq!(found, [(0, json!({"a": 1})), (2, json!({"c": 3})), (4, json!({"g": 7}))]);
        let lines: Vec<_> = unreadable.iter().map(|told| told.at.line).collect();
        assert_eq!(lines, [4, 7]);
    }

    #[test]
    fn what_nobody_wants_leaves_its_lines() {
        let is_wanted = |kind: &str| kind == "Pod";
        let text = "# a\nb: 1\nkind: X\nc:\n  d: 1\n---\nkind: Pod\n--- # e\n\nkind: Y\nf: 2\n---\nx: 1\nkind: Pod\ng: 3\n";
        let reduced = without_kinds(text, is_wanted).unwrap();
        assert_eq!(reduced, "\n\nkind: X\n\n\n---\nkind: Pod\n--- # e\n\nkind: Y\n\n---\nx: 1\nkind: Pod\ng: 3\n");
        assert_eq!(read_kinds(&reduced, is_wanted), read_kinds(text, is_wanted));
        assert_eq!(without_kinds(&text.replace(['X', 'Y'], "Pod"), is_wanted), None);
    }

    #[test]
    fn a_run_of_broken_parts_is_summed_up() {
        let (documents, unreadable) = read(&("---\n[\n".repeat(40) + "---\na: 1\n"));
        assert_eq!(documents.first().map(|document| document.index), Some(40));
        assert_eq!(unreadable.len(), UNREADABLE);
        assert!(unreadable.last().unwrap().reason.ends_with("(and 30 more broken parts after this one)"));
    }

    #[test]
    fn what_is_no_yaml() {
        assert_eq!(reason("a: \0b\n").2, "control character U+0000 is not allowed");
        let (line, column, _) = reason("ä: 1\r\nbé: \u{1}\r\n");
        assert_eq!((line, column), (2, 5));
        for text in ["a: b: c\n", "a: @b\n", "- a\nb: c\n", "{{- if x }}\na: b\n", "a: \"b\n", "a: *b\n", "a: &a [*a]\n"] {
            assert!(!read(text).1.is_empty(), "{text:?}");
        }
        assert!(reason("a: {{ .Values.x }}\n").2.contains("template"));
        assert!(reason("<<: 1\n").2.contains("<<"));
        assert!(reason("a: !!int x\n").2.contains("!!int"));
    }

    #[test]
    fn duplicates_are_noted_and_the_last_wins() {
        let document = one("a: 1\nb:\n  c: 1\n  c: 2\n'a': 3\n");
        assert_eq!(document.value, json!({"a": 3, "b": {"c": 2}}));
        let at = |line, column| Position { line, column };
        assert_eq!(document.duplicates, [(at(4, 3), "c".to_owned()), (at(5, 1), "a".to_owned())]);
    }

    #[test]
    fn aliases_and_merges() {
        let document = one("a: &a {x: 1, z: [2]}\nb: *a\nc:\n  <<: *a\n  x: 3\nd:\n  x: 3\n  <<: *a\nk: 1\n");
        assert_eq!(
            document.value,
            json!({"a": {"x": 1, "z": [2]}, "b": {"x": 1, "z": [2]}, "c": {"x": 3, "z": [2]}, "d": {"x": 1, "z": [2]}, "k": 1})
        );
        assert_eq!(document.duplicates, []);
        assert_eq!(one("<<: [{a: 1}, {a: 2, b: 3}]\n").value, json!({"a": 1, "b": 3}));
        assert_eq!(one("\"<<\": {a: 1}\n").value, json!({"<<": {"a": 1}}));
        assert_eq!(one("- &a b\n- {*a : c}\n").value, json!(["b", {"b": "c"}]));
        assert!(!read("a: &a 1\n---\nb: *a\n").1.is_empty());
    }

    #[test]
    fn expansion_is_bounded() {
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        let mut merges = "a0: &a0 {x: 1}\n".to_owned();
        let mut chain = merges.clone();
        for level in 1..2000 {
            let before = level - 1;
            if level < 60 {
                laughs += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{before}"); 10].join(", "));
                merges += &format!("a{level}: &a{level} {{<<: [*a{before}, *a{before}]}}\n");
            }
            chain += &format!("a{level}: &a{level} {{<<: *a{before}}}\n");
        }
        let long = format!("- &a {}\n{}", "x".repeat(1 << 20), "- *a\n".repeat(1000));
        assert!(reason(&laughs).2.contains("more than"));
        assert!(reason(&merges).2.contains("more than"));
        assert!(reason(&long).2.contains("more than"));
        assert!(reason(&chain).2.contains("deep"));
        // A pointer costs no expansion.
        let absent = locate(&merges, 0, &[("/a59/x/y", Part::Value), ("/a59/z", Part::Value)]);
        assert!(absent.iter().all(Option::is_some));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        one(&nested(DEPTH));
        for text in [nested(DEPTH + 1), "[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
            reason(&text);
        }
    }

    #[test]
    fn text_in_blocks_and_quotes() {
        let document = one("a: |\n  x\n   y\n\nb: >-\n  x\n  y\nc: |+\n  x\n\nd: \"\\u00e9\\n\"\ne: 'it''s'\n");
        let expected = json!({"a": "x\n y\n", "b": "x y", "c": "x\n\n", "d": "é\n", "e": "it's"});
        assert_eq!(document.value, expected);
        assert_eq!(one("\u{feff}a: |\r\n  x\r\n  y\r\nb: c\r\n").value, json!({"a": "x\ny\n", "b": "c"}));
    }

    #[test]
    fn json_is_read() {
        let text = "{\n\t\"a\": [1, 1.5, true, null, \"\\/\\ud83d\\ude00\\\\ud83d\"],\n\t\"b\": \"\\ud83d\"\n}\n";
        let expected = json!({"a": [1, 1.5, true, null, "/😀\\ud83d"], "b": "\u{fffd}"});
        assert_eq!(one(text).value, expected);
    }

    #[test]
    fn layout_within_brackets_and_quotes_is_free() {
        let same = json!({"k": {"a": ["b", "c # d"], "e": "x y"}, "z": 1});
        for text in [
            "k:\n  a: [\n  b,\n'c # d' # ]\n]\n  e:\t\"x\n y\"\nz: 1\n",
            "k:\n  a: [\n\tb,\n\n\t'c # d']\n  e: 'x\ny'\nz: 1\n",
            "k:\n  a:\n  - b\n  - >-\n    c # d\n  e: {\n  }\n  e: x\n    y\nz:\t 1\n",
        ] {
            assert_eq!(one(text).value, same, "{text:?}");
        }
        let text = "- |\n [\n- k:\n    a: {\n  b: [\n1, 2]}\n    c: d\n";
        let found = locate(text, 0, &[("/1/k/a/b/1", Part::Value), ("/1/k/a/b", Part::Key), ("/1/k/c", Part::Value)]);
        let at = |line, column| Some(Position { line, column });
        assert_eq!(found, [at(6, 4), at(5, 3), at(7, 8)]);
        // What is broken for another reason is still told.
        let (line, column, _) = reason("a:\tb\nc: d: e\n");
        assert_eq!((line, column), (2, 5));
    }
}
