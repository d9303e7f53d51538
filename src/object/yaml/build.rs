//! Putting a tree together, event by event.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Marker, ScalarStyle, ScanError, Span, Tag};
use serde_json::Value;

use super::relax::Moved;
use super::tree::{Entry, Kind, Node, Tree, too_deep, too_large};
use super::{DEPTH, Position, Unreadable, scalar};

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
    /// Where the last event ended.
    before: Marker,
    /// The text not yet passed, and how many characters were. The parser counts characters, and
    /// going on from the last stop keeps the search for them short.
    rest: &'t str,
    passed: usize,
}

/// A sequence or mapping whose end has not come yet.
struct Open {
    /// Its opening mark, where it has one.
    mark: Position,
    anchor: usize,
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
            before: Marker::new(0, 1, 0),
            rest: text,
            passed: 0,
        }
    }

    /// The document that ends here; the next one starts afresh.
    pub(super) fn finish(&mut self) -> Tree {
        self.anchors.clear();
        Tree::new(std::mem::take(&mut self.nodes))
    }

    /// Takes the next event in.
    pub(super) fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Unreadable> {
        let taken = match event {
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::SequenceStart(anchor, tag) => {
                let mark = self.mark(span, anchor != 0 || tag.is_some());
                self.open(mark, anchor, Held::Items(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                let mark = self.mark(span, anchor != 0 || tag.is_some());
                self.open(mark, anchor, Held::Fields(Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            _ => Ok(()),
        };
        self.before = span.end;
        taken
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Unreadable> {
        let at = self.scalar_at(&text, style, span);
        let wrong = |reason| Unreadable { at, reason };
        if !self.expects_key() {
            let value = scalar::value(text, style, tag).map_err(wrong)?;
            return self.add(Node { at, kind: Kind::Scalar(value) }, anchor);
        }
        let merge = scalar::is_merge(&text, style, tag);
        let name = scalar::key(text, style, tag).map_err(wrong)?;
        if anchor != 0 {
            self.anchors.insert(anchor, self.nodes.len());
            self.nodes.push(Node { at, kind: Kind::Scalar(Value::String(name.clone())) });
        }
        self.await_value(Key { name, at, merge });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Unreadable> {
        let at = self.position(span.start);
        let wrong = |reason: &str| Unreadable { at, reason: reason.to_owned() };
        let Some(target) = self.anchors.get(&anchor).copied() else {
            return Err(wrong("the alias stands for nothing in this document, or contains itself"));
        };
        if !self.expects_key() {
            return self.add(Node { at, kind: Kind::Alias(target) }, 0);
        }
        let name = match self.nodes.get(target).map(|node| &node.kind) {
            Some(Kind::Scalar(Value::String(name))) => name.clone(),
            Some(Kind::Scalar(value @ (Value::Bool(_) | Value::Number(_)))) => value.to_string(),
            _ => return Err(wrong("the alias cannot be a mapping key")),
        };
        self.await_value(Key { name, at, merge: false });
        Ok(())
    }

    fn open(&mut self, mark: Position, anchor: usize, held: Held) -> Result<(), Unreadable> {
        if self.expects_key() {
            let reason = "a mapping or list cannot be a mapping key (is this an unrendered template?)";
            return Err(Unreadable { at: mark, reason: reason.to_owned() });
        }
        if self.open.len() >= DEPTH {
            return Err(too_deep(mark));
        }
        self.open.push(Open { mark, anchor, held });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Unreadable> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let (first, kind) = match open.held {
            Held::Items(items) => {
                let first = items.first().and_then(|item| self.nodes.get(*item)).map(|node| node.at);
                (first, Kind::Sequence(items))
            }
            Held::Fields(entries, _) => (entries.first().map(|entry| entry.at), Kind::Mapping(entries)),
        };
        // Only flow style has a closing mark.
        let at = first.filter(|_| end.is_empty()).unwrap_or(open.mark);
        self.add(Node { at, kind }, open.anchor)
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
        let Some(Key { name, at, merge }) = key else {
            return Ok(());
        };
        if merge && !self.can_merge(number) {
            let reason = "`<<` wants a mapping or a list of mappings".to_owned();
            return Err(Unreadable { at, reason });
        }
        if let Some(Held::Fields(entries, _)) = self.open.last_mut().map(|open| &mut open.held) {
            entries.push(Entry { key: name, at, value: number, merge });
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

    /// Where a reader would look for a scalar.
    fn scalar_at(&mut self, text: &str, style: ScalarStyle, span: Span) -> Position {
        let at = self.position(span.start);
        match style {
            // The parser tells only where its text begins.
            ScalarStyle::Literal | ScalarStyle::Folded => self.find(self.before, usize::MAX, ['|', '>']).unwrap_or(at),
            ScalarStyle::Plain if text.is_empty() => {
                match self.open.last().map(|open| &open.held) {
                    // Nothing is written, so what asks for it is shown: the key, or the dash.
                    Some(Held::Fields(_, Some(key))) => key.at,
                    Some(Held::Items(_)) => Position { column: at.column.saturating_sub(1).max(1), ..at },
                    _ => at,
                }
            }
            _ => at,
        }
    }

    /// The bracket that opens a sequence or mapping in flow style; the parser counts tag and
    /// anchor in.
    fn mark(&mut self, span: Span, adorned: bool) -> Position {
        let found = if adorned { self.find(span.start, span.len(), ['[', '{']) } else { None };
        found.unwrap_or_else(|| self.position(span.start))
    }

    /// The first of two characters between a place and so many characters further, comments left
    /// out. Places must be asked for in their order.
    fn find(&mut self, from: Marker, width: usize, wanted: [char; 2]) -> Option<Position> {
        let ahead = from.index().checked_sub(self.passed)?;
        let skipped = self.rest.char_indices().nth(ahead)?.0;
        self.rest = self.rest.get(skipped..)?;
        self.passed += ahead;
        let mut at = self.position(from);
        let mut comment = false;
        for character in self.rest.chars().take(width) {
            match character {
                '\n' => {
                    at = Position { line: at.line.saturating_add(1), column: 1 };
                    comment = false;
                    continue;
                }
                '#' => comment = true,
                found if !comment && wanted.contains(&found) => return Some(at),
                _ => {}
            }
            at.column = at.column.saturating_add(1);
        }
        None
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
