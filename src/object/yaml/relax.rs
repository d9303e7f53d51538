//! A second look at a text that the parser refused for its layout alone.
//!
//! kubectl does not mind how far the lines within brackets and quotes are indented, nor a tab
//! after a colon; the parser here does. Such lines are moved to the right, which changes nothing
//! about what they say, and positions are moved back.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

/// Bytes that a text may grow by; no manifest comes near.
const GROWTH: usize = 1 << 26;

/// A text whose layout the parser takes.
pub(super) struct Relaxed {
    /// The text.
    pub text: String,
    /// How positions in it relate to the text as written.
    pub moved: Moved,
}

/// Lines that were moved to the right.
#[derive(Clone, Default)]
pub(super) struct Moved {
    lines: BTreeSet<usize>,
    width: usize,
}

impl Moved {
    /// Where a column, from 0, of a line, from 1, stands in the text as written.
    pub(super) fn back(&self, line: usize, column: usize) -> usize {
        if self.width > 0 && self.lines.contains(&line) { column.saturating_sub(self.width) } else { column }
    }
}

/// What a line continues.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Nothing; indentation counts.
    Block,
    /// That many brackets.
    Brackets(usize),
    /// A quoted scalar, itself within that many brackets.
    Quotes(char, usize),
    /// A block scalar, whose lines stand to the right of its parent.
    Text,
}

/// Moves what stands within brackets and quotes to the right of everything else, and turns tabs
/// after colons to spaces. None where there is nothing to do, or
/// where the text would grow without measure.
pub(super) fn relaxed(text: &str) -> Option<Relaxed> {
    let width = text.lines().map(indentation).max().unwrap_or(0) + 1;
    if text.lines().count().saturating_mul(width) > GROWTH {
        return None;
    }
    let mut reader = Reader {
        out: String::with_capacity(text.len()),
        within: Within::Block,
        parent: None,
        moved: Moved { lines: BTreeSet::new(), width },
    };
    for (number, line) in text.split_inclusive('\n').enumerate() {
        reader.line(number + 1, line);
    }
    (reader.out != text).then_some(Relaxed { text: reader.out, moved: reader.moved })
}

fn indentation(line: &str) -> usize {
    line.chars().take_while(|character| matches!(character, ' ' | '\t')).count()
}

struct Reader {
    out: String,
    within: Within,
    /// The column of the key or dash a block scalar would belong to.
    parent: Option<usize>,
    moved: Moved,
}

/// What was met on the line so far.
struct Line<'l> {
    rest: Peekable<Chars<'l>>,
    column: usize,
    /// Whether a value could begin here.
    fresh: bool,
    /// Whether a space came before.
    spaced: bool,
    /// Whether the key was met.
    keyed: bool,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) {
        let indent = indentation(line);
        let blank = line.trim().is_empty();
        if self.within == Within::Text {
            if blank || self.parent.is_none_or(|parent| indent > parent) {
                self.out.push_str(line);
                return;
            }
            self.within = Within::Block;
        }
        let continued = self.within != Within::Block;
        if continued && !blank {
            self.out.push_str(&" ".repeat(self.moved.width + indent));
            self.moved.lines.insert(number);
        } else {
            self.out.extend(line.chars().take(indent));
        }
        let mut rest = line.chars().peekable();
        for _ in 0..indent {
            rest.next();
        }
        let mut line = Line { rest, column: indent, fresh: true, spaced: true, keyed: false };
        while let Some(character) = line.rest.next() {
            self.out.push(character);
            let ended = match self.within {
                Within::Block => self.block(character, &mut line),
                Within::Brackets(depth) => self.brackets(character, depth, &mut line),
                Within::Quotes(quote, depth) => {
                    self.quotes(character, quote, depth, &mut line);
                    false
                }
                Within::Text => true,
            };
            line.spaced = character.is_whitespace();
            line.column += 1;
            if ended {
                break;
            }
        }
        self.out.extend(line.rest);
    }

    /// A character where indentation counts. Says whether the rest of the line is of no interest.
    fn block(&mut self, character: char, line: &mut Line<'_>) -> bool {
        let apart = line.rest.peek().is_none_or(|next| next.is_whitespace());
        match character {
            '#' if line.spaced => return true,
            ':' if apart && !line.fresh => {
                line.fresh = true;
                line.keyed = true;
                while line.rest.next_if(|next| matches!(next, ' ' | '\t')).is_some() {
                    self.out.push(' ');
                    line.column += 1;
                }
            }
            _ if !line.fresh || character.is_whitespace() => {}
            '-' | '?' if apart => self.parent = Some(line.column),
            '&' | '!' => {
                while let Some(next) = line.rest.next_if(|next| !next.is_whitespace()) {
                    self.out.push(next);
                    line.column += 1;
                }
            }
            '|' | '>' => {
                self.within = Within::Text;
                return true;
            }
            _ => {
                line.fresh = false;
                if !line.keyed {
                    self.parent = Some(line.column);
                }
                match character {
                    '"' | '\'' => self.within = Within::Quotes(character, 0),
                    '[' | '{' => {
                        self.within = Within::Brackets(1);
                        line.fresh = true;
                    }
                    _ => {}
                }
            }
        }
        false
    }

    /// A character within brackets.
    fn brackets(&mut self, character: char, depth: usize, line: &mut Line<'_>) -> bool {
        match character {
            '#' if line.spaced => return true,
            '"' | '\'' if line.fresh => {
                self.within = Within::Quotes(character, depth);
                line.fresh = false;
            }
            '[' | '{' => {
                self.within = Within::Brackets(depth + 1);
                line.fresh = true;
            }
            ']' | '}' => {
                self.within = if depth > 1 { Within::Brackets(depth - 1) } else { Within::Block };
                line.fresh = false;
            }
            ',' | ':' => line.fresh = true,
            _ if character.is_whitespace() => {}
            _ => line.fresh = false,
        }
        false
    }

    /// A character within quotes.
    fn quotes(&mut self, character: char, quote: char, depth: usize, line: &mut Line<'_>) {
        let escaped = match (character, quote) {
            ('\\', '"') => line.rest.next_if(|next| *next != '\n'),
            ('\'', '\'') => line.rest.next_if_eq(&'\''),
            _ => None,
        };
        if let Some(escaped) = escaped {
            self.out.push(escaped);
            line.column += 1;
        } else if character == quote {
            self.within = if depth > 0 { Within::Brackets(depth) } else { Within::Block };
        }
    }
}
