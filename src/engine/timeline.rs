//! What timeouts and retries come to: how long a request may wait for its error in the worst case, and who has left by then.

mod front;

pub use front::{Front, Hop};

use crate::model::{RouteSettings, Setting};
use crate::rule::Facts;
use crate::rule::timeout::Timeout;
use crate::units::Duration;

/// The word among retry conditions that switches all the others off.
const OFF: &str = "off";
/// The word for a timeout of any kind.
const TIMEOUT: &str = "timeout";
/// Envoy's word for a connection that does not come about, in time or at all.
const CONNECT_FAILURE: &str = "connect-failure";
/// The word for requests that must not arrive twice, such as POST.
const NON_IDEMPOTENT: &str = "non_idempotent";

/// Which requests a wait is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Requests {
    /// All.
    Any,
    /// Those that may arrive twice: GET, HEAD, PUT, DELETE.
    Idempotent,
    /// Those that may not: POST, PATCH, LOCK.
    NonIdempotent,
}

/// What ends a wait.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// The last try.
    Tries,
    /// The time for retries, which is looked at between two tries: it allows no other one, and cuts none.
    RetryTime,
    /// The limit of the whole request.
    Request,
    /// The last endpoint: each is tried once.
    Endpoints,
    /// Nothing: it is tried again until the client leaves.
    Never,
    /// How often it is tried is not known.
    Unknown,
}

/// One way to wait for an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Wait {
    /// Which timeout runs out at each try.
    pub timeout: Timeout,
    /// Which requests wait so.
    pub requests: Requests,
    /// How long one try lasts.
    pub each: Duration,
    /// How many tries begin; `None` where that has no end or is not known.
    pub tries: Option<u32>,
    /// After how long the client gets the error; `None` where that has no end or is not known.
    pub total: Option<Duration>,
    /// What ends it.
    pub end: End,
    /// Whether it depends on a global configuration that nobody has seen.
    pub is_presumed: bool,
}

/// The worst case of a route.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Timeline {
    /// All ways to wait, in the order in which a request meets them.
    pub waits: Vec<Wait>,
    /// Who gives up in front, as far as the policy tells.
    pub fronts: Vec<Front>,
}

impl Timeline {
    /// The worst case under these settings. `repeats_all` says whether the gateway sends again what must not arrive twice,
    /// whatever the conditions say.
    #[must_use]
    pub fn new(settings: &RouteSettings, repeats_all: Option<bool>, facts: &Facts) -> Self {
        let is_grpc = settings.protocol.value().is_some_and(|protocol| protocol.is_grpc());
        // The global configuration says it of HTTP only.
        let retry = Retry { settings, repeats_all: if is_grpc { Some(false) } else { repeats_all } };
        let wait = |timeout, requests| retry.wait(timeout, requests);
        let mut waits = Vec::from_iter(wait(Timeout::Connect, Requests::Any));
        for timeout in [Timeout::Send, Timeout::Read] {
            // Every call of gRPC is a POST.
            let single = wait(timeout, Requests::NonIdempotent);
            let repeated = wait(timeout, Requests::Idempotent).filter(|_| !is_grpc);
            match (repeated, single) {
                (Some(repeated), Some(single)) if (repeated.tries, repeated.total) == (single.tries, single.total) => {
                    let is_presumed = repeated.is_presumed || single.is_presumed;
                    waits.push(Wait { requests: Requests::Any, is_presumed, ..repeated });
                }
                (repeated, single) => waits.extend(repeated.into_iter().chain(single)),
            }
        }
        waits.extend(retry.whole());
        Self { waits, fronts: front::fronts(facts) }
    }
}

/// How a route is tried again.
struct Retry<'s> {
    settings: &'s RouteSettings,
    repeats_all: Option<bool>,
}

/// How often something is tried.
enum Plan {
    Once,
    /// So many times, with 0 for without end, while less time than this has passed, with 0 for any.
    Again {
        tries: u32,
        time: Duration,
    },
    Unknown,
}

