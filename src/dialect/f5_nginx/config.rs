//! What is wrong with the texts of the `ConfigMap`, by their table.
//!
//! The controller reads bools, numbers and some of the sizes, and drops what it cannot read. All else reaches NGINX as it is
//! written: what that refuses stops every later change of every object.

use std::cmp::Ordering;

use super::super::nginx::{Clock, is_time, meant_size, offset};
use super::buffers;
use super::config_table::{self, Form, Raw, Row};
use super::grammar::Grammar;
use super::notes::too_old;
use super::{names, poison, table};
use crate::model::{Gateway, Labels, Note, NoteKind, Version, Write};
use crate::object::Address;
use crate::policy::near;
use crate::units::nginx_size;

/// What is wrong with the texts of a `ConfigMap`.
pub(super) fn read(texts: &Labels, gateway: &Gateway<'_>) -> Vec<Note> {
    let version = gateway.version;
    let kind = |name: &str, text: &str| match config_table::by_name(name) {
        Some(row) => Own { row, name, text, version, has_template: has_template(texts) }.kind(),
        None => unknown_key(name, text, version),
    };
    let note = |(name, text): (&str, &str)| {
        Some(Note { address: Address::Data(name.into()), key: name.into(), kind: kind(name, text)? })
    };
    let mut notes: Vec<Note> = texts.iter().filter_map(note).collect();
    notes.extend(buffers::read_global(texts, gateway));
    notes
}

/// Whether the `ConfigMap` brings templates of its own, which may write other things than those of the controller.
pub(super) fn has_template(texts: &Labels) -> bool {
    ["main-template", "ingress-template"].into_iter().any(|name| texts.get(name).is_some())
}

/// One key under its row.
struct Own<'o> {
    row: &'static Row,
    name: &'o str,
    text: &'o str,
    version: Option<Version>,
    has_template: bool,
}

impl Own<'_> {
    fn kind(&self) -> Option<NoteKind> {
        match (self.row.since, self.version) {
            (Some(since), Some(version)) if version < since => return Some(too_old(self.text, since)),
            // What only some versions know may count for nothing in this one.
            (Some(_), None) => return None,
            _ => {}
        }
        let form = match (self.row.handed_before, self.version) {
            // Some drop it, and others hand it on.
            (Some(_), None) => return None,
            (Some((since, raw)), Some(version)) if version < since => Form::Handed("the file", raw),
            _ => self.row.form,
        };
        match form {
            Form::Free => None,
            Form::Checked(grammar) => self.checked(grammar),
            Form::Handed(directive, raw) => self.handed(directive, raw),
        }
    }

    /// An empty text is left alone: nobody meant anything by it.
    fn checked(&self, grammar: Grammar) -> Option<NoteKind> {
        let text = self.text;
        if text.is_empty() {
            return None;
        }
        if grammar.accepts(text, None) {
            let because = self.row.poison.and_then(|poison| poison(text)).filter(|_| !self.has_template)?;
            return Some(self.poison(because.to_owned(), &grammar.expects(), None));
        }
        let meant = meant(grammar, text);
        let holds = Some(self.row.default).filter(|default| !default.is_empty());
        let compared = meant.as_deref().zip(holds);
        Some(NoteKind::Ignored {
            written: text.into(),
            expects: grammar.expects().into(),
            about: self.row.about(),
            holds: holds.map(str::to_owned),
            meant: compared.map(|(meant, holds)| if meant == holds { Ordering::Equal } else { Ordering::Greater }),
            rewrite: self.rewrite(meant),
        })
    }

    fn handed(&self, directive: &str, raw: Raw) -> Option<NoteKind> {
        let text = self.text;
        let is_left_out = text.is_empty() && self.row.may_be_empty;
        // A text may carry more than its own value, and then this is not the place to judge it.
        if self.has_template || is_left_out || text.contains([';', '{', '}', '$', '#', '"', '\'', '\\']) || is_fine(raw, text) {
            return None;
        }
        let too_small = if raw == Raw::Zone { poison::zone(text) } else { None };
        let because = too_small.map_or_else(
            || format!("Nobody checks this text of the ConfigMap on its way, and NGINX cannot read it in {directive}."),
            str::to_owned,
        );
        Some(self.poison(because, raw.expects(), self.rewrite(meant_by(raw, text))))
    }

    fn poison(&self, because: String, expects: &str, rewrite: Option<Write>) -> NoteKind {
        NoteKind::Poison { written: self.text.into(), because: because.into(), expects: expects.into(), rewrite }
    }

    fn rewrite(&self, meant: Option<String>) -> Option<Write> {
        meant.map(|meant| Write { address: Address::Data(self.name.into()), value: meant.into() })
    }
}

/// Whether NGINX can read the text where it is written. It ends a word at a blank.
fn is_fine(raw: Raw, text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let one = match words[..] {
        [one] => one,
        _ => "",
    };
    match raw {
        Raw::Number => is_number(one),
        Raw::Milliseconds => is_time(one, Clock::Milliseconds),
        Raw::Seconds => is_time(one, Clock::Seconds),
        Raw::KeepAlive => match words[..] {
            [kept, told] => is_time(kept, Clock::Milliseconds) && is_time(told, Clock::Seconds),
            _ => is_time(one, Clock::Milliseconds),
        },
        Raw::Bytes => nginx_size(one).is_ok(),
        Raw::Offset => offset(one).is_some(),
        Raw::Zone => text == "0" || nginx_size(one).is_ok_and(|size| size.as_bytes() > 0) && poison::zone(one).is_none(),
        Raw::Buffers => match words[..] {
            [number, one] => is_number(number) && nginx_size(one).is_ok() && poison::buffers(text).is_none(),
            _ => false,
        },
        Raw::Level => words.iter().all(|word| LEVELS.contains(word) || word.starts_with("debug_")),
        Raw::Protocols => !words.is_empty() && words.iter().all(|word| is_protocol(word)),
        Raw::Headers => text.split(',').all(|name| name.split_whitespace().count() == 1),
        Raw::Networks => text.split(',').all(is_network),
        Raw::Return => match words[..] {
            [one] => is_status(one) || ["http://", "https://"].iter().any(|scheme| one.starts_with(scheme)),
            [status, _] => is_status(status),
            _ => false,
        },
    }
}

