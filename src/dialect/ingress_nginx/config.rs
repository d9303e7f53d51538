//! The keys of the `ConfigMap`: what their texts have to be, and what becomes of others.
//!
//! Sources: `ReadConfig` in `internal/ingress/controller/template/configmap.go` decodes numbers and bools key by key, and drops
//! what it cannot decode with a line in the log; texts reach `nginx.tmpl` unread. No webhook looks at a `ConfigMap`.

use std::cmp::Ordering;
use std::fmt::Display;

use super::super::key::{Key, Read, rewrite};
use super::super::nginx::{Clock, is_time, meant_size};
use super::config_table::{self, Form, Row};
use super::grammar::bool_of;
use super::keys::{self, NO_NEGATIVE};
use super::{buffers, names, sizes, table};
use crate::model::{Gateway, Labels, Note, NoteKind, Write};
use crate::object::Address;
use crate::policy::near;
use crate::units::{go, nginx_size};

/// What is wrong with the texts of a `ConfigMap`.
pub(super) fn read(texts: &Labels, gateway: &Gateway<'_>) -> Vec<Note> {
    let mut notes: Vec<Note> = texts.iter().filter_map(|(name, text)| note(name, text, texts)).collect();
    notes.extend(buffers::read_global(texts, gateway));
    notes
}

/// Whether the `ConfigMap` has such a key, and annotations have none.
pub(super) fn has(name: &str) -> bool {
    config_table::by_name(name).is_some()
}

/// What is wrong with one text. An empty one is a zero, or nothing: it is left alone.
fn note(name: &str, text: &str, texts: &Labels) -> Option<Note> {
    if text.is_empty() {
        return None;
    }
    let address = Address::Data(name.into());
    let kind = match SETTINGS.iter().find(|key| key.name() == name) {
        Some(key) => key.judge(text, &address)?,
        None => match config_table::by_name(name) {
            Some(row) => judge(row, text, texts, &address)?,
            None => unknown_key(name, text),
        },
    };
    Some(Note { address, key: name.into(), kind })
}

/// The keys that annotations have too, and that feed settings of the model.
const SETTINGS: &[&dyn GlobalKey] = &[
    &keys::CONNECT_TIMEOUT,
    &keys::SEND_TIMEOUT,
    &keys::READ_TIMEOUT,
    &keys::NEXT_UPSTREAM,
    &keys::NEXT_UPSTREAM_TIMEOUT,
    &keys::NEXT_UPSTREAM_TRIES,
    &sizes::BUFFER_SIZE,
    &sizes::BUFFERS_NUMBER,
    &sizes::BUSY_BUFFERS_SIZE,
    &sizes::MAX_TEMP_FILE_SIZE,
];

/// A key whatever the type of its value.
trait GlobalKey: Sync {
    fn name(&self) -> &'static str;
    fn judge(&self, text: &str, address: &Address) -> Option<NoteKind>;
}

impl<T: Display> GlobalKey for Key<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn judge(&self, text: &str, address: &Address) -> Option<NoteKind> {
        let meant = (self.meant)(text);
        let rewrite = || meant.as_ref().and_then(|meant| rewrite(self, meant, address));
        let (written, expects) = (text.into(), self.expects.into());
        match (self.read)(text) {
            Read::Value(_) | Read::Unknown => None,
            Read::Poison(why) => Some(NoteKind::Poison { written, because: why.into(), expects, rewrite: rewrite() }),
            // What only annotations are checked for reaches NGINX from here as it is.
            Read::Ignored if self.checked_since.is_some() => {
                Some(NoteKind::Poison { written, because: UNCHECKED.into(), expects, rewrite: rewrite() })
            }
            Read::Ignored => {
                let holds = (self.default)();
                let compared = meant.as_ref().map(|meant| (self.compare)(meant, &holds));
                let (holds, rewrite) = (Some(holds.to_string()), rewrite());
                Some(NoteKind::Ignored { written, expects, about: self.about, holds, meant: compared, rewrite })
            }
        }
    }
}

const UNCHECKED: &str = "Nobody checks this text of the ConfigMap on its way, and NGINX cannot read it.";

