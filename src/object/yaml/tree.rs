//! A document as it is written: nodes with their positions, aliases not yet expanded.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{DEPTH, NODES, Position, Span, Unreadable};

/// A document with all that stands in it.
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// The nodes that aliases stand for.
    shared: BTreeSet<usize>,
    /// Whether the text was moved before it could be read, so that bytes are not those of the text as written.
    pub is_relaxed: bool,
}

/// One value as written.
pub(super) struct Node {
    pub at: Position,
    /// Its bytes, anchor and tag left out.
    pub span: Span,
    /// Whether it stands within brackets of its own.
    pub is_flow: bool,
    /// Whether a tag says what it is.
    pub is_tagged: bool,
    pub kind: Kind,
}

/// What a node is; other nodes are named by their number.
pub(super) enum Kind {
    Scalar(Value),
    Sequence(Vec<usize>),
    Mapping(Vec<Entry>),
    Alias(usize),
}

/// One field of a mapping.
pub(super) struct Entry {
    pub key: String,
    pub at: Position,
    /// The bytes of the key.
    pub span: Span,
    pub value: usize,
    /// Whether this is `<<`, which stands for the fields of its value.
    pub merge: bool,
}

/// What the values of one text may still cost.
///
/// A node costs one. Text that an alias repeats costs one for every 64 bytes besides, because a
/// long string repeated often fills memory just as well.
pub(super) struct Budget {
    left: usize,
}

impl Budget {
    pub(super) fn new(left: usize) -> Self {
        Self { left }
    }

    pub(super) fn left(&self) -> usize {
        self.left
    }

    fn spend(&mut self, cost: usize, at: Position) -> Result<(), Unreadable> {
        self.left = self.left.checked_sub(cost).ok_or_else(|| too_large(at))?;
        Ok(())
    }
}

pub(super) fn too_large(at: Position) -> Unreadable {
    Unreadable { at, reason: format!("the text holds more than {NODES} values, aliases expanded") }
}

pub(super) fn too_deep(at: Position) -> Unreadable {
    Unreadable { at, reason: format!("values are nested more than {DEPTH} deep") }
}

impl Tree {
    /// A tree of these nodes, the outermost last.
    pub(super) fn new(nodes: Vec<Node>, shared: BTreeSet<usize>) -> Self {
        Self { nodes, shared, is_relaxed: false }
    }

    /// Whether an alias stands for that node.
    pub(super) fn is_shared(&self, number: usize) -> bool {
        self.shared.contains(&number)
    }

    /// Where the value of the document begins.
    pub(super) fn start(&self) -> Position {
        self.node(self.root()).map_or(Position { line: 1, column: 1 }, |node| node.at)
    }

    /// The number of the outermost node.
    pub(super) fn root(&self) -> usize {
        self.nodes.len().saturating_sub(1)
    }

    /// The node with that number.
    pub(super) fn node(&self, number: usize) -> Option<&Node> {
        self.nodes.get(number)
    }

    /// What an alias stands for, or the node itself.
    pub(super) fn target(&self, number: usize) -> usize {
        match self.node(number) {
            Some(Node { kind: Kind::Alias(target), .. }) => *target,
            _ => number,
        }
    }

    /// The value that the document stands for, aliases expanded.
    pub(super) fn value(&self, budget: &mut Budget, duplicates: &mut Vec<(Position, String)>) -> Result<Value, Unreadable> {
        let mut unfolding = Unfolding { tree: self, budget, duplicates, copying: 0 };
        unfolding.value(self.root(), 0)
    }
}

/// Making a value of a tree. Depth is bounded by [`DEPTH`], so this may call itself.
struct Unfolding<'u> {
    tree: &'u Tree,
    budget: &'u mut Budget,
    duplicates: &'u mut Vec<(Position, String)>,
    /// How many aliases are being followed right now.
    copying: usize,
}

impl Unfolding<'_> {
    fn value(&mut self, number: usize, depth: usize) -> Result<Value, Unreadable> {
        let tree = self.tree;
        let Some(node) = tree.node(number) else {
            return Ok(Value::Null);
        };
        self.budget.spend(1, node.at)?;
        match &node.kind {
            Kind::Scalar(value) => {
                self.spend_text(value.as_str().unwrap_or_default(), node.at)?;
                Ok(value.clone())
            }
            Kind::Alias(target) => {
                self.copying += 1;
                let value = self.value(*target, depth);
                self.copying -= 1;
                value
            }
            _ if depth >= DEPTH => Err(too_deep(node.at)),
            Kind::Sequence(items) => {
                let items = items.iter().map(|item| self.value(*item, depth + 1));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            Kind::Mapping(entries) => {
                let mut fields = Map::new();
                self.fields(entries, &mut fields, depth + 1)?;
                Ok(Value::Object(fields))
            }
        }
    }

    /// Puts entries into a mapping in their order; whatever comes later wins, even when it is
    /// merged in.
    fn fields(&mut self, entries: &[Entry], into: &mut Map<String, Value>, depth: usize) -> Result<(), Unreadable> {
        let merges = entries.iter().any(|entry| entry.merge);
        let mut own = BTreeSet::new();
        for entry in entries {
            if entry.merge {
                self.merge(entry.value, into, depth)?;
                continue;
            }
            self.spend_text(&entry.key, entry.at)?;
            let value = self.value(entry.value, depth)?;
            let replaced = into.insert(entry.key.clone(), value).is_some();
            // What a merge brought may be replaced without being a duplicate.
            let again = if merges { !own.insert(entry.key.as_str()) } else { replaced };
            if again && self.copying == 0 {
                self.duplicates.push((entry.at, entry.key.clone()));
            }
        }
        Ok(())
    }

    fn merge(&mut self, number: usize, into: &mut Map<String, Value>, depth: usize) -> Result<(), Unreadable> {
        let tree = self.tree;
        let Some(node) = tree.node(tree.target(number)) else {
            return Ok(());
        };
        self.budget.spend(1, node.at)?;
        if depth >= DEPTH {
            return Err(too_deep(node.at));
        }
        let copies = tree.target(number) != number;
        self.copying += usize::from(copies);
        match &node.kind {
            Kind::Mapping(entries) => self.fields(entries, into, depth + 1)?,
            Kind::Sequence(items) => {
                // The first of several takes precedence.
                for item in items.iter().rev() {
                    self.merge(*item, into, depth + 1)?;
                }
            }
            Kind::Scalar(_) | Kind::Alias(_) => {}
        }
        self.copying -= usize::from(copies);
        Ok(())
    }

    fn spend_text(&mut self, text: &str, at: Position) -> Result<(), Unreadable> {
        if self.copying == 0 { Ok(()) } else { self.budget.spend(text.len() / 64, at) }
    }
}
