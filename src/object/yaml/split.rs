//! Dividing a text into sections that can be read one without the other.

use std::borrow::Cow;

use memchr::memmem;

use super::{Position, Unreadable};

/// A stretch of the text from one `---` line to the next.
pub(super) struct Section<'t> {
    /// The stretch itself, its `---` line included.
    pub text: &'t str,
    /// How many lines of the whole text stand above it.
    pub above: u32,
    /// How many bytes of it.
    pub before: usize,
}

/// What surrogate escapes (`\ud83d\ude00`), which JSON has and YAML has not, are turned into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Surrogates {
    /// The character that is meant.
    Decode,
    /// Escapes of the same width, so that columns stay as they are.
    Keep,
}

/// Divides a text at its `---` lines.
///
/// YAML gives such a line its meaning wherever it stands, even in a quoted string, so nothing
/// that could be read as one is torn apart. What stands before the first `---` counts only when
/// it says something.
pub(super) fn sections(text: &str) -> Vec<Section<'_>> {
    let whole = text.len();
    let mut sections = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut above = 0;
    while !rest.is_empty() {
        let (section, after) = rest.split_at(end_of_section(rest));
        if is_marker(section) || section.lines().any(|line| !is_blank(line)) {
            sections.push(Section { text: section, above, before: whole - rest.len() });
        }
        above += count_breaks(section);
        rest = after;
    }
    sections
}

/// The text with line breaks alone in the place of the sections that nobody wants, so that all others stay where they are; none
/// where all are wanted.
pub(super) fn without(text: &str, is_wanted: impl Fn(&str) -> bool) -> Option<String> {
    let mut reduced = String::new();
    let mut taken = 0;
    for section in sections(text).iter().filter(|section| section.is_unwanted(&is_wanted) && !section.text.contains('\r')) {
        reduced.push_str(text.get(taken..section.before).unwrap_or_default());
        for line in section.text.split_inclusive('\n') {
            // What tells that it is one, and which.
            let is_kept = line.starts_with("---") || line.starts_with("kind:") || line.starts_with('%');
            reduced.push_str(if is_kept { line } else { "\n" });
        }
        taken = section.before + section.text.len();
    }
    (taken > 0).then(|| {
        reduced.push_str(text.get(taken..).unwrap_or_default());
        reduced.shrink_to_fit();
        reduced
    })
}

/// Where the section that begins here ends.
fn end_of_section(text: &str) -> usize {
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| memmem::find(rest.as_bytes(), b"\n---")) {
        from += found + 1;
        let (before, after) = text.split_at(from);
        // Directives (`%YAML`) belong to the `---` that follows them.
        if is_marker(after) && !is_prologue(before) {
            return from;
        }
    }
    text.len()
}

/// Whether nothing but directives and comments stands here.
fn is_prologue(text: &str) -> bool {
    text.lines().all(|line| is_blank(line) || line.starts_with('%')) && text.lines().any(|line| line.starts_with('%'))
}

fn is_blank(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// Whether a text begins with the line that begins a document.
fn is_marker(text: &str) -> bool {
    text.strip_prefix("---").is_some_and(|after| after.is_empty() || after.starts_with([' ', '\t', '\r', '\n']))
}

impl Section<'_> {
    /// How many documents it counts for, when it can be told without parsing.
    ///
    /// Only the end mark `...`, a byte order mark on the way, and a lone carriage return where
    /// lines are divided by those, let several stand in one section.
    pub(super) fn count(&self) -> Option<usize> {
        let several = self.text.starts_with("...")
            || self.text.contains("\n...")
            || self.text.contains('\u{feff}')
            || (self.text.contains('\r') && (self.text.contains("\r...") || self.text.contains("\r---")));
        (!several).then_some(1)
    }

    /// The kind that it names, where one line at its left edge says so and no other does.
    pub(super) fn kind(&self) -> Option<&str> {
        const KEY: &[u8] = b"\nkind:";
        let after = self.text.get(memmem::find(self.text.as_bytes(), KEY)? + KEY.len()..)?;
        if memmem::find(after.as_bytes(), KEY).is_some() || self.text.starts_with("kind:") {
            return None;
        }
        let value = after.lines().next()?.trim();
        value.chars().all(char::is_alphanumeric).then_some(value)
    }

    /// Whether it is a single document of a kind that nobody wants, as shows at a glance.
    pub(super) fn is_unwanted(&self, is_wanted: impl Fn(&str) -> bool) -> bool {
        self.kind().is_some_and(|kind| !is_wanted(kind)) && self.count() == Some(1)
    }

    /// Whether kubectl takes it for JSON.
    pub(super) fn is_json(&self) -> bool {
        self.text.trim_start().starts_with('{')
    }

    /// The text as the YAML parser can take it.
    pub(super) fn prepared(&self, surrogates: Surrogates) -> Cow<'_, str> {
        if self.is_json() && (self.text.contains("\\ud") || self.text.contains("\\uD")) {
            Cow::Owned(replace_surrogates(self.text, surrogates))
        } else {
            Cow::Borrowed(self.text)
        }
    }

    /// The first character that may not stand in a manifest at all.
    pub(super) fn forbidden(&self) -> Option<Unreadable> {
        let suspect = |byte: &u8| (*byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || *byte >= 0x7f;
        let json = self.is_json();
        // Nearly every text is plain ASCII, and this look is much cheaper than the one below.
        self.text.bytes().position(|byte| suspect(&byte))?;
        let (at, found) = self.text.char_indices().find(|(_, found)| match found {
            '\t' | '\n' | '\r' | '\u{85}' => false,
            '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => !json,
            found => *found < ' ',
        })?;
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
        Some(Unreadable {
            at: Position {
                line: self.above + count_breaks(before) + 1,
                column: u32::try_from(line.chars().count()).unwrap_or(u32::MAX).saturating_add(1),
            },
            reason: format!("control character U+{:04X} is not allowed", u32::from(found)),
        })
    }
}

/// How many line breaks a text holds; CRLF is one.
fn count_breaks(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let feeds = bytes.iter().filter(|byte| **byte == b'\n').count();
    let lone = if bytes.contains(&b'\r') {
        bytes.iter().zip(bytes.iter().skip(1).chain([&0])).filter(|(a, b)| **a == b'\r' && **b != b'\n').count()
    } else {
        0
    };
    u32::try_from(feeds + lone).unwrap_or(u32::MAX)
}

/// Replaces the surrogate escapes of a JSON text.
fn replace_surrogates(text: &str, how: Surrogates) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let Some(first) = surrogate(escape) else {
            // The escaped character goes along, so that `\\` does not begin another escape.
            let width = 1 + escape.chars().nth(1).map_or(0, char::len_utf8);
            let (same, after) = escape.split_at(width);
            out.push_str(same);
            rest = after;
            continue;
        };
        let second = escape.get(6..).and_then(surrogate);
        let pair = char::decode_utf16([first].into_iter().chain(second)).next();
        let width = if matches!(pair, Some(Ok(_))) { 12 } else { 6 };
        match (how, pair) {
            (Surrogates::Decode, Some(Ok(character))) => out.push(character),
            // As Go reads half a pair.
            (Surrogates::Decode, _) => out.push(char::REPLACEMENT_CHARACTER),
            (Surrogates::Keep, _) => out.push_str(&"\\ufffd".repeat(width / 6)),
        }
        rest = escape.get(width..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The surrogate that an escape at the beginning of a text stands for.
fn surrogate(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..0xe000).contains(unit))
}
