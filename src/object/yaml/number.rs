//! Numbers in all the forms that goyaml v2 takes for one.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::scalar::Scalar;

/// A float that is no number of digits.
pub(super) fn infinite(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// A float that begins with its point, where Go wants underscores between digits only.
pub(super) fn point_float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let placed = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'_')
        .all(|(at, _)| digit(at.checked_sub(1)) && digit(Some(at + 1)));
    if placed { decimal_float(&text.replace('_', "")) } else { None }
}

/// Something that begins like a number.
pub(super) fn number(text: &str) -> Scalar {
    let bare: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    integer(&bare).or_else(|| decimal_float(&bare).map(Scalar::Float)).unwrap_or(Scalar::Text)
}

/// An integer in any base that Go's literals have; a leading zero alone means octal.
fn integer(text: &str) -> Option<Scalar> {
    let (sign, magnitude) = match text.strip_prefix('-') {
        Some(magnitude) => ("-", magnitude),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (base, digits) = match magnitude.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, magnitude.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, magnitude.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, magnitude.get(2..)?),
        [b'0', _, ..] => (8, magnitude.get(1..)?),
        _ => (10, magnitude),
    };
    if !digits.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    if let Ok(value) = i64::from_str_radix(&format!("{sign}{digits}"), base) {
        return Some(Scalar::Int(value));
    }
    // Go takes no sign before what only fits without one.
    let unsigned = if magnitude.len() == text.len() { u64::from_str_radix(digits, base).ok() } else { None };
    unsigned.map(Scalar::Unsigned)
}

/// A float in digits: sign, digits and point, exponent.
fn decimal_float(text: &str) -> Option<f64> {
    let magnitude = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match magnitude.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['-', '+']).unwrap_or(exponent)),
        None => (magnitude, "0"),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some = !(exponent.is_empty() || whole.is_empty() && fraction.is_empty());
    if !some || !digits(whole) || !digits(fraction) || !digits(exponent) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// A float as it arrives in the cluster: without a fraction it is an integer there.
#[expect(clippy::cast_possible_truncation, reason = "the value is whole and within the range of i64")]
pub(super) fn float(value: f64) -> Option<Value> {
    const EXACT: f64 = 9_223_372_036_854_775_808.0;
    if value.fract() == 0.0 && (-EXACT..EXACT).contains(&value) {
        return Some(Value::from(value as i64));
    }
    Number::from_f64(value).map(Value::Number)
}

/// A float as the name of a field, in Go's shortest form of 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "Go cuts it to 32 bits too")]
pub(super) fn float_key(value: f64) -> String {
    let single = value as f32;
    if single.is_nan() {
        return ".nan".to_owned();
    }
    if single.is_infinite() {
        return if single > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{single:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>().unwrap_or(0) {
        -4..6 => single.to_string(),
        power => format!("{mantissa}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs()),
    }
}

#[cfg(test)]
mod tests {
    use saphyr_parser::ScalarStyle;
    use serde_json::json;

    use super::*;

    fn plain_value(text: &str) -> Value {
        super::super::scalar::value(text.into(), ScalarStyle::Plain, None).unwrap()
    }

    #[test]
    fn integers() {
        let cases = [
            ("0", 0),
            ("7", 7),
            ("-7", -7),
            ("+7", 7),
            ("010", 8),
            ("-010", -8),
            ("0777", 511),
            ("0o10", 8),
            ("0O10", 8),
            ("0x1F", 31),
            ("+0x1F", 31),
            ("0b1", 1),
            ("-0b11", -3),
            ("1_000", 1000),
            ("1__0", 10),
            ("0x_1F", 31),
            ("0_x1", 1),
            ("-0", 0),
        ];
        for (text, expected) in cases {
            assert_eq!(plain_value(text), json!(expected), "{text}");
        }
        assert_eq!(plain_value("18446744073709551615"), json!(u64::MAX));
    }

    #[test]
    fn floats_without_a_fraction_are_integers() {
        let cases = [("08", 8), ("0_8", 8), ("1.0", 1), ("1e3", 1000), ("5.", 5), (".5e3", 500), ("-0.0", 0)];
        for (text, expected) in cases {
            assert_eq!(plain_value(text), json!(expected), "{text}");
        }
    }

    #[test]
    fn floats() {
        let cases = [
            (".5", 0.5),
            ("-.5", -0.5),
            ("+.5", 0.5),
            ("1.5e-9", 1.5e-9),
            ("1_0.5", 10.5),
            (".1_0", 0.1),
            ("1e21", 1e21),
            ("18446744073709551616", 18_446_744_073_709_551_616.0),
        ];
        for (text, expected) in cases {
            assert_eq!(plain_value(text), json!(expected), "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_number_and_is_none() {
        let cases = [
            "1:30",
            "190:20:30",
            "2001-01-01",
            "2001-12-14t21:59:43.10-05:00",
            "_1",
            "0x",
            "0b",
            "0o8",
            "0xG",
            "1e",
            "1e+",
            ".",
            "..",
            "-",
            "._5",
            ".e5",
            "1e400",
            "0x1p4",
            ".1p4",
            "100m",
            "5s",
            "1.2.3",
            "10.0.0.1",
            "--1",
            "+-1",
            "0x-1",
        ];
        for text in cases {
            assert_eq!(plain_value(text), json!(text));
        }
    }

    #[test]
    fn what_json_cannot_hold_stays_text() {
        for text in [".inf", "+.Inf", "-.INF", ".nan", ".NaN"] {
            assert_eq!(plain_value(text), json!(text));
        }
    }
}
