//! Spans of time, in whole milliseconds, and the grammars in which they are written.

use std::borrow::Cow;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A span of time in whole milliseconds. Never negative; arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Duration(u64);

/// Why a text is no duration in the grammar that was asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// There is nothing to read.
    #[error("is empty")]
    Empty,
    /// A negative span.
    #[error("is negative")]
    Negative,
    /// Something that is no number stands where a number belongs.
    #[error("is not a number of whole seconds")]
    NotANumber,
    /// The number has no unit where the grammar demands one.
    #[error("needs a unit: ms, s, m or h, as in 30s")]
    NoUnit,
    /// The unit is not one of the grammar's.
    #[error("has an unknown unit: write ms, s, m or h, as in 30s")]
    UnknownUnit,
    /// The number does not fit.
    #[error("is too large")]
    TooLarge,
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// A span of whole seconds; saturates.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// The span in whole milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The span in whole seconds, rounded up, so that a budget never comes out too small.
    #[must_use]
    pub const fn as_secs_ceil(self) -> u64 {
        self.0.div_ceil(1000)
    }

    /// The span in whole seconds, rounded down.
    #[must_use]
    pub const fn as_secs_floor(self) -> u64 {
        self.0 / 1000
    }

    /// What is left of the span after `other`; zero when `other` is longer.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Whether the span is empty.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Mul<u32> for Duration {
    type Output = Self;
    fn mul(self, times: u32) -> Self {
        Self(self.0.saturating_mul(u64::from(times)))
    }
}

impl Sum for Duration {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, Add::add)
    }
}

/// Written as people say it: `4.3 s`, `60 s`, `200 ms`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, millis) = (self.0 / 1000, self.0 % 1000);
        match (secs, millis) {
            (0, millis) if millis > 0 => write!(f, "{millis} ms"),
            (secs, 0) => write!(f, "{secs} s"),
            (secs, millis) => {
                let fraction = format!("{millis:03}");
                write!(f, "{secs}.{} s", fraction.trim_end_matches('0'))
            }
        }
    }
}

/// The form of policy documents and of our annotations, read by [`go`]: `30s`, `1m30s`, `200ms`.
impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = if self.0.is_multiple_of(1000) { format!("{}s", self.0 / 1000) } else { format!("{}ms", self.0) };
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Duration;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration with its unit, such as 30s or 1m30s")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Duration, E> {
                go(text).map_err(|fault| E::custom(format!("{text:?} {fault}")))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl schemars::JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A duration with its unit: 200ms, 30s, 1m30s, 2h.",
            "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"
        })
    }
}

/// Reads a duration as Go writes it (`time.ParseDuration`, without its sub-millisecond units): `1h15m30.5s`.
///
/// # Errors
/// Where the text is empty, negative, has no unit or an unknown one, or is too large.
pub fn go(text: &str) -> Result<Duration, DurationError> {
    match text {
        "" => return Err(DurationError::Empty),
        "0" => return Ok(Duration::ZERO),
        _ if text.starts_with('-') => return Err(DurationError::Negative),
        _ => {}
    }
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(DurationError::NoUnit)?;
        let (number, after) = rest.split_at(number_end);
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_end);
        let scale = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(DurationError::UnknownUnit),
        };
        total = total.checked_add(scaled(number, scale)?).ok_or(DurationError::TooLarge)?;
        rest = next;
    }
    Ok(Duration(total))
}

/// A decimal number times a scale, in integers, so that `0.1s` is exactly 100 ms.
fn scaled(number: &str, scale: u64) -> Result<u64, DurationError> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return Err(DurationError::NotANumber);
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| DurationError::TooLarge)? };
    let (mut parts, mut share) = (0_u128, 1_u128);
    // Beyond eighteen digits nothing is left of a millisecond.
    for digit in fraction.bytes().take(18) {
        parts = parts * 10 + u128::from(digit.saturating_sub(b'0'));
        share *= 10;
    }
    let fraction = u64::try_from(parts * u128::from(scale) / share).unwrap_or_default();
    whole.checked_mul(scale).and_then(|whole| whole.checked_add(fraction)).ok_or(DurationError::TooLarge)
}

/// Reads whole seconds as ingress-nginx does (`strconv.Atoi` in `internal/ingress/annotations/parser`): an optional
/// sign and digits, nothing else. A unit, a blank or a fraction makes it unreadable there.
///
/// # Errors
/// Where the text is no such number, or a negative one.
pub fn nginx_seconds(text: &str) -> Result<Duration, DurationError> {
    let number: i64 = text.parse().map_err(|_| DurationError::NotANumber)?;
    u64::try_from(number).map(Duration::from_secs).map_err(|_| DurationError::Negative)
}

