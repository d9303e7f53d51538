//! Numbers of bytes, and how NGINX writes them.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Size(u64);

/// Why a text is no size.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    /// There is nothing to read, or no digits in front.
    #[error("is not a number with an optional k or m behind it")]
    NotANumber,
    /// The unit is none that NGINX knows for sizes.
    #[error("has an unknown unit: write k or m, as in 16k")]
    UnknownUnit,
    /// The number does not fit.
    #[error("is too large")]
    TooLarge,
}

impl Size {
    /// A number of bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The size in bytes.
    #[must_use]
    pub const fn as_bytes(self) -> u64 {
        self.0
    }
}

/// Written as NGINX does: `16k`, `1m`, `100`.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes > 0 && bytes.is_multiple_of(1 << 20) => write!(f, "{}m", bytes >> 20),
            bytes if bytes > 0 && bytes.is_multiple_of(1 << 10) => write!(f, "{}k", bytes >> 10),
            bytes => write!(f, "{bytes}"),
        }
    }
}

/// The form of policy documents: `16k`, `1m`, `100`.
impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Size;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size, such as 8k or 1m")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Size, E> {
                nginx_size(text).map_err(|fault| E::custom(format!("{text:?} {fault}")))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl schemars::JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A number of bytes: 512, 8k, 1m.",
            "pattern": r"^[0-9]+[kKmM]?$"
        })
    }
}

/// Reads a size as NGINX does (`ngx_parse_size`): digits, then nothing, `k` or `m` in either case.
///
/// # Errors
/// Where the text is no such size.
pub fn nginx_size(text: &str) -> Result<Size, SizeError> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    if digits.is_empty() {
        return Err(SizeError::NotANumber);
    }
    let number: u64 = digits.parse().map_err(|_| SizeError::TooLarge)?;
    let scale = match unit {
        "" => 1,
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        _ => return Err(SizeError::UnknownUnit),
    };
    number.checked_mul(scale).map(Size).ok_or(SizeError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nginx_sizes_are_read_and_shown() {
        for (text, bytes, shown) in [("16k", 16 << 10, "16k"), ("1M", 1 << 20, "1m"), ("100", 100, "100"), ("0", 0, "0")] {
            let size = nginx_size(text);
            assert_eq!(size, Ok(Size::from_bytes(bytes)), "{text}");
            assert_eq!(size.map(|size| size.to_string()), Ok(shown.to_owned()));
        }
    }

    #[test]
    fn what_is_no_nginx_size_says_why() {
        assert_eq!(nginx_size("k"), Err(SizeError::NotANumber));
        assert_eq!(nginx_size("16 k"), Err(SizeError::UnknownUnit));
        assert_eq!(nginx_size("1g"), Err(SizeError::UnknownUnit));
        assert_eq!(nginx_size("99999999999999999999"), Err(SizeError::TooLarge));
    }
}
