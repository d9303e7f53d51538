//! What holds for routes, as a report: every setting with who says it, what is written and does not count, and the worst
//! case.

mod settings;
mod text;
mod words;

pub(super) use settings::UNLESS_PORT;
pub use text::text;
pub(super) use words::REDIRECT;

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use super::{ReportNote, ReportObject, entry_of, notes, object, one_line};
use crate::collect::files::{FileObject, Input};
use crate::engine::{Effective, End, Front, Hop, Requests, Wait};
use crate::model::{Note, NoteKind, Route};
use crate::object::yaml::{Part, Position, locate};
use crate::object::{Address, ObjectId};
use crate::rule::timeout::Timeout;
use crate::units::Duration;
use settings::settings;

/// A report: what JSON shows is what text shows. The shape is a contract.
#[derive(Debug, Serialize)]
pub struct EffectiveReport {
    /// The shape of the report.
    pub schema: &'static str,
    /// The version of no502.
    pub version: &'static str,
    /// The objects, by file, line and column.
    pub objects: Vec<EffectiveItem>,
    /// What could not be read.
    pub notes: Vec<ReportNote>,
}

/// What holds for the routes of one object.
#[derive(Debug, Serialize)]
pub struct EffectiveItem {
    /// The object.
    pub object: ReportObject,
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// The upstream that is meant, where the object has such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// The rule that is meant, where the object has such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The hosts and paths that it declares, or those that lead to the upstream.
    pub routes: Vec<String>,
    /// Who answers, where the rule names no backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Who serves it.
    pub gateway: GatewayItem,
    /// What holds.
    pub settings: Vec<SettingItem>,
    /// What is written and does not count, or does harm.
    pub remarks: Vec<Remark>,
    /// The worst case.
    pub timeline: TimelineItem,
}

/// A place in the input; an empty file and zeros where there is none.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// Who serves an object.
#[derive(Debug, Serialize)]
pub struct GatewayItem {
    /// Its name in policy documents; `None` where nobody told which gateway it is.
    pub dialect: Option<&'static str>,
    /// How people call it.
    #[serde(skip)]
    pub name: &'static str,
    /// Its version, where the policy tells it.
    pub version: Option<String>,
    /// The name of the ingress class.
    pub class: Option<String>,
    /// Who says so: `policy`, `assumed`, `kind`, `ingressClass` or `nobody`.
    pub basis: &'static str,
    /// The gateway for people: which, and who says so.
    pub from: String,
    /// Its global configuration: `read`, `none` or `unknown`.
    pub config: &'static str,
    /// The same for people.
    #[serde(rename = "configFrom")]
    pub config_from: String,
}

/// One setting.
#[derive(Debug, Serialize)]
pub struct SettingItem {
    /// Its name.
    pub name: &'static str,
    /// What holds, or is presumed to; null where it is not known.
    pub value: Value,
    /// The same for people.
    #[serde(skip)]
    pub shown: String,
    /// `annotation`, `field`, `configMap`, `gatewayDefault`, `apiDefault`, `presumed`, `absent` or `unknown`.
    pub source: &'static str,
    /// Who says it, or why it is not known, for people.
    pub from: String,
    /// Where it is written.
    #[serde(flatten)]
    pub place: Place,
}

/// What a gateway makes of something that is written.
#[derive(Debug, Serialize)]
pub struct Remark {
    /// `ignored`, `rejected`, `poison`, `withoutEffect`, `leftBehind` or `unknownKey`.
    pub kind: &'static str,
    /// The annotation, without its prefix.
    pub key: String,
    /// What the gateway makes of it.
    pub message: String,
    /// Where it is written.
    #[serde(flatten)]
    pub place: Place,
}

/// The worst case.
#[derive(Debug, Serialize)]
pub struct TimelineItem {
    /// What the gateway answers when a backend takes too long.
    pub status: u16,
    /// How long a request waits for it; without those timeouts that are not known.
    pub waits: Vec<WaitItem>,
    /// Who gives up in front of the gateway, as far as the policy tells.
    pub fronts: Vec<FrontItem>,
    /// Which of it is presumed, for people.
    #[serde(skip)]
    pub presumed: Option<String>,
}