/// What becomes of a text that is not what its key wants.
enum Fate {
    /// It is dropped, and this may be what was meant.
    Dropped(Option<String>),
    Poison(&'static str),
}

fn judge(row: &Row, text: &str, texts: &Labels, address: &Address) -> Option<NoteKind> {
    // The pool of idle connections is left out of the configuration as a whole where it holds none.
    let has_pool = texts.get("upstream-keepalive-connections").is_none_or(|text| text.parse::<i64>().is_ok_and(|pool| pool > 0));
    let fate = fate(row.form, text)?;
    let (written, expects) = (text.into(), row.form.expects().into());
    match fate {
        Fate::Poison(_) if row.name.starts_with("upstream-keepalive") && !has_pool => None,
        Fate::Poison(because) => Some(NoteKind::Poison { written, because: because.into(), expects, rewrite: None }),
        Fate::Dropped(meant) => {
            let holds = Some(row.default).filter(|default| !default.is_empty());
            let compared = meant.as_deref().zip(holds);
            Some(NoteKind::Ignored {
                written,
                expects,
                about: row.about(),
                holds: holds.map(str::to_owned),
                meant: compared.map(|(meant, holds)| if meant == holds { Ordering::Equal } else { Ordering::Greater }),
                rewrite: meant.map(|meant| Write { address: address.clone(), value: meant.into() }),
            })
        }
    }
}

fn fate(form: Form, text: &str) -> Option<Fate> {
    let words = text.trim();
    let is_number =
        matches!(form, Form::Bool | Form::Integer | Form::Count | Form::Seconds | Form::Within(..) | Form::ErrorCodes);
    // A text may carry more than its own value, and then this is not the place to judge it.
    if !is_number && text.contains([';', '{', '}', '$', '#']) {
        return None;
    }
    let poison = |is_fine: bool| if is_fine { None } else { Some(Fate::Poison(UNCHECKED)) };
    match form {
        Form::Any => None,
        Form::Bool => bool_fate(text),
        Form::Integer => number_fate(text, i64::MIN..=i64::MAX, NO_NEGATIVE),
        Form::Count | Form::Seconds => number_fate(text, 0..=i64::MAX, NO_NEGATIVE),
        Form::Within(least, most) => number_fate(text, least..=most, "NGINX takes no such status there."),
        Form::ErrorCodes => {
            let mut codes = words.split(',').filter_map(|code| code.trim().parse::<i64>().ok());
            let is_forbidden = |code: i64| !(300..=599).contains(&code) || code == 499;
            codes
                .any(is_forbidden)
                .then_some(Fate::Poison("NGINX takes codes from 300 to 599 in error_page, and uses 499 itself."))
        }
        Form::OnOff => poison(["on", "off"].iter().any(|word| word.eq_ignore_ascii_case(words))),
        Form::HttpVersion => poison(["1.0", "1.1"].contains(&words)),
        Form::Size => poison(nginx_size(words).is_ok()),
        Form::Sizes => poison(match words.split_whitespace().collect::<Vec<_>>()[..] {
            [count, size] => count.parse::<u32>().is_ok_and(|count| count > 0) && nginx_size(size).is_ok(),
            _ => false,
        }),
        Form::Offset => {
            let is_fine = nginx_size(words.trim_end_matches(['g', 'G'])).is_ok();
            (!is_fine).then(|| Fate::Dropped(meant_size(words).map(|size| size.to_string())))
        }
        Form::Time => poison(is_time(words, Clock::Milliseconds)),
    }
}

/// What Go's `strconv.ParseBool` takes.
fn bool_fate(text: &str) -> Option<Fate> {
    let meant = match text.trim().to_ascii_lowercase().as_str() {
        "on" | "yes" | "y" | "true" | "enabled" => Some("true".to_owned()),
        "off" | "no" | "n" | "false" | "disabled" => Some("false".to_owned()),
        _ => None,
    };
    bool_of(text).is_none().then_some(Fate::Dropped(meant))
}

/// What Go's `strconv.ParseInt` takes with base 0. What is written in another base than ten is left alone.
fn number_fate(text: &str, range: std::ops::RangeInclusive<i64>, why: &'static str) -> Option<Fate> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let has_base = digits.len() > 1 && digits.starts_with('0') || digits.contains('_');
    match text.parse::<i64>() {
        _ if has_base => None,
        Ok(number) if range.contains(&number) => None,
        Ok(_) => Some(Fate::Poison(why)),
        Err(_) => {
            let seconds = go(text.trim()).ok().map(|span| span.as_secs_ceil().to_string());
            Some(Fate::Dropped(text.trim().parse::<i64>().map(|number| number.to_string()).ok().or(seconds)))
        }
    }
}

/// A key that the controller does not have. It never says so.
fn unknown_key(name: &str, text: &str) -> NoteKind {
    let dashed = name.replace('_', "-");
    let known = if table::by_name(name).is_some() {
        Some("it is an annotation of an Ingress, not a key of the ConfigMap")
    } else {
        names::WITHOUT_KEY.iter().find(|(own, _)| *own == name).map(|(_, known)| *known)
    };
    let all = || SETTINGS.iter().map(|key| key.name()).chain(config_table::ROWS.iter().map(|row| row.name));
    let exact = all().find(|own| *own == dashed);
    let near = if known.is_some() { None } else { exact.or_else(|| near(name, all())) };
    NoteKind::UnknownKey { written: text.into(), near, known }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_sorted_and_none_is_there_twice() {
        assert!(config_table::ROWS.is_sorted_by(|a, b| a.name < b.name));
        for key in SETTINGS {
            assert!(config_table::by_name(key.name()).is_none(), "{}", key.name());
        }
    }
}
