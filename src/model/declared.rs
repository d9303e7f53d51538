//! What a workload says of itself in annotations, since no field holds it.

use serde_json::Value;

use crate::object::{Address, At};
use crate::units::{Duration, go};

/// What a workload says of itself in annotations, since no field holds it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Declared {
    /// How long its longest request takes.
    pub longest_request: Option<Duration>,
    /// How long it keeps an idle connection open, and where it says so.
    pub keep_alive: Option<(Duration, Address)>,
    /// How long it needs to start.
    pub start_up: Option<Duration>,
    /// What it speaks: `http1`, `h2c`, `http2`, `https`, `grpc`, `grpcs` or `tcp`.
    pub protocol: Option<Box<str>>,
    /// Whether it holds WebSockets.
    pub websocket: bool,
}

impl Declared {
    /// Annotations of the object first, then those of its pods.
    pub(super) fn read(object: &Value, pods: &Value) -> Self {
        let say = |key: &str| object.at([key]).as_str().or_else(|| pods.at([key]).as_str());
        Self {
            longest_request: say("no502.dev/longest-request").and_then(|text| go(text).ok()),
            keep_alive: keep_alive(object, pods),
            start_up: say("no502.dev/start-up").and_then(|text| go(text).ok()),
            protocol: say("no502.dev/protocol").map(Into::into),
            websocket: say("no502.dev/websocket") == Some("true"),
        }
    }
}

/// The first annotation that speaks of idle connections, as [`Declared::read`] looks for the others.
fn keep_alive(object: &Value, pods: &Value) -> Option<(Duration, Address)> {
    const PLACES: [&str; 2] =
        ["/metadata/annotations/no502.dev~1keep-alive", "/spec/template/metadata/annotations/no502.dev~1keep-alive"];
    let texts = [object, pods].map(|annotations| annotations.at(["no502.dev/keep-alive"]).as_str());
    let (text, place) = texts.into_iter().zip(PLACES).find_map(|(text, place)| Some((text?, place)))?;
    Some((go(text).ok()?, Address::field(place)))
}