impl Retry<'_> {
    /// The limit of the whole request, which ends whatever goes on.
    fn whole(&self) -> Option<Wait> {
        let mut is_presumed = false;
        let each = self.limit(Timeout::Request, &mut is_presumed)?;
        let (timeout, requests) = (Timeout::Request, Requests::Any);
        Some(Wait { timeout, requests, each, tries: None, total: Some(each), end: End::Request, is_presumed })
    }

    /// How long a timeout allows; `None` where it is not known, or is none.
    fn limit(&self, timeout: Timeout, is_presumed: &mut bool) -> Option<Duration> {
        let is_limit = |limit: &Duration| !(limit.is_zero() && self.settings.zero_is_endless);
        best(timeout.of(self.settings), is_presumed).copied().filter(is_limit)
    }

    fn wait(&self, timeout: Timeout, requests: Requests) -> Option<Wait> {
        let mut is_presumed = false;
        let each = self.limit(timeout, &mut is_presumed)?;
        let (tries, total, end) = match self.plan(timeout, requests, &mut is_presumed) {
            Plan::Once => (Some(1), Some(each), End::Tries),
            Plan::Again { tries: 0, time: Duration::ZERO } if self.settings.ends_with_endpoints => (None, None, End::Endpoints),
            Plan::Again { tries, time } => again(each, tries, time),
            Plan::Unknown => (None, None, End::Unknown),
        };
        let wait = Wait { timeout, requests, each, tries, total, end, is_presumed };
        Some(match self.limit(Timeout::Request, &mut is_presumed) {
            Some(limit) if total.is_none_or(|total| total > limit) => {
                Wait { tries: None, total: Some(limit), end: End::Request, is_presumed, ..wait }
            }
            _ => wait,
        })
    }

    fn plan(&self, timeout: Timeout, requests: Requests, is_presumed: &mut bool) -> Plan {
        let Some(conditions) = best(&self.settings.retry_conditions, is_presumed) else { return Plan::Unknown };
        let is_connecting = timeout == Timeout::Connect && conditions.contains(CONNECT_FAILURE);
        if conditions.contains(OFF) || !(conditions.contains(TIMEOUT) || is_connecting) {
            return Plan::Once;
        }
        // While it connects, nothing of the request was sent yet.
        let may_arrive_twice = timeout != Timeout::Connect && requests == Requests::NonIdempotent;
        if may_arrive_twice && !conditions.contains(NON_IDEMPOTENT) {
            *is_presumed |= self.repeats_all.is_none();
            if self.repeats_all != Some(true) {
                return Plan::Once;
            }
        }
        let tries = best(&self.settings.retry_tries, is_presumed);
        let time = best(&self.settings.retry_timeout, is_presumed);
        match (tries, time) {
            (Some(1), _) => Plan::Once,
            (Some(tries), Some(time)) => Plan::Again { tries: *tries, time: *time },
            _ => Plan::Unknown,
        }
    }
}

/// Tries of this length, one after the other.
fn again(each: Duration, tries: u32, time: Duration) -> (Option<u32>, Option<Duration>, End) {
    if !time.is_zero() && !each.is_zero() {
        // The last try is the last that begins before the time is over.
        let begun = u32::try_from(time.as_millis().div_ceil(each.as_millis())).unwrap_or(u32::MAX);
        if tries == 0 || begun < tries {
            return (Some(begun), Some(each * begun), End::RetryTime);
        }
    }
    match tries {
        0 if time.is_zero() => (None, None, End::Never),
        // Tries that take no time are without number.
        0 => (None, Some(time), End::RetryTime),
        tries => (Some(tries), Some(each * tries), End::Tries),
    }
}

