//! What came back: every answer of a load, and what can be said of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::failure::Failure;

/// All answers of one load, in the order in which the requests were scheduled.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// When the first request was scheduled.
    pub(crate) started: SystemTime,
    /// How long requests were sent.
    pub(crate) lasted: Duration,
    /// By how much the latest of the requests was started after its instant: what the client itself adds.
    pub(crate) lateness: Duration,
    /// How often a request was sent again, since a kept connection had ended without an answer.
    pub(crate) resent: u64,
    /// One for each request.
    pub(crate) answers: Vec<Answer>,
}

/// What became of one request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Answer {
    /// The scheduled instant, since the start of the load.
    pub(crate) sent: Duration,
    /// The time from the scheduled instant to the end of the answer, or to the failure.
    pub(crate) took: Duration,
    /// Which connection carried it, counted from 1; 0 where none was open.
    pub(crate) connection: u64,
    /// The answer itself.
    pub(crate) result: Reply,
}

/// An answer, or why there is none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Reply {
    /// A whole answer.
    Status {
        /// The status code; 101 for a WebSocket whose echo came back.
        code: u16,
        /// The pod that answered, as it names itself.
        backend: Option<String>,
        /// The program that answered, as it names itself.
        app: Option<String>,
        /// When the pod had read the request, in microseconds of Unix time.
        arrived: Option<u64>,
        /// The status of a gRPC call.
        grpc: Option<u32>,
    },
    /// No answer.
    Failure(Failure),
}

/// The outcome of an answer by somebody else than the expected program.
pub(crate) const WRONG_BACKEND: &str = "wrong backend";

impl Reply {
    /// Whether it is an answer that a user is content with: 2xx or an echo, gRPC status 0, by the expected program.
    pub(crate) fn is_good(&self, expected_app: Option<&str>) -> bool {
        match self {
            Self::Failure(_) => false,
            Self::Status { grpc, .. } => {
                self.code_is_good() && grpc.is_none_or(|status| status == 0) && !self.is_wrong_backend(expected_app)
            }
        }
    }

    /// The name under which it is counted: `200`, `502`, `grpc 14`, `timeout`, `wrong backend`.
    pub(crate) fn outcome(&self, expected_app: Option<&str>) -> Cow<'static, str> {
        match self {
            Self::Failure(failure) => failure.outcome(),
            Self::Status { grpc: Some(status @ 1..), .. } => Cow::Owned(format!("grpc {status}")),
            Self::Status { .. } if self.is_wrong_backend(expected_app) => Cow::Borrowed(WRONG_BACKEND),
            Self::Status { code: 200, .. } => Cow::Borrowed("200"),
            Self::Status { code, .. } => Cow::Owned(code.to_string()),
        }
    }

    fn code_is_good(&self) -> bool {
        matches!(self, Self::Status { code: 101 | 200..=299, .. })
    }

    /// An answer that names nobody counts as wrong only where the backend can name itself: not in every gRPC answer or
    /// upgrade can a server set headers.
    fn is_wrong_backend(&self, expected_app: Option<&str>) -> bool {
        match (self, expected_app) {
            (Self::Status { app: Some(app), .. }, Some(expected)) => self.code_is_good() && app != expected,
            (Self::Status { app: None, code, grpc: None, .. }, Some(_)) => *code != 101 && self.code_is_good(),
            _ => false,
        }
    }
}

impl Answer {
    /// When the answer was there, since the start of the load.
    pub(crate) fn ended(&self) -> Duration {
        self.sent + self.took
    }
}

impl Record {
    /// How many requests came to which outcome.
    pub(crate) fn counts(&self, expected_app: Option<&str>) -> BTreeMap<String, u32> {
        counts(&self.answers, expected_app)
    }

    /// How many requests were not answered well.
    pub(crate) fn failures(&self, expected_app: Option<&str>) -> usize {
        self.failed(expected_app).count()
    }

    /// The longest time in which no good answer came, from the start of the load to its end.
    pub(crate) fn longest_gap(&self, expected_app: Option<&str>) -> Duration {
        let mut ends: Vec<Duration> = self.good(expected_app).map(Answer::ended).collect();
        ends.push(self.lasted);
        ends.sort_unstable();
        let mut before = Duration::ZERO;
        let mut longest = Duration::ZERO;
        for end in ends {
            longest = longest.max(end.saturating_sub(before));
            before = end;
        }
        longest
    }

    /// When each backend had its last request that it answered, since the start of the load, by the backend's own clock.
    pub(crate) fn last_arrivals(&self) -> BTreeMap<String, Duration> {
        let mut last = BTreeMap::new();
        for answer in &self.answers {
            let Reply::Status { backend: Some(backend), arrived: Some(micros), .. } = &answer.result else { continue };
            let arrived = SystemTime::UNIX_EPOCH + Duration::from_micros(*micros);
            let since = arrived.duration_since(self.started).unwrap_or_default();
            let entry = last.entry(backend.clone()).or_insert(since);
            *entry = since.max(*entry);
        }
        last
    }

    fn good<'a>(&'a self, expected_app: Option<&'a str>) -> impl Iterator<Item = &'a Answer> {
        self.answers.iter().filter(move |answer| answer.result.is_good(expected_app))
    }

    fn failed<'a>(&'a self, expected_app: Option<&'a str>) -> impl Iterator<Item = &'a Answer> {
        self.answers.iter().filter(move |answer| !answer.result.is_good(expected_app))
    }
}

/// How many answers came to which outcome.
pub(super) fn counts(answers: &[Answer], expected_app: Option<&str>) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        let outcome = answer.result.outcome(expected_app);
        match counts.get_mut(&*outcome) {
            Some(count) => *count += 1,
            None => {
                counts.insert(outcome.into_owned(), 1);
            }
        }
    }
    counts
}
