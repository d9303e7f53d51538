#![doc = include_str!("retry_outlasts_client.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::{Protocol, Setting, Write};
use crate::object::{Address, Kind};
use crate::rule::timeout::Timeout;
use crate::rule::{Family, FixAvailability, Judge, Meta, Neighbour, RoutingCase, Rule};
use crate::units::{Duration, Level};

/// See the page of the rule.
pub struct RetryOutlastsClient;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for RetryOutlastsClient {
    type Params = Params;

    const META: Meta = Meta {
        name: "retry-outlasts-client",
        family: Family::Retry,
        summary: "all tries together take longer than the client or the load balancer waits",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::ConfigMap, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("retry_outlasts_client.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Routing(judge);
}

fn judge(_: &Params, case: &RoutingCase<'_>, findings: &mut Vec<Finding>) {
    if !matches!(case.settings.protocol.value(), Some(Protocol::Http | Protocol::Https)) {
        return;
    }
    let Some((name, limit, place)) = front(case) else { return };
    let worst = [Timeout::Connect, Timeout::Read]
        .into_iter()
        .filter_map(|timeout| Attempts::new(timeout, case))
        .max_by_key(Attempts::total);
    // One try that is too long alone is another rule's.
    if let Some(worst) = worst.filter(|worst| worst.each <= limit && worst.total() > limit) {
        findings.push(worst.finding(case, name, limit, place));
    }
}

/// Who gives up first in front of the gateway, after how long, and where the policy says so.
fn front(case: &RoutingCase<'_>) -> Option<(&'static str, Duration, &'static str)> {
    let client = case.facts.client_timeout.map(|limit| ("the client", limit, "clients.timeout"));
    let balancer = case.facts.load_balancer.and_then(|balancer| balancer.idle_timeout);
    let balancer = balancer.map(|limit| ("the load balancer", limit, "loadBalancer.idleTimeout"));
    client.into_iter().chain(balancer).min_by_key(|(_, limit, _)| *limit)
}

/// The tries that one request may cause.
struct Attempts<'c> {
    timeout: Timeout,
    each: Duration,
    tries: u32,
    /// What the author wrote of it: a default alone is the platform's to change.
    address: &'c Address,
}

impl<'c> Attempts<'c> {
    fn new(timeout: Timeout, case: &'c RoutingCase<'_>) -> Option<Self> {
        let settings = case.settings;
        let (waiting, each) = (timeout.of(settings), *timeout.of(settings).value()?);
        let conditions = settings
            .retry_conditions
            .value()
            .filter(|conditions| conditions.contains("timeout") && !conditions.contains("off"))?;
        let (tries, time) = (*settings.retry_tries.value()?, *settings.retry_timeout.value()?);
        if tries < 2 || each.is_zero() || conditions.0.is_empty() {
            return None;
        }
        let written = [
            address(&settings.retry_tries),
            address(waiting),
            address(&settings.retry_timeout),
            address(&settings.retry_conditions),
        ];
        let begun = (1..=tries).take_while(|number| time.is_zero() || each * number.saturating_sub(1) < time).count();
        let tries = u32::try_from(begun).unwrap_or(u32::MAX);
        Some(Self { timeout, each, tries, address: written.into_iter().flatten().next()? })
    }

    fn total(&self) -> Duration {
        self.each * self.tries
    }

    fn finding(&self, case: &RoutingCase<'_>, name: &str, limit: Duration, place: &str) -> Finding {
        let Self { timeout, each, tries, address } = self;
        let total = self.total();
        let settings = case.settings;
        let fitting = u32::try_from(limit.as_secs_floor() / each.as_secs_ceil().max(1)).unwrap_or(u32::MAX).max(1);
        let shorter = Duration::from_secs((limit.as_secs_floor() / u64::from(*tries)).max(1));
        let lines = [
            settings.retry_tries.write(&fitting).as_ref().and_then(Write::line),
            timeout.of(settings).write(&shorter).as_ref().and_then(Write::line),
        ];
        let lines: Vec<String> = lines.into_iter().flatten().collect();
        Finding::at(case.label(address), format!("{timeout} {each} x {tries} tries is {total}, but {name} gives up after {limit}"))
            .excess(total.saturating_sub(limit).as_secs_ceil())
            .why(format!(
                "When pods hang, each try waits {each}, and the answer or the error comes after {total}. {} has left after {limit}, so the later \
                 tries work for nobody, and they ask pods that are in trouble {tries} times for each request.",
                capital(name)
            ))
            .help(format!("write one of these, so that all tries fit into {limit}:\n{}\nor tell the policy a longer {place}", lines.join("\n")))
    }
}

fn address<T>(setting: &Setting<T>) -> Option<&Address> {
    setting.as_written().map(|(_, address)| address)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
