//! Durations and sizes, in each grammar in which they are written.

use no502::units::{Duration, DurationError, Size, go, kubernetes_seconds, nginx_seconds, nginx_size};

/// Reads the text in every grammar.
///
/// # Panics
/// Where a promise is broken.
pub fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    go_durations(text);
    nginx(text);
    if let Ok(seconds) = text.parse::<i64>() {
        let span = kubernetes_seconds(seconds);
        assert!(if seconds < 0 { span == Duration::from_secs(1) } else { span.as_secs_floor() <= seconds.unsigned_abs() });
    }
    for refused in [go(text).err(), nginx_seconds(text).err()].into_iter().flatten() {
        assert!(!refused.to_string().is_empty());
    }
}

fn go_durations(text: &str) {
    assert_eq!(go(text), by_hand(text), "{text:?}");
    let Ok(span) = go(text) else { return };
    let written = serde_json::to_value(span).expect("text");
    let read: Duration = serde_json::from_value(written.clone()).unwrap_or_else(|error| panic!("{text:?} {written}: {error}"));
    assert_eq!(read, span, "{text:?} is written as {written}");
    assert!(span.as_secs_floor() <= span.as_secs_ceil() && span.as_secs_ceil() - span.as_secs_floor() <= 1);
    assert!(span.to_string().ends_with('s'));
}

/// The grammar once more, in wide decimal arithmetic: numbers with at most one point, each with its unit.
fn by_hand(text: &str) -> Result<Duration, DurationError> {
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.starts_with('-') {
        return Err(DurationError::Negative);
    }
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        let number: String = rest.chars().take_while(|c| is_number(*c)).collect();
        rest = &rest[number.len()..];
        if rest.is_empty() {
            return Err(DurationError::NoUnit);
        }
        let unit: String = rest.chars().take_while(|c| !is_number(*c)).collect();
        rest = &rest[unit.len()..];
        let (_, scale) = [("ms", 1_u128), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
            .into_iter()
            .find(|(name, _)| *name == unit)
            .ok_or(DurationError::UnknownUnit)?;
        if number.matches('.').count() > 1 || !number.contains(|c: char| c.is_ascii_digit()) {
            return Err(DurationError::NotANumber);
        }
        let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| DurationError::TooLarge)? };
        // Eighteen digits behind the point are far below a millisecond.
        let digits: String = fraction.chars().take(18).collect();
        let numerator: u128 = if digits.is_empty() { 0 } else { digits.parse().expect("digits") };
        let below = numerator.checked_mul(scale).expect("18 digits and an hour fit")
            / 10_u128.pow(u32::try_from(digits.len()).expect("18 at most"));
        let millis = u64::try_from(u128::from(whole) * scale + below).map_err(|_| DurationError::TooLarge)?;
        total = total.checked_add(millis).ok_or(DurationError::TooLarge)?;
    }
    Ok(Duration::from_millis(total))
}

fn nginx(text: &str) {
    let seconds = nginx_seconds(text);
    assert_eq!(seconds.is_ok(), text.parse::<i64>().is_ok_and(|number| number >= 0), "{text:?}");
    if let Ok(size) = nginx_size(text) {
        assert_eq!(nginx_size(&size.to_string()), Ok(size), "{text:?} is shown as {size}");
        assert!(size >= Size::from_bytes(0) && text.starts_with(|c: char| c.is_ascii_digit()));
    } else if let Ok(bytes) = text.parse::<u64>() {
        assert!(text.starts_with('+'), "{bytes} is a size");
    }
}