/// One way to wait for an error.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitItem {
    /// Which timeout runs out at each try: `connect`, `send` or `read`.
    pub timeout: Timeout,
    /// `all`, `idempotent` or `nonIdempotent`.
    pub requests: &'static str,
    /// How long one try lasts.
    pub each: Duration,
    /// How many tries begin; null where that has no end or is not known.
    pub tries: Option<u32>,
    /// After how long the client gets the error; null where that has no end or is not known.
    pub total: Option<Duration>,
    /// What ends it: `tries`, `retryTime`, `request`, `never` or `unknown`.
    pub end: &'static str,
    /// Whether it depends on a `ConfigMap` that was not seen.
    pub presumed: bool,
    /// Who has left by then: `client`, `loadBalancer`.
    pub missed_by: Vec<&'static str>,
    /// The same for people.
    #[serde(skip)]
    pub line: words::WaitLine,
}

/// A hop in front of the gateway.
#[derive(Debug, Serialize)]
pub struct FrontItem {
    /// `client` or `loadBalancer`.
    pub hop: &'static str,
    /// After how long without an answer it gives up.
    pub after: Duration,
    /// What it answers by itself; null where it only closes the connection.
    pub status: Option<u16>,
    /// The same for people.
    #[serde(skip)]
    pub line: String,
}

impl EffectiveReport {
    /// The report of these objects of an input.
    #[must_use]
    pub fn new(mut objects: Vec<EffectiveItem>, input: &Input) -> Self {
        objects.sort_by(|a, b| a.place.cmp(&b.place));
        Self { schema: "no502.dev/effective/v1", version: env!("CARGO_PKG_VERSION"), objects, notes: notes(input) }
    }

    /// The report as JSON, for machines.
    #[must_use]
    pub fn json(&self) -> String {
        // All keys are texts, so nothing can fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl EffectiveItem {
    /// What holds for the object at this place of the input, or in a cluster.
    #[must_use]
    pub fn new(effective: &Effective<'_>, entry: Option<&FileObject>, input: &Input) -> Self {
        let places = Places::new(effective, entry, input);
        let remark = |note: &Note| {
            let (kind, message) = words::remark(note, effective);
            let message = one_line(&message);
            Remark { kind, key: note.key.to_string(), message, place: places.of(&note.address, part(note)) }
        };
        let mut remarks: Vec<Remark> = effective.reading.notes.iter().map(remark).collect();
        remarks.sort_by(|a, b| a.place.cmp(&b.place));
        Self {
            object: object(&effective.routing.id),
            place: places.object.clone(),
            upstream: named(effective, "upstream"),
            rule: named(effective, "rule"),
            routes: routes(effective),
            answer: words::answer(effective),
            gateway: words::gateway(effective),
            settings: settings(effective, &places),
            remarks,
            timeline: timeline(effective),
        }
    }
}

/// The name of the section that is meant, where it is called so.
fn named(effective: &Effective<'_>, word: &str) -> Option<String> {
    effective.section.filter(|section| section.word() == word).map(|section| section.name.to_string())
}

/// The routes for which it holds: one to several backends is one.
fn routes(effective: &Effective<'_>) -> Vec<String> {
    let index = effective.section.map(|section| section.index);
    let mut routes: Vec<String> = Vec::new();
    for route in effective.routing.routes.iter().filter(|route| route.section() == index).map(Route::shown) {
        if !routes.contains(&route) {
            routes.push(route);
        }
    }
    routes
}

fn timeline(effective: &Effective<'_>) -> TimelineItem {
    let timeline = &effective.timeline;
    let wait = |wait: &Wait| WaitItem {
        timeout: wait.timeout,
        requests: match wait.requests {
            Requests::Any => "all",
            Requests::Idempotent => "idempotent",
            Requests::NonIdempotent => "nonIdempotent",
        },
        each: wait.each,
        tries: wait.tries,
        total: wait.total,
        end: match wait.end {
            End::Tries => "tries",
            End::RetryTime => "retryTime",
            End::Request => "request",
            End::Endpoints => "endpoints",
            End::Never => "never",
            End::Unknown => "unknown",
        },
        presumed: wait.is_presumed,
        missed_by: timeline.fronts.iter().filter(|front| front.misses(wait) == Some(true)).map(|front| hop(front.hop)).collect(),
        line: words::wait(wait, effective),
    };
    let front = |front: &Front| FrontItem {
        hop: hop(front.hop),
        after: front.after,
        status: front.status,
        line: words::front(front, effective),
    };
    TimelineItem {
        status: effective.gateway.answers.too_slow,
        waits: timeline.waits.iter().map(wait).collect(),
        fronts: timeline.fronts.iter().map(front).collect(),
        presumed: words::presumed(effective),
    }
}

fn hop(hop: Hop) -> &'static str {
    match hop {
        Hop::Client => "client",
        Hop::LoadBalancer => "loadBalancer",
    }
}