const LEVELS: [&str; 8] = ["debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"];

fn is_protocol(word: &str) -> bool {
    const ALL: [&str; 6] = ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    ALL.iter().any(|own| own.eq_ignore_ascii_case(word))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<i64>().is_ok()
}

fn is_status(text: &str) -> bool {
    is_number(text) && text.parse::<u16>().is_ok_and(|status| status <= 999)
}

/// An address, a network, or a name, which only the controller's own DNS can tell to be none.
fn is_network(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let (Some(network), None) = (words.next(), words.next()) else { return false };
    let most = if network.contains(':') { 128 } else { 32 };
    network.split_once('/').is_none_or(|(_, bits)| is_number(bits) && bits.parse::<u8>().is_ok_and(|bits| bits <= most))
        || network.starts_with("unix:")
}

/// What a person reads in a text that the controller drops.
fn meant(grammar: Grammar, text: &str) -> Option<String> {
    let text = text.trim();
    match grammar {
        Grammar::Bool => match text.to_ascii_lowercase().as_str() {
            "on" | "yes" | "y" | "true" | "enabled" => Some("true".to_owned()),
            "off" | "no" | "n" | "false" | "disabled" => Some("false".to_owned()),
            _ => None,
        },
        Grammar::Integer | Grammar::Unsigned => text.parse::<u32>().map(|number| number.to_string()).ok(),
        Grammar::Size => meant_size(text).map(|size| size.to_string()),
        _ => None,
    }
}

/// What a person reads in a text that NGINX refuses.
fn meant_by(raw: Raw, text: &str) -> Option<String> {
    let packed: String = text.split_whitespace().collect();
    let meant = match raw {
        Raw::Milliseconds | Raw::Seconds | Raw::KeepAlive | Raw::Number => packed,
        Raw::Bytes | Raw::Offset | Raw::Zone => meant_size(text)?.to_string(),
        Raw::Protocols => text.replace(',', " ").split_whitespace().collect::<Vec<_>>().join(" "),
        Raw::Headers | Raw::Networks => text.trim().trim_end_matches(',').to_owned(),
        Raw::Buffers | Raw::Level | Raw::Return => return None,
    };
    is_fine(raw, &meant).then_some(meant)
}

/// A key that the controller does not have. It never says so.
fn unknown_key(name: &str, text: &str, version: Option<Version>) -> Option<NoteKind> {
    const REMOVED: Version = Version(5, 0, 0);
    let is_tracing = ["opentracing", "opentracing-tracer", "opentracing-tracer-config"].contains(&name);
    if is_tracing && version.is_none_or(|version| version < REMOVED) || names::OF_PLUS.contains(&name) {
        return None;
    }
    let bare = name.split_once('/').map(|(_, bare)| bare);
    let known = match names::WITHOUT_KEY.iter().find(|(own, _)| *own == name) {
        Some((_, known)) => Some(*known),
        None if is_tracing => Some("it was removed with v5.0.0; otel-exporter-endpoint and its like stand in its place"),
        None if bare.is_some_and(|bare| config_table::by_name(bare).is_some()) => Some("a key of the ConfigMap has no prefix"),
        None if table::by_name(bare.unwrap_or(name)).is_some() => {
            Some("it is an annotation of an Ingress, not a key of the ConfigMap")
        }
        None => None,
    };
    let all = || config_table::ROWS.iter().map(|row| row.name);
    let dashed = name.replace('_', "-");
    let near = if known.is_some() { None } else { all().find(|own| *own == dashed).or_else(|| near(name, all())) };
    Some(NoteKind::UnknownKey { written: text.into(), near, known })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_sorted_and_their_defaults_are_fine() {
        assert!(config_table::ROWS.is_sorted_by(|a, b| a.name < b.name));
        for row in config_table::ROWS.iter().filter(|row| !row.default.is_empty()) {
            match row.form {
                Form::Handed(_, raw) => assert!(is_fine(raw, row.default), "{}", row.name),
                Form::Checked(grammar) if row.name != "access-log" => assert!(grammar.accepts(row.default, None), "{}", row.name),
                Form::Checked(_) | Form::Free => {}
            }
        }
    }

    #[test]
    fn what_annotations_and_the_config_map_have_in_common_has_one_default() {
        for row in table::ROWS.iter().filter(|row| row.is_global) {
            let own = config_table::by_name(row.name).unwrap();
            // What is left out of the file has NGINX's own default, which only the table of the annotations tells.
            assert!(own.default.is_empty() || own.default == row.default || row.default.is_empty(), "{}", row.name);
        }
    }

    #[test]
    fn names_that_are_no_key_are_none() {
        for name in names::OF_PLUS.iter().chain(names::WITHOUT_KEY.iter().map(|(name, _)| name)) {
            assert!(config_table::by_name(name).is_none(), "{name}");
        }
    }
}
