//! Places in a text as editors count them: lines and columns from 0.

use gen_lsp_types::{Position, Range};

use crate::object::yaml::{self, Span};

/// In what the columns of a line are counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Encoding {
    /// In bytes.
    Utf8,
    /// In pairs of bytes, as everybody did at first.
    Utf16,
}

/// A text by its lines.
pub(super) struct Lines<'t> {
    text: &'t str,
    /// Where each line begins.
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let ends_line = |at: &usize| match bytes.get(*at) {
            Some(b'\n') => true,
            Some(b'\r') => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let starts = [0].into_iter().chain((0..bytes.len()).filter(ends_line).map(|at| at + 1)).collect();
        Self { text, starts, encoding }
    }

    /// Where a byte stands.
    pub(super) fn position(&self, at: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        let before = self.starts.get(line).and_then(|start| self.text.get(*start..at)).unwrap_or_default();
        let column = match self.encoding {
            Encoding::Utf8 => before.len(),
            Encoding::Utf16 => before.encode_utf16().count(),
        };
        let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Position { line: short(line), character: short(column) }
    }

    pub(super) fn range(&self, span: Span) -> Range {
        Range { start: self.position(span.start), end: self.position(span.end) }
    }

    /// A stretch as it is underlined: no more than its first line, however long the block is.
    pub(super) fn first_line(&self, span: Span) -> Range {
        let shown = span.of(self.text).lines().next().unwrap_or_default().trim_end();
        self.range(Span::new(span.start, span.start + shown.len()))
    }

    /// From a place, which counts characters, to the end of its line.
    pub(super) fn rest_of_line(&self, at: yaml::Position) -> Range {
        let number = |own: u32| usize::try_from(own.saturating_sub(1)).unwrap_or(usize::MAX);
        let start = self.starts.get(number(at.line)).copied().unwrap_or(self.text.len());
        let line = self.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
        let column = line.char_indices().nth(number(at.column)).map_or(line.len(), |(column, _)| column);
        self.first_line(Span::new(start + column, start + line.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_as_the_editor_counts() {
        let text = "a: 1\r\n😀ü: x\rb\nc";
        let x = text.find('x').unwrap();
        for (encoding, column) in [(Encoding::Utf8, 8), (Encoding::Utf16, 5)] {
            let lines = Lines::new(text, encoding);
            assert_eq!(lines.position(x), Position { line: 1, character: column });
            assert_eq!(lines.position(x + 2), Position { line: 2, character: 0 });
            assert_eq!(lines.position(text.len()), Position { line: 3, character: 1 });
            let rest = lines.rest_of_line(yaml::Position { line: 1, column: 4 });
            assert_eq!((rest.start.character, rest.end.character), (3, 4));
            let block = lines.first_line(Span::new(0, text.len()));
            assert_eq!(block.end, Position { line: 0, character: 4 });
        }
    }
}