/// Which part of an annotation a note is about.
fn part(note: &Note) -> Part {
    match note.kind {
        NoteKind::UnknownKey { .. } => Part::Key,
        _ => Part::Value,
    }
}

/// Where things are written: those of the object are looked up at once.
struct Places<'i> {
    input: &'i Input,
    file: usize,
    name: String,
    object: Place,
    own: HashMap<(String, Part), Position>,
}

impl<'i> Places<'i> {
    fn new(effective: &Effective<'_>, entry: Option<&FileObject>, input: &'i Input) -> Self {
        // Without a file, what it says of the ConfigMap is all that is known of places.
        let Some(entry) = entry else {
            return Self { input, file: usize::MAX, name: String::new(), object: Place::default(), own: HashMap::new() };
        };
        let file = input.files.get(entry.file);
        let name = file.map(|file| file.name.clone()).unwrap_or_default();
        let notes = effective.reading.notes.iter().map(|note| (note.address.pointer(), part(note)));
        let written = settings::written(&effective.reading.settings).map(|address| (address.pointer(), Part::Value));
        let keys: Vec<(String, Part)> = [(String::new(), Part::Value)].into_iter().chain(notes).chain(written).collect();
        let full: Vec<(String, Part)> = keys.iter().map(|(key, part)| (format!("{}{key}", entry.prefix), *part)).collect();
        let full: Vec<(&str, Part)> = full.iter().map(|(pointer, part)| (pointer.as_str(), *part)).collect();
        let found = file.map(|file| locate(&file.text, entry.document, &full)).unwrap_or_default();
        let own: HashMap<_, _> = keys.into_iter().zip(found).filter_map(|(key, position)| Some((key, position?))).collect();
        let mut places = Self { input, file: entry.file, name, object: Place::default(), own };
        places.object = places.at(String::new(), Part::Value);
        places
    }

    fn at(&self, pointer: String, part: Part) -> Place {
        if self.name.is_empty() {
            return Place::default();
        }
        let position = self.own.get(&(pointer, part)).copied().unwrap_or(Position { line: 1, column: 1 });
        Place { file: self.name.clone(), line: position.line, column: position.column }
    }

    /// A part of the object.
    fn of(&self, address: &Address, part: Part) -> Place {
        self.at(address.pointer(), part)
    }

    /// A key of a `ConfigMap`; nowhere where it is not in the input.
    fn of_config(&self, config: &ObjectId, key: &str) -> Place {
        let entry = entry_of(config, self.file, self.input);
        let file = entry.and_then(|entry| self.input.files.get(entry.file));
        let position = entry.zip(file).and_then(|(entry, file)| {
            let pointer = format!("{}/data/{}", entry.prefix, crate::object::escape(key));
            locate(&file.text, entry.document, &[(&pointer, Part::Value)]).into_iter().next().flatten()
        });
        let Some((file, position)) = file.zip(position) else { return Place::default() };
        Place { file: file.name.clone(), line: position.line, column: position.column }
    }
}
