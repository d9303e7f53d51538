//! What NGINX itself reads, whichever controller writes its configuration.

use crate::model::NoteKind;
use crate::units::{NGINX_UNITS, Size, nginx_size};

/// The conditions of `proxy_next_upstream`, without the one of NGINX Plus.
pub(super) const CONDITIONS: &[&str] = &[
    "error",
    "timeout",
    "invalid_header",
    "http_500",
    "http_502",
    "http_503",
    "http_504",
    "http_403",
    "http_404",
    "http_429",
    "non_idempotent",
    "off",
];

/// In what a directive counts its time.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Clock {
    /// In milliseconds, which leaves no room for months and years.
    Milliseconds,
    /// In seconds, without ms.
    Seconds,
}

/// `ngx_parse_time`: numbers, each with a smaller unit than the one before, and the last one with none where it is seconds. A
/// blank would end the word.
pub(super) fn is_time(text: &str, clock: Clock) -> bool {
    let taken = |unit: &str| match clock {
        Clock::Milliseconds => !matches!(unit, "y" | "M"),
        Clock::Seconds => unit != "ms",
    };
    let mut units = NGINX_UNITS.iter().filter(|(unit, _)| taken(unit));
    let (mut rest, mut total) = (text, 0_u64);
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let (unit, next) = after.split_at(after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len()));
        // The number without a unit is the last one, whatever unit stands before it.
        let scale = if after.is_empty() { Some(1000) } else { units.find(|(name, _)| *name == unit).map(|(_, scale)| *scale) };
        let part = number.parse::<u64>().ok().zip(scale).and_then(|(number, scale)| number.checked_mul(scale));
        match part.and_then(|part| total.checked_add(part)).filter(|total| i64::try_from(*total).is_ok()) {
            Some(sum) => (rest, total) = (next, sum),
            None => return false,
        }
    }
    !text.is_empty()
}

/// A size with k, m or g, as in `client_max_body_size`.
pub(super) fn offset(text: &str) -> Option<Size> {
    match text.strip_suffix(['g', 'G']) {
        Some(number) => number.parse::<u64>().ok()?.checked_mul(1 << 30).map(Size::from_bytes),
        None => nginx_size(text).ok(),
    }
}

/// `16kb` and `1g` as a person reads them.
pub(super) fn meant_size(text: &str) -> Option<Size> {
    let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    offset(packed.trim_end_matches(['B', 'b', 'i']))
}

/// Settings that cannot stand together, which NGINX refuses for all objects; and lines that would be right.
pub(super) struct Misfit {
    pub(super) because: String,
    pub(super) lines: Vec<(&'static str, String)>,
}

impl Misfit {
    /// Told of a text, with lines whose keys stand behind that prefix.
    pub(super) fn note(self, written: &str, prefix: &str) -> NoteKind {
        let lines: Vec<String> = self.lines.iter().map(|(key, value)| format!("{prefix}{key}: \"{value}\"")).collect();
        self.with(written, &lines)
    }

    /// Told of a text, with its lines as they are written there.
    pub(super) fn with(&self, written: &str, lines: &[String]) -> NoteKind {
        NoteKind::Poison {
            written: written.into(),
            because: self.because.as_str().into(),
            expects: format!("what fits, such as\n{}", lines.join("\n")).into(),
            rewrite: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_nginx() {
        for (text, of_milliseconds, of_seconds) in [
            ("240s", true, true),
            ("3600", true, true),
            ("1h30m", true, true),
            ("1m30", true, true),
            ("0", true, true),
            ("500ms", true, false),
            ("1M", false, true),
            ("1y2M", false, true),
            ("1m1h", false, false),
            ("1h 30m", false, false),
            ("4 minutes", false, false),
            ("60sec", false, false),
            ("1.5s", false, false),
            ("-1", false, false),
            ("s", false, false),
            ("99999999999999999999s", false, false),
            ("", false, false),
        ] {
            assert_eq!(is_time(text, Clock::Milliseconds), of_milliseconds, "{text}");
            assert_eq!(is_time(text, Clock::Seconds), of_seconds, "{text}");
        }
    }
}
