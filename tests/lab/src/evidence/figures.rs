//! The measured data: what `lab run` left, gathered in one file with one line for each outcome.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{metadata, read_dir, read_to_string};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::alone::Alone;
use crate::calibrate::Calibration;
use crate::experiment::Shown;
use crate::fault::{At, Fault, Result};

/// All that was measured.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Figures {
    /// How long deleted pods still get requests.
    #[serde(default)]
    pub(super) calibration: Option<Dated<Calibration>>,
    /// The outcomes, by rule, experiment and gateway.
    #[serde(default)]
    pub(super) outcomes: Vec<Entry>,
    /// What `make test-gateways` showed behind nginx alone, by name.
    #[serde(default)]
    pub(super) alone: Vec<Dated<Alone>>,
}

/// Something with the day on which it was measured.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Dated<T> {
    /// The day: `2026-11-21`.
    pub(super) measured: String,
    /// What was measured.
    #[serde(flatten)]
    pub(super) outcome: T,
}

/// The outcome of one experiment behind one gateway.
pub(super) type Entry = Dated<Shown>;

/// The calibration among the outcomes.
const CALIBRATION: &str = "calibration.json";

impl Figures {
    /// What was gathered so far; nothing, where there is no file yet.
    pub(super) fn read(path: &Path) -> Result<Self> {
        match read_to_string(path) {
            Ok(text) => parsed(path, &text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Fault::File { path: path.to_owned(), error }),
        }
    }

    /// Takes over what lies in the folder of the results. With `prune`, what does not lie there is forgotten.
    pub(super) fn collect(&mut self, results: &Path, prune: bool) -> Result {
        if prune {
            *self = Self::default();
        }
        for path in listed(results)? {
            if path.file_name().is_some_and(|name| name == CALIBRATION) {
                self.calibration = Some(dated(&path)?);
            } else {
                self.put(dated(&path)?);
            }
        }
        Ok(())
    }

    /// Takes over what nginx alone showed.
    pub(super) fn collect_alone(&mut self, folder: &Path) -> Result {
        for path in listed(folder)? {
            let entry: Dated<Alone> = dated(&path)?;
            self.alone.retain(|own| own.outcome.experiment != entry.outcome.experiment);
            self.alone.push(entry);
        }
        self.alone.sort_by(|left, right| left.outcome.experiment.cmp(&right.outcome.experiment));
        Ok(())
    }

    /// Adds an outcome, in the place of an earlier one.
    pub(super) fn put(&mut self, entry: Entry) {
        match self.outcomes.binary_search_by(|own| own.key().cmp(&entry.key())) {
            Ok(place) => self.outcomes.splice(place..=place, [entry]).for_each(drop),
            Err(place) => self.outcomes.insert(place, entry),
        }
    }

    /// The outcomes of a rule.
    pub(super) fn of_rule<'a>(&'a self, rule: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.outcomes.iter().filter(move |entry| entry.outcome.rule == rule)
    }

    /// As a file: one line for each outcome, so that a change of one is a change of one line.
    pub(super) fn text(&self) -> Result<String> {
        let line = |json: serde_json::Result<String>| json.map_err(|error| Fault::Other(format!("figures: {error}")));
        let mut text = "{\n".to_owned();
        if let Some(calibration) = &self.calibration {
            let _ = writeln!(text, "\"calibration\": {},", line(serde_json::to_string(calibration))?);
        }
        let outcomes: Result<Vec<String>> = self.outcomes.iter().map(|entry| line(serde_json::to_string(entry))).collect();
        let _ = write!(text, "\"outcomes\": [\n{}\n]", outcomes?.join(",\n"));
        if !self.alone.is_empty() {
            let alone: Result<Vec<String>> = self.alone.iter().map(|entry| line(serde_json::to_string(entry))).collect();
            let _ = write!(text, ",\n\"alone\": [\n{}\n]", alone?.join(",\n"));
        }
        text.push_str("\n}\n");
        Ok(text)
    }
}

impl Entry {
    /// What sets outcomes apart, and their order.
    fn key(&self) -> (&str, &str, &str) {
        (&self.outcome.rule, &self.outcome.experiment, &self.outcome.gateway)
    }

    /// Whether it shows what its rule says: requests fail for a reason that the gateway tells, and none does once mended.
    pub(super) fn shows(&self) -> bool {
        self.doubt().is_empty()
    }

    /// Why it shows nothing; empty, if it does.
    pub(super) fn doubt(&self) -> String {
        let (before, after) = (&self.outcome.before, &self.outcome.after);
        let mut doubts = BTreeSet::new();
        if before.failures == 0 {
            doubts.insert("nothing failed before");
        } else if before.reason.is_none() {
            doubts.insert("the gateway's log gives no reason");
        }
        if after.failures > 0 {
            doubts.insert("requests failed after too");
        }
        if [before, after].iter().any(|half| half.timeline.totals().get("client fault").is_some_and(|count| *count > 0)) {
            doubts.insert("requests failed in the load itself");
        }
        doubts.into_iter().collect::<Vec<_>>().join(", ")
    }

    /// The file of its picture.
    pub(super) fn picture_name(&self) -> String {
        format!("{}-{}.svg", self.outcome.experiment, self.outcome.gateway.replace('/', "-"))
    }
}

/// The results in a folder, which need not be there.
fn listed(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = match read_dir(folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(Fault::File { path: folder.to_owned(), error }),
    };
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    Ok(paths)
}

fn parsed<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Fault::Format { path: path.to_owned(), reason: error.to_string() })
}

/// A result with the day on which its file was written.
fn dated<T: DeserializeOwned>(path: &Path) -> Result<Dated<T>> {
    let outcome = parsed(path, &read_to_string(path).at(path)?)?;
    let written = metadata(path).and_then(|file| file.modified()).at(path)?;
    let written = Timestamp::try_from(written)
        .map_err(|error| Fault::Format { path: path.to_owned(), reason: format!("when it was written: {error}") })?;
    Ok(Dated { measured: written.to_zoned(TimeZone::UTC).date().to_string(), outcome })
}
