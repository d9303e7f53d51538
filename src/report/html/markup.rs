//! Pieces of markup: texts that are escaped, badges, places and lines of source.

use std::collections::HashMap;
use std::fmt::{self, Display, Write as _};

use crate::collect::files::Input;
use crate::report::plain::uncounted;
use crate::report::{Item, ReportObject};

/// A text of the input, which is no markup.
pub(in crate::report) fn esc(text: &str) -> Escaped<'_> {
    Escaped(text)
}

pub(in crate::report) struct Escaped<'t>(&'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(c)?,
                // What steers a terminal, or turns the direction of what follows, would make the page show something else.
                c if c.is_control() || is_direction(c) => f.write_char(char::REPLACEMENT_CHARACTER)?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `1 error`, `2 errors`, `5,189 warnings`.
pub(in crate::report) fn count(number: usize, word: &str) -> String {
    format!("{} {word}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A number with commas between thousands.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How heavy a finding is here, in one word that the filter and the style go by.
pub(in crate::report) fn kind(item: &Item) -> &'static str {
    match (uncounted(item), item.certainty, item.level.as_str()) {
        (Some(word), ..) => word,
        (_, "pending", _) => "pending",
        (.., "error") => "error",
        _ => "warning",
    }
}

/// How heavy a finding is, in words; its colour and its sign say the same.
pub(in crate::report) fn badge(item: &Item) -> String {
    let kind = kind(item);
    let words = if kind == "pending" { format!("{}, pending", item.level) } else { kind.to_owned() };
    format!("<span class=\"badge {kind}\">{}</span>", esc(&words))
}

/// `2 errors, 1 warning, 3 pending`, by kinds.
pub(super) fn tally(items: &[&Item]) -> String {
    let of = |wanted: &str| items.iter().filter(|item| kind(item) == wanted).count();
    let pending = of("pending");
    let mut parts = Vec::new();
    for (word, number) in [("error", of("error")), ("warning", of("warning"))] {
        if number > 0 {
            parts.push(count(number, word));
        }
    }
    if pending > 0 {
        parts.push(format!("{} pending", grouped(pending)));
    }
    parts.join(", ")
}

/// `Deployment shop/web`, with the name set apart.
pub(super) fn named(object: &ReportObject) -> String {
    let ReportObject { kind, namespace, name, .. } = object;
    let slash = if namespace.is_empty() { "" } else { "/" };
    format!("{} <b>{}{slash}{}</b>", esc(kind), esc(namespace), esc(name))
}

/// Where the anchor of a finding is: it stays the same from run to run, so that a link can be sent.
pub(in crate::report) fn anchor(item: &Item) -> String {
    format!("f-{}", item.fingerprint)
}

/// A text of several lines: the first as a sentence, the others as lines to write.
pub(super) fn help(text: &str) -> String {
    match text.split_once('\n') {
        Some((first, lines)) => format!("<p>{}</p><pre>{}</pre>", esc(first), esc(lines)),
        None => format!("<p>{}</p>", esc(text)),
    }
}

/// As much of a line is shown as fits on a wide screen.
const WIDTH: usize = 160;

/// The lines of the files; each file is split once.
pub(super) struct Lines<'i> {
    input: &'i Input,
    files: HashMap<usize, Vec<&'i str>>,
}

impl<'i> Lines<'i> {
    pub(super) fn new(input: &'i Input) -> Self {
        Self { input, files: HashMap::new() }
    }

    /// The line at which a finding points, with a caret below; nothing where there is none.
    pub(super) fn excerpt(&mut self, item: &Item) -> String {
        let input = self.input;
        let split = || input.files.get(item.source).map(|file| file.text.lines().collect()).unwrap_or_default();
        let lines = self.files.entry(item.source).or_insert_with(split);
        let index = usize::try_from(item.line.saturating_sub(1)).unwrap_or_default();
        let Some(line) = lines.get(index) else { return String::new() };
        let column = usize::try_from(item.column.saturating_sub(1)).unwrap_or_default();
        // A line alone needs no indentation; of a long one, such as one of JSON, what stands around the place.
        let blanks = line.chars().take_while(|c| c.is_whitespace()).count().min(column);
        let left_out = if column - blanks < WIDTH / 2 { blanks } else { column - WIDTH / 4 };
        let part = |from: usize, length: usize| -> String {
            line.chars().skip(from).take(length).map(|c| if c == '\t' { ' ' } else { c }).collect()
        };
        let before = part(left_out, column - left_out);
        let rest = part(column, WIDTH - before.chars().count());
        let (spot, after) = rest.split_at(end_of_word(&rest));
        format!(
            "<pre class=\"src\"><code><i>{}</i>{}<b>{}</b>{}\n<i></i><span class=\"caret\" aria-hidden=\"true\">{}^</span></code></pre>",
            item.line,
            esc(&before),
            esc(spot),
            esc(after),
            " ".repeat(column - left_out)
        )
    }
}

/// Where the key or the value ends with which a text begins.
fn end_of_word(text: &str) -> usize {
    let is_quoted = |quote: &char| text.starts_with(*quote);
    if let Some(quote) = ['"', '\''].into_iter().find(is_quoted) {
        return text.char_indices().skip(1).find(|(_, c)| *c == quote).map_or(text.len(), |(index, _)| index + 1);
    }
    text.find([' ', ',', '}', ']', ':']).unwrap_or(text.len())
}
