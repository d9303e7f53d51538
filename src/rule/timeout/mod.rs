//! Does the chain of timeouts hold?

pub mod timeout_chain_inverted;
pub mod timeout_out_of_range;
pub mod timeout_unset;
pub mod timeout_without_effect;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{RouteSettings, Setting};
use crate::object::Address;
use crate::units::Duration;

/// A timeout of a route.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Timeout {
    /// How long connecting to a pod may take.
    Connect,
    /// How long a pod may read nothing.
    Send,
    /// How long a pod may say nothing.
    Read,
    /// How long the whole request may take.
    Request,
}

impl Timeout {
    /// What holds for it.
    #[must_use]
    pub fn of(self, settings: &RouteSettings) -> &Setting<Duration> {
        match self {
            Self::Connect => &settings.connect,
            Self::Send => &settings.send,
            Self::Read => &settings.read,
            Self::Request => &settings.request,
        }
    }

    /// What the author wrote for it, and where. Where one field is for several steps, it is told of the last of them, and where it is for
    /// several rules, of the one that it stands in: elsewhere there is no way to write it.
    #[must_use]
    fn written(self, settings: &RouteSettings) -> Option<(&Duration, &Address)> {
        let (value, address) = self.of(settings).as_written()?;
        let is_shared =
            matches!(self, Self::Connect | Self::Send) && settings.read.as_written().is_some_and(|(_, read)| read == address);
        (!is_shared && self.of(settings).writing.is_some()).then_some((value, address))
    }

    /// The name in policies and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Send => "send",
            Self::Read => "read",
            Self::Request => "request",
        }
    }

    /// What takes too long when it is over, to be read after "when".
    #[must_use]
    fn case(self) -> &'static str {
        match self {
            Self::Connect => "connecting to the pod takes longer",
            Self::Send => "the pod reads nothing for longer",
            Self::Read => "the pod says nothing for longer",
            Self::Request => "the whole request takes longer",
        }
    }
}

/// `read timeout`.
impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} timeout", self.name())
    }
}
