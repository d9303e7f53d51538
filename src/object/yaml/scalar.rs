//! What a scalar means to kubectl.
//!
//! The rules are those of goyaml v2 followed by a trip through JSON, which
//! `sigs.k8s.io/yaml` takes: `1.0` ends up as the integer 1, `yes` as true, a date as a string.

use std::borrow::Cow;

use saphyr_parser::{ScalarStyle, Tag};
use serde_json::Value;

use super::number::{float, float_key, infinite, number, point_float};

/// The namespace of the tags that YAML itself defines.
const CORE: &str = "tag:yaml.org,2002:";

/// A scalar that has found its type.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// Only what an `i64` cannot hold.
    Unsigned(u64),
    Float(f64),
    Text,
}

/// The value of a scalar.
pub(super) fn value(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    Ok(match resolve(&text, style, tag)? {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(value) => Value::from(value),
        Scalar::Unsigned(value) => Value::from(value),
        Scalar::Float(value) => float(value).unwrap_or_else(|| Value::String(text.into_owned())),
        Scalar::Text => Value::String(text.into_owned()),
    })
}

/// The name a scalar gives to a field.
pub(super) fn key(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Result<String, String> {
    Ok(match resolve(&text, style, tag)? {
        Scalar::Null => return Err("null cannot be a mapping key".to_owned()),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Unsigned(value) => {
            return Err(format!("the number {value} is too large for a mapping key"));
        }
        Scalar::Float(value) => float_key(value),
        Scalar::Text => text.into_owned(),
    })
}

/// Whether a key stands for the fields of another mapping.
pub(super) fn is_merge(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> bool {
    text == "<<"
        && match tag {
            None => style == ScalarStyle::Plain,
            Some(tag) => core_name(tag) == Some("merge"),
        }
}

/// The name of a tag that YAML itself defines, in whichever of its spellings.
fn core_name(tag: &Tag) -> Option<&str> {
    match tag.handle.as_str() {
        CORE => Some(&tag.suffix),
        "" => tag.suffix.strip_prefix(CORE),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "what !!float asks for")]
fn resolve(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Scalar, String> {
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain { plain(text) } else { Scalar::Text });
    };
    // A tag nobody here knows leaves the text as it is, numbers too.
    let Some(name @ ("bool" | "int" | "float" | "null")) = core_name(tag) else {
        return Ok(Scalar::Text);
    };
    match (name, plain(text)) {
        ("float", Scalar::Int(value)) => Ok(Scalar::Float(value as f64)),
        ("bool", found @ Scalar::Bool(_))
        | ("int", found @ (Scalar::Int(_) | Scalar::Unsigned(_)))
        | ("float", found @ Scalar::Float(_))
        | ("null", found @ Scalar::Null) => Ok(found),
        _ => Err(format!("`{}` is not a !!{name}", text.chars().take(40).collect::<String>())),
    }
}

/// An untagged, unquoted scalar.
fn plain(text: &str) -> Scalar {
    match text.as_bytes().first() {
        None => Scalar::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text),
        Some(b'.') => infinite(text).or_else(|| point_float(text)).map_or(Scalar::Text, Scalar::Float),
        Some(b'0'..=b'9' | b'+' | b'-') => match infinite(text) {
            Some(value) => Scalar::Float(value),
            None => number(text),
        },
        Some(_) => Scalar::Text,
    }
}

/// Words that are not text.
fn word(text: &str) -> Scalar {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ => Scalar::Text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tag(suffix: &str) -> Tag {
        Tag { handle: CORE.to_owned(), suffix: suffix.to_owned() }
    }

    fn plain_value(text: &str) -> Value {
        value(text.into(), ScalarStyle::Plain, None).unwrap()
    }

    #[test]
    fn words() {
        for text in ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"] {
            assert_eq!(plain_value(text), json!(true), "{text}");
        }
        for text in ["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"] {
            assert_eq!(plain_value(text), json!(false), "{text}");
        }
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(plain_value(text), Value::Null, "{text}");
        }
        for text in ["yES", "tRUE", "nil", "oN", "none", "<<", "="] {
            assert_eq!(plain_value(text), json!(text));
        }
    }

    #[test]
    fn quotes_and_tags() {
        let quoted = |text: &str, tag: Option<&Tag>| value(text.to_owned().into(), ScalarStyle::SingleQuoted, tag);
        assert_eq!(quoted("5", None), Ok(json!("5")));
        assert_eq!(quoted("5", Some(&tag("int"))), Ok(json!(5)));
        assert_eq!(quoted("5", Some(&tag("float"))), Ok(json!(5)));
        assert_eq!(quoted("yes", Some(&tag("bool"))), Ok(json!(true)));
        assert_eq!(quoted("", Some(&tag("null"))), Ok(Value::Null));
        assert!(quoted("foo", Some(&tag("int"))).is_err());
        assert!(quoted("1.0", Some(&tag("int"))).is_err());
        assert_eq!(value("5".into(), ScalarStyle::Plain, Some(&tag("str"))), Ok(json!("5")));
        assert_eq!(value("5".into(), ScalarStyle::Plain, Some(&tag("unknown"))), Ok(json!("5")));
        let own = Tag { handle: "!".to_owned(), suffix: "int".to_owned() };
        assert_eq!(value("5".into(), ScalarStyle::Plain, Some(&own)), Ok(json!("5")));
    }

    #[test]
    fn keys() {
        let cases = [
            ("name", "name"),
            ("010", "8"),
            ("yes", "true"),
            ("off", "false"),
            ("1.5", "1.5"),
            ("1e6", "1e+06"),
            ("12345678.5", "1.2345678e+07"),
            ("0.1e-6", "1e-07"),
            (".inf", ".inf"),
            ("-0.0", "-0"),
        ];
        for (text, expected) in cases {
            assert_eq!(key(text.into(), ScalarStyle::Plain, None).as_deref(), Ok(expected), "{text}");
        }
        assert!(key("~".into(), ScalarStyle::Plain, None).is_err());
        assert!(key("9223372036854775808".into(), ScalarStyle::Plain, None).is_err());
    }
}
