//! Putting a tree together, event by event.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use saphyr_parser::{Event, Marker, ScalarStyle, ScanError, Span as Marks, Tag};
use serde_json::Value;

use super::cursor::{Cursor, after_property};
use super::relax::Moved;
use super::tree::{Entry, Kind, Node, Tree, too_deep, too_large};
use super::{DEPTH, Position, Span, Unreadable, scalar};

/// A document under way.
pub(super) struct Builder<'t> {
    above: u32,
    moved: Moved,
    limit: usize,
    /// Finished nodes; the outermost comes last.
    nodes: Vec<Node>,
    open: Vec<Open>,
    /// The finished node of each anchor. One that is still open is missing, so that nothing can
    /// contain itself.
    anchors: HashMap<usize, usize>,
    /// The nodes that aliases stand for.
    shared: BTreeSet<usize>,
    /// Where the last event ended.
    before: Marker,
    cursor: Cursor<'t>,
}

/// A sequence or mapping whose end has not come yet.
struct Open {
    /// Its opening mark, where it has one.
    mark: Position,
    /// The byte where it begins, or its own anchor or tag.
    start: usize,
    anchor: usize,
    is_tagged: bool,
    held: Held,
}

enum Held {
    Items(Vec<usize>),
    Fields(Vec<Entry>, Option<Key>),
}

/// A key that waits for its value.
struct Key {
    name: String,
    at: Position,
    span: Span,
    merge: bool,
}

impl<'t> Builder<'t> {
    /// For a text that stands below so many lines of a larger one, and whose documents may hold
    /// so many nodes each.
    pub(super) fn new(text: &'t str, above: u32, moved: Moved, limit: usize) -> Self {
        Self {
            above,
            moved,
            limit,
            nodes: Vec::new(),
            open: Vec::new(),
            anchors: HashMap::new(),
            shared: BTreeSet::new(),
            before: Marker::new(0, 1, 0),
            cursor: Cursor::new(text),
        }
    }

    /// The document that ends here; the next one starts afresh.
    pub(super) fn finish(&mut self) -> Tree {
        self.anchors.clear();
        Tree::new(std::mem::take(&mut self.nodes), std::mem::take(&mut self.shared))
    }

    /// Takes the next event in.
    pub(super) fn take(&mut self, event: Event<'_>, marks: Marks) -> Result<(), Unreadable> {
        let taken = match event {
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), marks),
            Event::Alias(anchor) => self.alias(anchor, marks),
            Event::SequenceStart(anchor, tag) => self.open(marks, anchor, tag.is_some(), Held::Items(Vec::new())),
            Event::MappingStart(anchor, tag) => self.open(marks, anchor, tag.is_some(), Held::Fields(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => self.close(marks),
            _ => Ok(()),
        };
        self.before = marks.end;
        taken
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        marks: Marks,
    ) -> Result<(), Unreadable> {
        let (at, span) = self.scalar_at(&text, style, marks);
        let wrong = |reason| Unreadable { at, reason };
        if !self.expects_key() {
            let value = scalar::value(text, style, tag).map_err(wrong)?;
            return self.add(Node { at, span, is_flow: false, is_tagged: tag.is_some(), kind: Kind::Scalar(value) }, anchor);
        }
        let merge = scalar::is_merge(&text, style, tag);
        let name = scalar::key(text, style, tag).map_err(wrong)?;
        if anchor != 0 {
            self.anchors.insert(anchor, self.nodes.len());
            let kind = Kind::Scalar(Value::String(name.clone()));
            self.nodes.push(Node { at, span, is_flow: false, is_tagged: tag.is_some(), kind });
        }
        self.await_value(Key { name, at, span, merge });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, marks: Marks) -> Result<(), Unreadable> {
        let at = self.position(marks.start);
        let span = self.span(marks);
        let wrong = |reason: &str| Unreadable { at, reason: reason.to_owned() };
        let Some(target) = self.anchors.get(&anchor).copied() else {
            return Err(wrong("the alias stands for nothing in this document, or contains itself"));
        };
        self.shared.insert(target);
        if !self.expects_key() {
            return self.add(Node { at, span, is_flow: false, is_tagged: false, kind: Kind::Alias(target) }, 0);
        }
        let name = match self.nodes.get(target).map(|node| &node.kind) {
            Some(Kind::Scalar(Value::String(name))) => name.clone(),
            Some(Kind::Scalar(value @ (Value::Bool(_) | Value::Number(_)))) => value.to_string(),
            _ => return Err(wrong("the alias cannot be a mapping key")),
        };
        self.await_value(Key { name, at, span, merge: false });
        Ok(())
    }

