//! Answers over time: how many requests of each tenth of a second came to which outcome.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use no502::units::Duration;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::record::Record;

/// Counts by outcome and by the time at which requests were sent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Timeline {
    /// The width of a bin.
    pub(crate) bin: Duration,
    /// For each outcome one count a bin; all of one length.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub(crate) bins: BTreeMap<String, Vec<u32>>,
}

/// The width of a bin.
const BIN: Duration = Duration::from_millis(100);

/// More bins than a day has; a file that asks for more is broken.
const MOST_BINS: usize = 1_000_000;

impl Timeline {
    /// How many bins there are.
    pub(crate) fn len(&self) -> usize {
        self.bins.values().map(Vec::len).max().unwrap_or(0)
    }

    /// How many requests came to which outcome.
    pub(crate) fn totals(&self) -> BTreeMap<&str, u32> {
        self.bins.iter().map(|(outcome, bins)| (outcome.as_str(), bins.iter().sum())).collect()
    }
}

impl Record {
    /// The answers over time, by the instants at which the requests were scheduled.
    pub(crate) fn timeline(&self, expected_app: Option<&str>) -> Timeline {
        let place =
            |sent: std::time::Duration| usize::try_from(sent.as_millis() / u128::from(BIN.as_millis())).unwrap_or(MOST_BINS);
        let length = self.answers.iter().map(|answer| place(answer.sent) + 1).max().unwrap_or(0).min(MOST_BINS);
        let mut bins: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for answer in &self.answers {
            let outcome = answer.result.outcome(expected_app);
            if !bins.contains_key(&*outcome) {
                bins.insert(outcome.clone().into_owned(), vec![0; length]);
            }
            if let Some(count) = bins.get_mut(&*outcome).and_then(|counts| counts.get_mut(place(answer.sent))) {
                *count += 1;
            }
        }
        Timeline { bin: BIN, bins }
    }
}

/// Each list as its runs: `20*57 0*3 19`.
fn write<S: Serializer>(bins: &BTreeMap<String, Vec<u32>>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(bins.iter().map(|(outcome, counts)| (outcome, runs(counts))))
}

fn runs(counts: &[u32]) -> String {
    let mut text = String::new();
    for run in counts.chunk_by(|left, right| left == right) {
        let space = if text.is_empty() { "" } else { " " };
        let count = run.first().copied().unwrap_or(0);
        let _ = match run.len() {
            1 => write!(text, "{space}{count}"),
            length => write!(text, "{space}{count}*{length}"),
        };
    }
    text
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Vec<u32>>, D::Error> {
    let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
    let lists = texts.into_iter().map(|(outcome, text)| {
        let counts = counts(&text).ok_or_else(|| de::Error::custom(format!("{text:?} is no list such as 20*57 0*3 19")))?;
        Ok((outcome, counts))
    });
    lists.collect()
}

fn counts(text: &str) -> Option<Vec<u32>> {
    let mut counts: Vec<u32> = Vec::new();
    for run in text.split_ascii_whitespace() {
        let (count, length) = run.split_once('*').unwrap_or((run, "1"));
        let length = counts.len().checked_add(length.parse().ok()?).filter(|length| *length <= MOST_BINS)?;
        counts.resize(length, count.parse().ok()?);
    }
    Some(counts)
}