/// The units of NGINX's times, the largest first, in milliseconds (`ngx_parse_time`).
pub const NGINX_UNITS: [(&str, u64); 8] = [
    ("y", 365 * 86_400_000),
    ("M", 30 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Reads a time as NGINX does (`ngx_parse_time`): `1m30s`, `1h 30m`, `500ms`, each unit once and the largest first. A number
/// without a unit is one of seconds.
///
/// # Errors
/// Where the text is no such time.
pub fn nginx_time(text: &str) -> Result<Duration, DurationError> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(DurationError::Empty);
    }
    let mut units = NGINX_UNITS.iter();
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let (unit, next) = after.split_at(after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len()));
        if number.is_empty() {
            return Err(if rest.starts_with('-') { DurationError::Negative } else { DurationError::NotANumber });
        }
        let unit = if unit.is_empty() { "s" } else { unit };
        let (_, scale) = units.find(|(name, _)| *name == unit).ok_or(DurationError::UnknownUnit)?;
        let part = number.parse().ok().and_then(|number: u64| number.checked_mul(*scale));
        total = part.and_then(|part| total.checked_add(part)).ok_or(DurationError::TooLarge)?;
        rest = next.trim_start();
    }
    Ok(Duration(total))
}

/// Seconds of a Kubernetes field such as `terminationGracePeriodSeconds`; a negative one counts as 1, as the kubelet
/// takes it.
#[must_use]
pub fn kubernetes_seconds(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations_are_read_to_the_millisecond() {
        for (text, millis) in
            [("0", 0), ("30s", 30_000), ("1m30s", 90_000), ("0.1s", 100), ("0.00009m", 5), ("1.5h", 5_400_000), ("200ms", 200)]
        {
            assert_eq!(go(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_go_duration_says_why() {
        for (text, fault) in [
            ("", DurationError::Empty),
            ("-1s", DurationError::Negative),
            ("60", DurationError::NoUnit),
            ("60x", DurationError::UnknownUnit),
            ("s", DurationError::NotANumber),
            ("1.2.3s", DurationError::NotANumber),
            ("99999999999999999999s", DurationError::TooLarge),
            ("9999999999999999999h", DurationError::TooLarge),
        ] {
            assert_eq!(go(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn nginx_takes_bare_seconds_only() {
        assert_eq!(nginx_seconds("60"), Ok(Duration::from_secs(60)));
        assert_eq!(nginx_seconds("+60"), Ok(Duration::from_secs(60)));
        assert_eq!(nginx_seconds("-5"), Err(DurationError::Negative));
        for text in ["60s", "1m", "60.0", " 60", "", "1e3"] {
            assert_eq!(nginx_seconds(text), Err(DurationError::NotANumber), "{text}");
        }
    }

    #[test]
    fn nginx_times_name_each_unit_once_and_the_largest_first() {
        for (text, millis) in [
            ("60", 60_000),
            ("60s", 60_000),
            ("1m30s", 90_000),
            ("1h 30m", 5_400_000),
            ("1m 30", 90_000),
            ("500ms", 500),
            ("1s 500ms", 1500),
            ("1M1m", 2_592_060_000),
            (" 60 ", 60_000),
            ("0", 0),
        ] {
            assert_eq!(nginx_time(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for (text, fault) in [
            ("", DurationError::Empty),
            ("-5s", DurationError::Negative),
            ("+5s", DurationError::NotANumber),
            ("s", DurationError::NotANumber),
            ("1.5s", DurationError::NotANumber),
            ("60sec", DurationError::UnknownUnit),
            ("2min", DurationError::UnknownUnit),
            ("30s1m", DurationError::UnknownUnit),
            ("30 30s", DurationError::UnknownUnit),
            ("1m, 30s", DurationError::NotANumber),
            ("99999999999999999999s", DurationError::TooLarge),
            ("9999999999999999y", DurationError::TooLarge),
        ] {
            assert_eq!(nginx_time(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn durations_are_shown_as_people_say_them() {
        let shown: Vec<String> = [0, 200, 4300, 60_000].map(|millis| Duration::from_millis(millis).to_string()).into();
        assert_eq!(shown, ["0 s", "200 ms", "4.3 s", "60 s"]);
    }
}
