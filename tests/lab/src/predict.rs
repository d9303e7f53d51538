//! What no502 says that holds, against what ingress-nginx writes: drawn annotations go in, and the directives of its own
//! nginx.conf come out.

use std::fs::read_to_string;
use std::path::Path;
use std::time::Duration;

use no502::engine::{Effective, Plan};
use no502::inventory::{Inventory, World};
use no502::model::{Model, Note, NoteKind, Protocol, RouteSettings};
use no502::object::Object;
use no502::units::{Size, nginx_size};
use serde_json::{Map, Value, json};

use crate::fault::{At, Fault, Result};
use crate::kubectl::Kubectl;
use crate::place::{INSIDE, Place};
use crate::say::say;
use crate::target::Target;
use crate::wait::until;

const NAMESPACE: &str = "predictions";
const PREFIX: &str = "nginx.ingress.kubernetes.io/";

/// Annotations and texts to draw from: what is taken, what is dropped, and what only looks odd. None is poison.
const DRAWN: &[(&str, &[&str])] = &[
    ("backend-protocol", &["HTTP", "HTTPS", "GRPC", "GRPCS", "https", "HTTP2", "H2C"]),
    ("client-body-buffer-size", &["16k", "1M", "1g", "8kb"]),
    ("proxy-body-size", &["8m", "1g", "0", "512k", "8mb", "2048"]),
    ("proxy-buffer-size", &["8k", "16k", "4096", "32K"]),
    ("proxy-buffering", &["on", "off"]),
    ("proxy-buffers-number", &["4", "8", "+6", "many", "4k"]),
    ("proxy-connect-timeout", &["1", "75", "+5", "5s", "", " 5"]),
    ("proxy-http-version", &["1.0", "1.1"]),
    ("proxy-max-temp-file-size", &["0", "64m", "1024m"]),
    ("proxy-next-upstream", &["error timeout http_502", "off", "error", "error timeout non_idempotent"]),
    ("proxy-next-upstream-timeout", &["0", "10", "10s", "1m"]),
    ("proxy-next-upstream-tries", &["0", "1", "5", "three", "3.0"]),
    ("proxy-read-timeout", &["30", "3600", "0", "120s", "2m", "60.0", "0x3c"]),
    ("proxy-request-buffering", &["on", "off"]),
    ("proxy-send-timeout", &["30", "0", "90s", "1h"]),
];

/// Keys of which the model holds no value: what is written without them, where that is anything.
const WORDS: &[(&str, &str, Option<&str>)] = &[
    ("client-body-buffer-size", "client_body_buffer_size", None),
    ("proxy-buffering", "proxy_buffering", Some("off")),
    ("proxy-http-version", "proxy_http_version", Some("1.1")),
    ("proxy-max-temp-file-size", "proxy_max_temp_file_size", Some("1024m")),
    ("proxy-request-buffering", "proxy_request_buffering", Some("on")),
];

/// Draws so many Ingresses, has them read by both, and compares.
pub(crate) async fn predict(place: &Place, count: u64) -> Result {
    let Target { kubectl, .. } = Target::find(place).await?;
    let policy = place.source().join("no502/policy.yaml");
    let plan = Plan::parse(&read_to_string(&policy).at(&policy)?).map_err(|error| Fault::Other(format!("{error:?}")))?;
    let mut inventory = Inventory::new();
    inventory.apply(Model::read(&object(get(&kubectl).await?)?));
    let drawn: Vec<Value> = (0..count).map(ingress).collect();
    for raw in &drawn {
        inventory.apply(Model::read(&object(raw.clone())?));
    }
    apply(&kubectl, &drawn).await?;
    let written = until("ingress-nginx has written all of them", Duration::from_mins(1), async || {
        let file = read_to_string(Path::new(INSIDE).join("ingress-nginx/etc-nginx/nginx.conf")).unwrap_or_default();
        let missing = (0..count).find(|number| block(&file, &host(*number)).is_none());
        missing.map_or(Ok(file), |number| Err(format!("{} is not there", host(number))))
    })
    .await;
    kubectl.outcome(&["delete", "namespace", NAMESPACE, "--wait=false"]).await?;
    let (written, world) = (written?, World::from(&inventory));
    let mut tally = Tally::default();
    for (number, raw) in (0..count).zip(&drawn) {
        let id = object(raw.clone())?.id;
        let (Some(routing), Some(block)) = (world.routing(&id), block(&written, &host(number))) else { continue };
        let Some(effective) = Effective::all(routing, &world, &plan).into_iter().next() else { continue };
        tally.compare(raw, block, &effective.reading.settings, &effective.reading.notes);
    }
    say(format!("{count} Ingresses: {} directives as no502 says, {} of which it says nothing", tally.same, tally.unknown));
    if tally.different.is_empty() {
        Ok(())
    } else {
        Err(Fault::Other(format!("{} are not as no502 says:\n{}", tally.different.len(), tally.different.join("\n"))))
    }
}

#[derive(Default)]
struct Tally {
    same: usize,
    unknown: usize,
    different: Vec<String>,
}

