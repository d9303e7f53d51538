//! From what the parser counts to the bytes of a text.

use super::Span;

/// From characters, which the parser counts, to bytes. Going on from the last stop keeps the way short.
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    is_ascii: bool,
    passed: usize,
    byte: usize,
}

impl<'t> Cursor<'t> {
    /// At the beginning of a text.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, is_ascii: text.is_ascii(), passed: 0, byte: 0 }
    }

    /// The byte at which the character of that number begins.
    pub(super) fn byte(&mut self, index: usize) -> usize {
        if self.is_ascii {
            return index.min(self.text.len());
        }
        let (before, after) = self.text.split_at_checked(self.byte).unwrap_or((self.text, ""));
        let moved = |characters: &mut dyn Iterator<Item = char>, steps| characters.take(steps).map(char::len_utf8).sum::<usize>();
        if index < self.passed {
            self.byte -= moved(&mut before.chars().rev(), self.passed - index);
        } else {
            self.byte += moved(&mut after.chars(), index - self.passed);
        }
        self.passed = index;
        self.byte
    }

    /// Where the value begins behind its anchor and its tag.
    pub(super) fn unadorned(&self, span: Span) -> usize {
        let Some(mut rest) = self.text.get(span.start..) else { return span.start };
        while rest.starts_with(['&', '!']) {
            rest = after_property(rest).trim_start();
            while rest.starts_with('#') {
                rest = rest.trim_start_matches(|character| !matches!(character, '\n' | '\r')).trim_start();
            }
        }
        self.text.len() - rest.len()
    }

    /// Where the quotes that open at a place are closed; the parser goes on past the blanks and the comment after them.
    pub(super) fn end_of_quotes(&self, start: usize, end: usize) -> usize {
        let mut rest = self.text.get(start..end).unwrap_or_default().char_indices().peekable();
        let Some((_, quote)) = rest.next() else { return end };
        while let Some((at, character)) = rest.next() {
            let is_escape = if quote == '"' { character == '\\' } else { character == quote };
            let escaped = rest.next_if(|(_, next)| is_escape && (quote == '"' || *next == quote));
            if character == quote && escaped.is_none() {
                return start + at + quote.len_utf8();
            }
        }
        end
    }

    /// Where the block scalar between two places ends. Blank lines after it belong to it only where its `+` says so.
    pub(super) fn trimmed(&self, start: usize, end: usize) -> usize {
        let Some(text) = self.text.get(start..end) else { return end };
        let mark = text.split(char::is_whitespace).next().unwrap_or_default();
        let kept = text.trim_end_matches([' ', '\t']);
        let kept = kept.strip_suffix('\n').map(|kept| kept.strip_suffix('\r').unwrap_or(kept));
        start + kept.filter(|_| mark.contains('+')).unwrap_or(text.trim_end()).len()
    }

    /// The place behind the colon that follows a key.
    pub(super) fn after_colon(&self, key: usize) -> usize {
        let rest = self.text.get(key..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        if rest.get(blank..).is_some_and(|rest| rest.starts_with(':')) { key + blank + 1 } else { key }
    }
}

/// What follows the anchor or the tag that a text begins with.
pub(super) fn after_property(text: &str) -> &str {
    match text.strip_prefix("!<") {
        Some(verbatim) => verbatim.split_once('>').map_or("", |(_, after)| after),
        None => text.trim_start_matches(|own: char| !own.is_whitespace() && !matches!(own, '[' | ']' | '{' | '}' | ',')),
    }
}
