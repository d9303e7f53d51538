//! Who ends an idle connection? Whoever uses it must not be surprised by the other end.

pub mod gateway_closes_before_balancer;
pub mod keepalive_outlives_backend;
pub mod keepalive_unstated;

use crate::model::{Gateway, Provenance, Setting};
use crate::rule::WorkloadCase;
use crate::units::Duration;

/// What one end is to wait longer than the other, so that clocks and networks do not matter.
const MARGIN: Duration = Duration::from_secs(15);

/// The gateways of a workload that keep connections to it.
struct Kept<'c> {
    /// How they are called.
    name: &'static str,
    /// The longest that one of them keeps a connection on which nothing moves.
    span: Duration,
    /// What may say otherwise, to be read after "unless".
    unless: &'static str,
    /// Who says so; `None` where that is only the default under a global configuration that nobody has seen.
    provenance: Option<&'c Provenance>,
}

impl<'c> Kept<'c> {
    /// `None` where nobody knows, or where no connection is kept.
    fn new(case: &WorkloadCase<'c>) -> Option<Self> {
        let Setting { known, presumed, .. } = case.upstream_idle;
        let known = known.as_ref().map(|(span, provenance)| (*span, Some(provenance)));
        let (span, provenance) = known.or(presumed.map(|span| (span, None)))?;
        let global = "its global configuration";
        let (name, unless) = match case.gateways {
            [Gateway { name, policies, .. }] => (*name, policies.unwrap_or(global)),
            _ => ("a gateway in front", global),
        };
        (!span.is_zero()).then_some(Self { name, span, unless, provenance })
    }

    /// How long, and who says so: `60 s (by default)`.
    fn shown(&self) -> String {
        let span = self.span;
        match self.provenance {
            Some(Provenance::Global(key)) => format!("{span} ({key} in its global configuration)"),
            Some(_) => format!("{span} (by default)"),
            None => format!("{span}, unless {} says otherwise", self.unless),
        }
    }

    /// What a backend may say that nothing is wrong with: `no502.dev/keep-alive: 75s`.
    fn line(&self) -> String {
        format!("no502.dev/keep-alive: {}s", (self.span + MARGIN).as_secs_ceil())
    }
}
