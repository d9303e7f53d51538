//! Durations as the Gateway API writes them (GEP-2257): `1h30m`, `500ms`.

use super::duration::{Duration, DurationError};

/// The units, the largest first, in milliseconds.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Reads a duration of the Gateway API: one to four numbers of at most five digits, each with a unit. Units may come in any
/// order and several times.
///
/// # Errors
/// Where the text is no such duration.
pub fn gateway_api_duration(text: &str) -> Result<Duration, DurationError> {
    let mut rest = text;
    if rest.is_empty() {
        return Err(DurationError::Empty);
    }
    let (mut total, mut parts) = (0_u64, 0_u8);
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).ok_or(DurationError::NoUnit)?);
        let (unit, next) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        if number.is_empty() {
            return Err(if rest.starts_with('-') { DurationError::Negative } else { DurationError::NotANumber });
        }
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(DurationError::UnknownUnit)?;
        parts += 1;
        if number.len() > 5 || parts > 4 {
            return Err(DurationError::TooLarge);
        }
        // Five digits fit.
        let number: u64 = number.parse().map_err(|_| DurationError::NotANumber)?;
        total = total.saturating_add(number.saturating_mul(*scale));
        rest = next;
    }
    Ok(Duration::from_millis(total))
}

/// Writes a duration as the Gateway API reads it.
#[must_use]
pub fn to_gateway_api_duration(span: Duration) -> String {
    let mut rest = span.as_millis();
    let mut text = String::new();
    for (unit, scale) in UNITS {
        let number = rest / scale;
        rest %= scale;
        if number > 0 {
            text.push_str(&number.to_string());
            text.push_str(unit);
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_that_of_the_gateway_api() {
        for (text, millis) in [("0s", 0), ("500ms", 500), ("1h30m", 5_400_000), ("1m1m", 120_000), ("10s5ms", 10_005)] {
            assert_eq!(gateway_api_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["0", "1.5s", "1d", "-1s", "", "100us", "100000s", "1s1s1s1s1s"] {
            assert!(gateway_api_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for millis in [0, 1, 999, 1000, 61_001, 3_600_000, 5_430_250] {
            let span = Duration::from_millis(millis);
            assert_eq!(gateway_api_duration(&to_gateway_api_duration(span)), Ok(span));
        }
    }
}