    fn open(&mut self, marks: Marks, anchor: usize, is_tagged: bool, held: Held) -> Result<(), Unreadable> {
        let (mark, start) = self.mark(marks, anchor != 0 || is_tagged);
        if self.expects_key() {
            let reason = "a mapping or list cannot be a mapping key (is this an unrendered template?)";
            return Err(Unreadable { at: mark, reason: reason.to_owned() });
        }
        if self.open.len() >= DEPTH {
            return Err(too_deep(mark));
        }
        self.open.push(Open { mark, start, anchor, is_tagged, held });
        Ok(())
    }

    fn close(&mut self, marks: Marks) -> Result<(), Unreadable> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let (first, kind) = match open.held {
            Held::Items(items) => {
                let first = items.first().and_then(|item| self.nodes.get(*item));
                (first.map(|node| (node.at, open.start)), Kind::Sequence(items))
            }
            Held::Fields(entries, _) => {
                // Without an anchor or a tag of its own it begins with those of its first key, or with a question mark.
                let is_adorned = open.anchor != 0 || open.is_tagged;
                let start = |entry: &Entry| if is_adorned { entry.span.start } else { open.start };
                (entries.first().map(|entry| (entry.at, start(entry))), Kind::Mapping(entries))
            }
        };
        // Only flow style has a closing mark.
        let is_block = marks.is_empty();
        let (at, start) = first.filter(|_| is_block).unwrap_or((open.mark, open.start));
        let end = if is_block {
            self.end(&kind).unwrap_or(start)
        } else {
            // The parser tells the last comma of a mapping instead of its bracket, where there is one.
            self.find(marks.start, usize::MAX, ['}', ']']).map_or(start, |(_, bracket)| bracket + 1)
        };
        let span = Span::new(start, end);
        self.add(Node { at, span, is_flow: !is_block, is_tagged: open.is_tagged, kind }, open.anchor)
    }

    /// Where the last thing in a sequence or mapping ends.
    fn end(&self, kind: &Kind) -> Option<usize> {
        let last = match kind {
            Kind::Sequence(items) => items.last(),
            Kind::Mapping(entries) => entries.last().map(|entry| &entry.value),
            Kind::Scalar(_) | Kind::Alias(_) => None,
        };
        self.nodes.get(*last?).map(|node| node.span.end)
    }

    /// Puts a finished value where it belongs.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Unreadable> {
        let number = self.nodes.len();
        if number >= self.limit {
            return Err(too_large(node.at));
        }
        self.nodes.push(node);
        if anchor != 0 {
            self.anchors.insert(anchor, number);
        }
        let key = match self.open.last_mut().map(|open| &mut open.held) {
            Some(Held::Items(items)) => {
                items.push(number);
                return Ok(());
            }
            Some(Held::Fields(_, key)) => key.take(),
            None => None,
        };
        let Some(Key { name, at, span, merge }) = key else {
            return Ok(());
        };
        if merge && !self.can_merge(number) {
            let reason = "`<<` wants a mapping or a list of mappings".to_owned();
            return Err(Unreadable { at, reason });
        }
        if let Some(Held::Fields(entries, _)) = self.open.last_mut().map(|open| &mut open.held) {
            entries.push(Entry { key: name, at, span, value: number, merge });
        }
        Ok(())
    }

    /// Whether fields can be taken from a node.
    fn can_merge(&self, number: usize) -> bool {
        let is_mapping = |number: usize| match self.nodes.get(number).map(|node| &node.kind) {
            Some(Kind::Alias(target)) => {
                matches!(self.nodes.get(*target).map(|node| &node.kind), Some(Kind::Mapping(_)))
            }
            Some(Kind::Mapping(_)) => true,
            _ => false,
        };
        match self.nodes.get(number).map(|node| &node.kind) {
            Some(Kind::Sequence(items)) => items.iter().all(|item| is_mapping(*item)),
            _ => is_mapping(number),
        }
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { held: Held::Fields(_, None), .. }))
    }

    fn await_value(&mut self, key: Key) {
        if let Some(Held::Fields(_, waiting)) = self.open.last_mut().map(|open| &mut open.held) {
            *waiting = Some(key);
        }
    }

    /// Where a reader would look for a scalar, and its bytes.
    fn scalar_at(&mut self, text: &str, style: ScalarStyle, marks: Marks) -> (Position, Span) {
        let at = self.position(marks.start);
        let span = self.span(marks);
        match style {
            // The parser tells only where its text begins.
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let (at, start) = self.find(self.before, usize::MAX, ['|', '>']).unwrap_or((at, span.start));
                (at, Span::new(start, self.cursor.trimmed(start, span.end)))
            }
            ScalarStyle::Plain if text.is_empty() => {
                // Nothing is written, so what asks for it is shown: the key, or the dash.
                let end = self.cursor.byte(self.before.index());
                match self.open.last().map(|open| &open.held) {
                    Some(Held::Fields(_, Some(key))) => {
                        let end = self.cursor.after_colon(key.span.end);
                        (key.at, Span::new(end, end))
                    }
                    Some(Held::Items(_)) => {
                        (Position { column: at.column.saturating_sub(1).max(1), ..at }, Span::new(span.start, span.start))
                    }
                    _ => (at, Span::new(end, end)),
                }
            }
            _ => {
                let start = self.cursor.unadorned(span);
                let is_quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
                (at, Span::new(start, if is_quoted { self.cursor.end_of_quotes(start, span.end) } else { span.end }))
            }
        }
    }

    /// The bracket that opens a sequence or mapping in flow style, and where either begins; the parser counts tag and
    /// anchor in.
    fn mark(&mut self, marks: Marks, adorned: bool) -> (Position, usize) {
        let found = if adorned { self.find(marks.start, marks.len(), ['[', '{']) } else { None };
        found.unwrap_or_else(|| {
            let span = self.span(marks);
            let start = if adorned { self.cursor.unadorned(span) } else { span.start };
            (self.position(marks.start), start)
        })
    }

    /// The first of two characters between a place and so many characters further; comments, anchors and tags are left out.
    fn find(&mut self, from: Marker, width: usize, wanted: [char; 2]) -> Option<(Position, usize)> {
        let start = self.cursor.byte(from.index());
        let mut at = self.position(from);
        let (mut comment, mut passed) = (false, 0);
        let text = self.cursor.text.get(start..)?;
        for (offset, character) in text.char_indices().take(width) {
            match character {
                '\n' => {
                    at = Position { line: at.line.saturating_add(1), column: 1 };
                    comment = false;
                    continue;
                }
                _ if offset < passed => {}
                '#' => comment = true,
                '&' | '!' if !comment => passed = text.len() - after_property(text.get(offset..)?).len(),
                found if !comment && wanted.contains(&found) => return Some((at, start + offset)),
                _ => {}
            }
            at.column = at.column.saturating_add(1);
        }
        None
    }

    fn span(&mut self, marks: Marks) -> Span {
        Span::new(self.cursor.byte(marks.start.index()), self.cursor.byte(marks.end.index()))
    }

    fn position(&self, marker: Marker) -> Position {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Position {
            line: self.above.saturating_add(number(marker.line()).max(1)),
            column: number(self.moved.back(marker.line(), marker.col())).saturating_add(1),
        }
    }

    /// A complaint of the parser.
    pub(super) fn unreadable(&self, error: &ScanError) -> Unreadable {
        Unreadable { at: self.position(*error.marker()), reason: error.info().to_owned() }
    }
}
