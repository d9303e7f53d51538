//! How heavy a finding is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How heavy a finding is, from nothing to a reason to refuse. Ordered.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not spoken of.
    #[default]
    Off,
    /// Spoken of, never a reason to refuse.
    Warning,
    /// A reason to refuse.
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Off => "off",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}