impl Tally {
    fn compare(&mut self, raw: &Value, block: &str, settings: &RouteSettings, notes: &[Note]) {
        let own = raw.pointer("/metadata/annotations").cloned().unwrap_or_default();
        let protocol = settings.protocol.value().copied();
        let family = if protocol.is_some_and(Protocol::is_grpc) { "grpc" } else { "proxy" };
        let passes = protocol.and_then(scheme).map(str::to_owned);
        let pass = directive(block, &format!("{family}_pass")).and_then(|text| Some(text.split_once("://")?.0.to_owned()));
        self.one(&own, "backend-protocol", passes, pass);
        for (name, setting) in [("connect", &settings.connect), ("send", &settings.send), ("read", &settings.read)] {
            let said = setting.value().map(|span| format!("{}s", span.as_secs_ceil()));
            self.one(&own, name, said, directive(block, &format!("{family}_{name}_timeout")));
        }
        let limit = settings.body_limit.value().map(|size| size.as_bytes().to_string());
        self.one(&own, "proxy-body-size", limit, directive(block, "client_max_body_size").and_then(|text| bytes(&text)));
        // What is written for HTTP stands in the block of a gRPC backend too, and counts for nothing there.
        if family == "proxy" {
            let said = settings.retry_conditions.value().map(ToString::to_string);
            self.one(&own, "conditions", said, directive(block, "proxy_next_upstream"));
            let said = settings.retry_tries.value().map(ToString::to_string);
            self.one(&own, "tries", said, directive(block, "proxy_next_upstream_tries"));
            let said = settings.retry_timeout.value().map(|span| span.as_secs_ceil().to_string());
            self.one(&own, "time", said, directive(block, "proxy_next_upstream_timeout"));
            let said = settings.header_buffer.value().map(|size| size.as_bytes().to_string());
            self.one(&own, "buffer", said, directive(block, "proxy_buffer_size").and_then(|text| bytes(&text)));
            for (key, name, default) in WORDS {
                let is_dropped = notes.iter().any(|note| *note.key == **key && matches!(note.kind, NoteKind::Ignored { .. }));
                let text = own.get(format!("{PREFIX}{key}")).and_then(Value::as_str).filter(|_| !is_dropped);
                let said = text.or(*default).unwrap_or("(nothing)").to_owned();
                self.one(&own, key, Some(said), Some(directive(block, name).unwrap_or_else(|| "(nothing)".to_owned())));
            }
        }
    }

    fn one(&mut self, own: &Value, what: &str, said: Option<String>, written: Option<String>) {
        match (said, written) {
            (None, _) => self.unknown += 1,
            (Some(said), Some(written)) if said == written => self.same += 1,
            (Some(said), written) => self.different.push(format!("{what}: no502 says {said}, nginx.conf {written:?}, of {own}")),
        }
    }
}

fn scheme(protocol: Protocol) -> Option<&'static str> {
    match protocol {
        Protocol::Http => Some("http"),
        Protocol::Https => Some("https"),
        Protocol::Grpc => Some("grpc"),
        Protocol::Grpcs => Some("grpcs"),
        Protocol::Other => None,
    }
}

/// A size as a number of bytes.
fn bytes(text: &str) -> Option<String> {
    let size = match text.strip_suffix(['g', 'G']) {
        Some(number) => Size::from_bytes(number.parse::<u64>().ok()?.checked_mul(1 << 30)?),
        None => nginx_size(text).ok()?,
    };
    Some(size.as_bytes().to_string())
}

fn host(number: u64) -> String {
    format!("p{number}.{NAMESPACE}.lab")
}

/// The server block of a host.
fn block<'t>(file: &'t str, host: &str) -> Option<&'t str> {
    let (_, rest) = file.split_once(&format!("## start server {host}\n"))?;
    rest.split_once(&format!("## end server {host}\n")).map(|(block, _)| block)
}

/// What stands behind the first directive of a name.
fn directive(block: &str, name: &str) -> Option<String> {
    let mut lines = block.lines().map(str::trim).filter_map(|line| line.strip_prefix(name)?.strip_suffix(';'));
    lines.find(|rest| rest.starts_with(char::is_whitespace)).map(|rest| rest.trim().trim_matches('"').to_owned())
}

/// Annotations by chance, the same ones for a number each time.
fn ingress(number: u64) -> Value {
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x0502);
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default() % below
    };
    let mut annotations = Map::new();
    for (key, texts) in DRAWN {
        // Two of five, so that many stand alone and many together.
        if draw(5) < 2
            && let Some(text) = texts.get(draw(texts.len()))
        {
            annotations.insert(format!("{PREFIX}{key}"), json!(text));
        }
    }
    let backend = json!({"service": {"name": "app", "port": {"number": 80}}});
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": format!("p{number}"), "namespace": NAMESPACE, "annotations": annotations},
        "spec": {"ingressClassName": "nginx", "rules": [
            {"host": host(number), "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}},
        ]},
    })
}

fn object(raw: Value) -> Result<Object> {
    Object::new(raw, NAMESPACE).ok_or_else(|| Fault::Other("this is no object".to_owned()))
}

/// The ConfigMap of the controller, as it is.
async fn get(kubectl: &Kubectl) -> Result<Value> {
    let place = ["--namespace", "ingress-nginx", "get", "configmap", "ingress-nginx-controller", "--output=json"];
    serde_json::from_str(&kubectl.run(&place).await?).map_err(|error| Fault::Other(error.to_string()))
}

async fn apply(kubectl: &Kubectl, ingresses: &[Value]) -> Result {
    kubectl.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}).to_string()).await?;
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "app", "namespace": NAMESPACE},
        "spec": {"selector": {"app": "app"}, "ports": [{"port": 80}]},
    });
    let items: Vec<&Value> = [&service].into_iter().chain(ingresses).collect();
    kubectl.apply(&json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()).await.map(drop)
}
