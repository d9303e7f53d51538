//! Who stands in front of the gateway, and what they miss.

use super::{End, Wait};
use crate::rule::Facts;
use crate::units::Duration;

/// Who stands in front of the gateway.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hop {
    /// The client.
    Client,
    /// The load balancer.
    LoadBalancer,
}

/// When a hop in front of the gateway gives up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Front {
    /// Who.
    pub hop: Hop,
    /// After how long without an answer.
    pub after: Duration,
    /// What it answers by itself; `None` where it only closes the connection.
    pub status: Option<u16>,
}

impl Front {
    /// Whether it is gone before a wait has ended; `None` where the end is not known.
    #[must_use]
    pub fn misses(&self, wait: &Wait) -> Option<bool> {
        match wait.end {
            End::Never => Some(true),
            // At least one try is made.
            End::Endpoints | End::Unknown => (wait.each >= self.after).then_some(true),
            End::Tries | End::RetryTime | End::Request => wait.total.map(|total| total >= self.after),
        }
    }
}

/// All of whom the policy tells, the one that gives up first before the others.
pub(super) fn fronts(facts: &Facts) -> Vec<Front> {
    let client = facts.client_timeout.map(|after| Front { hop: Hop::Client, after, status: None });
    // A balancer that speaks HTTP answers; one that does not closes the connection without a word.
    let balancer = facts.load_balancer.and_then(|balancer| {
        let status = (balancer.layer == 7).then_some(504);
        Some(Front { hop: Hop::LoadBalancer, after: balancer.idle_timeout?, status })
    });
    let mut fronts: Vec<Front> = client.into_iter().chain(balancer).collect();
    fronts.sort_by_key(|front| front.after);
    fronts
}
