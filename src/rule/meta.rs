//! What is known of a rule without running it.

use std::fmt;

use crate::object::Kind;
use crate::units::Level;

/// Rules that look at the same part of the way of a request.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Family {
    /// Does an answer fit?
    Buffer,
    /// Who ends an idle connection?
    Connection,
    /// Does a pod leave without dropping requests?
    Drain,
    /// May the next hop be reached?
    Network,
    /// Does the request reach the route that was meant?
    Path,
    /// Is a pod asked before it gets traffic?
    Probe,
    /// Do both ends speak the same?
    Protocol,
    /// Does the gateway see what was written?
    Reading,
    /// Is one bad pod hidden from the client?
    Retry,
    /// Does enough stay up?
    Rollout,
    /// Does the chain of timeouts hold?
    Timeout,
    /// Does the next hop exist?
    Wiring,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Buffer => "buffer",
            Self::Connection => "connection",
            Self::Drain => "drain",
            Self::Network => "network",
            Self::Path => "path",
            Self::Probe => "probe",
            Self::Protocol => "protocol",
            Self::Reading => "reading",
            Self::Retry => "retry",
            Self::Rollout => "rollout",
            Self::Timeout => "timeout",
            Self::Wiring => "wiring",
        })
    }
}

/// Whether a rule can offer a fix, and which shipped profiles apply it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FixAvailability {
    /// It offers none.
    None,
    /// It offers one, applied where a policy asks for it.
    Optional,
    /// It offers one, applied by `strict`.
    Strict,
    /// It offers one, applied by `baseline` and `strict`.
    Always,
    /// It offers one that rewrites what was written, so it is shown and never applied at admission.
    Rewrite,
}

impl FixAvailability {
    /// As it is listed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Optional => "optional",
            Self::Strict => "strict",
            Self::Always => "always",
            Self::Rewrite => "rewrite",
        }
    }
}

/// What it means when a change of one object makes a finding appear on another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Neighbour {
    /// The change breaks what was whole.
    Breaks,
    /// The change breaks what was whole, for everyone: it is refused in every profile.
    BreaksAll,
    /// The change only leads traffic to what was faulty before.
    Completes,
}

/// What is known of a rule without running it.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// Its name, in kebab-case. It names the bad state.
    pub name: &'static str,
    /// Its family.
    pub family: Family,
    /// One line: what it says.
    pub summary: &'static str,
    /// Its level in the profile `baseline`.
    pub baseline: Level,
    /// Its level in the profile `strict`.
    pub strict: Level,
    /// Whether it can offer a fix.
    pub fix: FixAvailability,
    /// What it means when a change of another object makes it speak.
    pub neighbour: Neighbour,
    /// The kinds it looks at.
    pub reads: &'static [Kind],
    /// The version of no502 that brought it.
    pub since: &'static str,
    /// Its page, in Markdown.
    pub page: &'static str,
    /// Its source file.
    pub file: &'static str,
}