/// What holds, or what holds unless a global configuration that nobody has seen says otherwise.
fn best<'s, T>(setting: &'s Setting<T>, is_presumed: &mut bool) -> Option<&'s T> {
    let presumed = || setting.presumed.as_ref().inspect(|_| *is_presumed = true);
    setting.value().or_else(presumed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Conditions, Protocol, Provenance};
    use crate::policy::LoadBalancer;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn known<T>(value: T) -> Setting<T> {
        Setting::from(value, Provenance::GatewayDefault)
    }

    fn settings(connect: u64, read: u64, conditions: &str, tries: u32, time: u64) -> RouteSettings {
        RouteSettings {
            connect: known(secs(connect)),
            send: Setting::unknown(),
            read: known(secs(read)),
            retry_conditions: known(Conditions::parse(conditions)),
            retry_tries: known(tries),
            retry_timeout: known(secs(time)),
            protocol: known(Protocol::Http),
            ..RouteSettings::default()
        }
    }

    const NO_FACTS: Facts =
        Facts { client_timeout: None, load_balancer: None, enforces_policies: true, has_native_sleep: true, is_pruned: false };

    fn waits(settings: &RouteSettings) -> Vec<Wait> {
        Timeline::new(settings, Some(false), &NO_FACTS).waits
    }

    /// Of each wait: which timeout, whom, how many tries, the seconds in all, and what ends it.
    type Told = (Timeout, Requests, Option<u32>, Option<u64>, End);

    fn told(waits: &[Wait]) -> Vec<Told> {
        let told = |wait: &Wait| (wait.timeout, wait.requests, wait.tries, wait.total.map(Duration::as_secs_ceil), wait.end);
        waits.iter().map(told).collect()
    }

    use End::{Never, RetryTime, Tries};
    use Requests::{Any, Idempotent, NonIdempotent};
    use Timeout::{Connect, Read};

    #[test]
    fn every_try_lasts_its_timeout_and_what_was_sent_by_post_is_not_sent_again() {
        assert_eq!(
            told(&waits(&settings(5, 60, "error timeout", 3, 0))),
            [
                (Connect, Any, Some(3), Some(15), Tries),
                (Read, Idempotent, Some(3), Some(180), Tries),
                (Read, NonIdempotent, Some(1), Some(60), Tries)
            ]
        );
        let all = [(Connect, Any, Some(3), Some(15), Tries), (Read, Any, Some(3), Some(180), Tries)];
        assert_eq!(told(&waits(&settings(5, 60, "error timeout non_idempotent", 3, 0))), all);
        assert_eq!(told(&Timeline::new(&settings(5, 60, "error timeout", 3, 0), Some(true), &NO_FACTS).waits), all);
    }

    #[test]
    fn without_the_condition_or_with_one_try_there_is_one() {
        let once = [(Connect, Any, Some(1), Some(5), Tries), (Read, Any, Some(1), Some(60), Tries)];
        for (conditions, tries) in [("error http_502", 3), ("off", 3), ("error timeout off", 3), ("error timeout", 1)] {
            assert_eq!(told(&waits(&settings(5, 60, conditions, tries, 0))), once, "{conditions} {tries}");
        }
    }

    #[test]
    fn the_time_for_retries_cuts_between_tries_only() {
        // Seconds of one try, the tries and the time that are set; the tries and seconds that come of it.
        for (each, tries, time, begun, total, end) in [
            (60, 3, 59, Some(1), Some(60), RetryTime),
            (60, 3, 60, Some(1), Some(60), RetryTime),
            (60, 3, 61, Some(2), Some(120), RetryTime),
            (60, 3, 121, Some(3), Some(180), Tries),
            (1, 3, 1, Some(1), Some(1), RetryTime),
            (5, 0, 12, Some(3), Some(15), RetryTime),
            (5, 0, 0, None, None, Never),
            (0, 3, 10, Some(3), Some(0), Tries),
            (0, 0, 10, None, Some(10), RetryTime),
            (0, 0, 0, None, None, Never),
        ] {
            let found = again(secs(each), tries, secs(time));
            assert_eq!(found, (begun, total.map(secs), end), "{each} s x {tries} within {time} s");
        }
    }

    #[test]
    fn grpc_calls_are_posts() {
        let grpc = RouteSettings { protocol: known(Protocol::Grpc), ..settings(5, 60, "error timeout", 0, 0) };
        let expected = [(Connect, Any, None, None, Never), (Read, NonIdempotent, Some(1), Some(60), Tries)];
        for repeats_all in [Some(false), Some(true), None] {
            let waits = Timeline::new(&grpc, repeats_all, &NO_FACTS).waits;
            assert_eq!((told(&waits), waits[1].is_presumed), (expected.to_vec(), false), "{repeats_all:?}");
        }
    }

    #[test]
    fn the_limit_of_the_whole_request_cuts_a_running_try() {
        let limited = |limit| RouteSettings { request: known(secs(limit)), ..settings(5, 60, "error timeout", 3, 0) };
        let ends: Vec<_> = told(&waits(&limited(100))).into_iter().map(|(.., total, end)| (total, end)).collect();
        assert_eq!(ends, [(Some(15), Tries), (Some(100), End::Request), (Some(60), Tries), (Some(100), End::Request)]);
        let endless = RouteSettings { retry_tries: known(0), ..limited(100) };
        assert_eq!(told(&waits(&endless))[0], (Connect, Any, None, Some(100), End::Request));
    }

    #[test]
    fn a_limit_of_zero_is_none_where_the_gateway_means_that() {
        let endless = |read, request| RouteSettings {
            request: known(secs(request)),
            zero_is_endless: true,
            ..settings(5, read, "connect-failure http_503", 3, 0)
        };
        assert_eq!(told(&waits(&endless(0, 0))), [(Connect, Any, Some(3), Some(15), Tries)]);
        assert_eq!(
            told(&waits(&endless(2, 10))),
            [
                (Connect, Any, None, Some(10), End::Request),
                (Read, Any, Some(1), Some(2), Tries),
                (Timeout::Request, Any, None, Some(10), End::Request)
            ]
        );
    }

    #[test]
    fn what_is_not_known_is_not_summed_up() {
        let no_conditions = RouteSettings { retry_conditions: Setting::unknown(), ..settings(5, 60, "", 3, 0) };
        assert_eq!(
            told(&waits(&no_conditions)),
            [(Connect, Any, None, None, End::Unknown), (Read, Any, None, None, End::Unknown)]
        );
        assert_eq!(waits(&RouteSettings::default()), []);
    }

    #[test]
    fn what_is_presumed_is_marked() {
        let presumed = RouteSettings { read: Setting::presumed(secs(60)), ..settings(5, 1, "error timeout", 3, 0) };
        let marked = |waits: &[Wait]| waits.iter().map(|wait| wait.is_presumed).collect::<Vec<_>>();
        assert_eq!(marked(&waits(&presumed)), [false, true, true]);
        // Only whether a POST is sent again is open.
        let open = Timeline::new(&settings(5, 60, "error timeout", 3, 0), None, &NO_FACTS).waits;
        assert_eq!(marked(&open), [false, false, true]);
    }

    #[test]
    fn who_leaves_first_misses_the_error() {
        let balancer = LoadBalancer { layer: 7, idle_timeout: Some(secs(60)), deregistration_delay: None };
        let facts = Facts { client_timeout: Some(secs(100)), load_balancer: Some(balancer), ..NO_FACTS };
        let timeline = Timeline::new(&settings(5, 60, "error timeout", 3, 0), Some(false), &facts);
        let missed = |front: &Front| timeline.waits.iter().map(|wait| front.misses(wait)).collect::<Vec<_>>();
        let fronts: Vec<_> = timeline.fronts.iter().map(|front| (front.hop, front.status, missed(front))).collect();
        assert_eq!(
            fronts,
            [
                (Hop::LoadBalancer, Some(504), vec![Some(false), Some(true), Some(true)]),
                (Hop::Client, None, vec![Some(false), Some(true), Some(false)])
            ]
        );
        let unknown = Wait { end: End::Unknown, tries: None, total: None, ..timeline.waits[0] };
        let at = |after| Front { hop: Hop::Client, after: secs(after), status: None };
        assert_eq!((at(5).misses(&unknown), at(6).misses(&unknown)), (Some(true), None));
    }
}
