//! Experiments: one YAML file each. Its first document says what is done and expected, the others are what a user
//! would apply, with the fault that the rule names.

mod certificates;
mod change;
mod event;
mod manifest;
mod run;
mod session;
mod verdict;

use std::collections::BTreeMap;
use std::fs::{read_dir, read_to_string};
use std::path::Path;

use no502::object::yaml;
use no502::units::Duration;
use serde::Deserialize;
use serde_json::Value;

use self::certificates::Certificates;
pub(crate) use self::event::Event;
pub(crate) use self::run::Measured;
pub(crate) use self::session::{Outcome as Shown, Wish, session};
use crate::fault::{At, Fault, Result};
use crate::gateway::RouteKind;
use crate::load::Traffic;
use crate::place::Place;

/// One experiment.
#[derive(Clone, Debug)]
pub(crate) struct Experiment {
    /// The name of its file.
    pub(crate) name: String,
    /// What is done and expected.
    pub(crate) plan: Plan,
    /// What is applied, as its author would write it; `${host}`, `${namespace}` and `${class}` stand for those of the run, `${ca}`,
    /// `${certificate}` and `${key}` for those of the pods, whose name is `app.lab`. Every namespace that an object names is made.
    pub(crate) objects: Vec<Value>,
    /// Those of its pods.
    pub(crate) certificates: Certificates,
}

/// The first document.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Plan {
    /// The rule that has to name the fault.
    pub(crate) rule: String,
    /// What is shown, in one line.
    pub(crate) title: String,
    /// In the smoke of every change.
    #[serde(default)]
    pub(crate) smoke: bool,
    /// The requests.
    #[serde(default)]
    pub(crate) traffic: Traffic,
    /// What happens in the middle.
    #[serde(default)]
    pub(crate) event: Event,
    /// How long requests are sent before the event.
    #[serde(default = "two_seconds")]
    pub(crate) lead: Duration,
    /// How long they are sent after it, or after what it started has come to its end.
    #[serde(default = "four_seconds")]
    pub(crate) tail: Duration,
    /// The profile that has to find it.
    #[serde(default = "strict")]
    pub(crate) profile: String,
    /// Whether the pods ever become ready while the fault is there.
    #[serde(default = "yes")]
    pub(crate) ready: bool,
    /// Whether no502 says so before any object is stored (`deny`, `warn`), mends it (`repair`), or lets it `pass` in silence, since it
    /// is the event that brings the fault: then it has to say so there.
    pub(crate) at_apply: AtApply,
    /// What the page of the rule says to use instead: merged into the objects, lists of named things by name.
    #[serde(default)]
    pub(crate) use_instead: Vec<Value>,
    /// What has to go wrong, by gateway; `contour/httproute` is the same gateway with another kind of route.
    pub(crate) gateways: BTreeMap<String, Expected>,
}

/// What no502 does when the fault is applied.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AtApply {
    /// It is refused.
    Deny,
    /// It passes with a warning.
    Warn,
    /// It passes, mended.
    Repair,
    /// It passes in silence. The event is told of.
    Pass,
}

/// What the fault has to lead to behind one gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Expected {
    /// The outcomes that count: `502`, `timeout`, `wrong backend` ...
    pub(crate) fails: Vec<Outcome>,
    /// How many of them at least; with an event, counted from it.
    #[serde(default = "one")]
    pub(crate) at_least: usize,
    /// The first of them comes this long after the event at the latest.
    #[serde(default)]
    pub(crate) within: Option<Duration>,
    /// Words of the gateway's own log, one of which gives the reason.
    pub(crate) because: Vec<String>,
}

/// An outcome: YAML reads a status code as a number.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    /// A status code.
    Code(u16),
    /// Any other name.
    Name(String),
}

impl Outcome {
    /// As the record names it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Code(code) => code.to_string(),
            Self::Name(name) => name.clone(),
        }
    }
}

impl Experiment {
    /// All experiments, in the order of their names.
    pub(crate) fn all(place: &Place) -> Result<Vec<Self>> {
        let folder = place.source().join("experiments");
        let entries = read_dir(&folder).at(&folder)?.flatten().map(|entry| entry.path());
        let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Result<Self> {
        let fault = |reason: String| Fault::Format { path: path.to_owned(), reason };
        let text = read_to_string(path).at(path)?;
        let (documents, unreadable) = yaml::read(&text);
        if let Some(broken) = unreadable.first() {
            return Err(fault(format!("line {}: {}", broken.at.line, broken.reason)));
        }
        let mut values = documents.into_iter().map(|document| document.value);
        let head = values.next().ok_or_else(|| fault("is empty".to_owned()))?;
        let plan: Plan = serde_json::from_value(head).map_err(|error| fault(format!("the first document: {error}")))?;
        if no502::rule::by_name(&plan.rule).is_none() {
            return Err(fault(format!("there is no rule {:?}", plan.rule)));
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, plan, objects: values.collect(), certificates: Certificates::make()? })
    }
}

/// A gateway of an experiment: `contour`, or `contour/httproute`.
pub(crate) fn variant(name: &str) -> Result<(&str, RouteKind)> {
    match name.split_once('/') {
        None => Ok((name, RouteKind::Ingress)),
        Some((gateway, "httproute")) => Ok((gateway, RouteKind::HttpRoute)),
        Some((gateway, "grpcroute")) => Ok((gateway, RouteKind::GrpcRoute)),
        Some((gateway, "httpproxy")) => Ok((gateway, RouteKind::HttpProxy)),
        Some((_, kind)) => {
            Err(Fault::Other(format!("{name}: a route is an httproute, a grpcroute or an httpproxy, not {kind:?}")))
        }
    }
}

fn two_seconds() -> Duration {
    Duration::from_secs(2)
}

fn four_seconds() -> Duration {
    Duration::from_secs(4)
}

fn strict() -> String {
    "strict".to_owned()
}

const fn yes() -> bool {
    true
}

const fn one() -> usize {
    1
}
