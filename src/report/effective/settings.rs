//! The settings of a route as rows: value, who says it, and where; or why it is not known.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::{Place, Places, SettingItem};
use crate::engine::Effective;
use crate::model::{Conditions, Global, NoteKind, Protocol, Provenance, RouteSettings, Setting};
use crate::object::Address;
use crate::object::yaml::Part;
use crate::report::one_line;
use crate::units::{Duration, Size};

/// All settings, in the order in which a request meets them.
pub(super) fn settings(effective: &Effective<'_>, places: &Places<'_>) -> Vec<SettingItem> {
    let own = &effective.reading.settings;
    let rows = Rows { effective, places };
    let retries_end = |time: &Duration| if time.is_zero() { "unlimited".to_owned() } else { time.to_string() };
    let limit = |size: &Size| if size.as_bytes() == 0 { "unlimited".to_owned() } else { size.to_string() };
    let kept = |time: &Duration| match time.as_secs_floor() {
        _ if time.is_zero() => "not kept".to_owned(),
        seconds if seconds > 0 && seconds.is_multiple_of(HOUR) => format!("{} h", seconds / HOUR),
        _ => time.to_string(),
    };
    let yes = |is_so: bool| if is_so { "yes" } else { "no" }.to_owned();
    let tries_end = |tries: &u32| match *tries {
        0 if own.ends_with_endpoints => "each pod once".to_owned(),
        0 => "unlimited".to_owned(),
        tries => format!("{tries} in all"),
    };
    let mut all = vec![
        rows.plain("connect", &own.connect),
        rows.plain("send", &own.send),
        rows.plain("read", &own.read),
        rows.plain("request", &own.request),
        rows.row("retryConditions", &own.retry_conditions, listed, |conditions| json(&conditions.0)),
        rows.row("retryTries", &own.retry_tries, tries_end, json),
        rows.row("retryTime", &own.retry_timeout, retries_end, json),
        rows.row("protocol", &own.protocol, |protocol| rows.spoken(*protocol), |protocol| protocol_name(*protocol).into()),
        rows.row("headerBuffer", &own.header_buffer, ToString::to_string, |size| size.to_string().into()),
    ];
    let more = [
        rows.row("bodyLimit", &own.body_limit, limit, |size| size.to_string().into()),
        rows.row("upstreamIdle", &own.upstream_idle, kept, json),
        rows.row("upgrades", &own.upgrades, |passes| yes(*passes), json),
        rows.row("clientHttp2", &own.client_http2, |speaks| yes(*speaks), json),
    ];
    // Not every gateway is asked for these yet, and silence is better than a setting that it is said not to have.
    all.extend(more.into_iter().filter(|row| row.source != "absent"));
    // Nor are implementations of the Gateway API, for anything that no route of theirs says.
    let is_asked = |row: &SettingItem| !matches!(row.name, "headerBuffer" | "bodyLimit" | "clientHttp2");
    all.retain(|row| effective.gateway.policies.is_none() || !row.value.is_null() || is_asked(row));
    all
}

/// Where the object writes its settings.
pub(super) fn written(settings: &RouteSettings) -> impl Iterator<Item = &Address> {
    let of = [
        address(&settings.connect),
        address(&settings.send),
        address(&settings.read),
        address(&settings.request),
        address(&settings.retry_conditions),
        address(&settings.retry_tries),
        address(&settings.retry_timeout),
        address(&settings.protocol),
        address(&settings.header_buffer),
        address(&settings.body_limit),
        address(&settings.upstream_idle),
        address(&settings.upgrades),
    ];
    of.into_iter().flatten()
}

fn address<T>(setting: &Setting<T>) -> Option<&Address> {
    setting.as_written().map(|(_, address)| address)
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn protocol_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "http",
        Protocol::Https => "https",
        Protocol::Grpc => "grpc",
        Protocol::Grpcs => "grpcs",
        Protocol::Other => "other",
    }
}

/// Failures as words with blanks between them.
fn listed(conditions: &Conditions) -> String {
    if conditions.0.is_empty() { "none".to_owned() } else { conditions.to_string() }
}

/// Who says a value, or why nobody knows it.
struct Origin {
    source: &'static str,
    from: String,
    place: Place,
}

impl Origin {
    fn new(source: &'static str, from: impl Into<String>) -> Self {
        Self { source, from: from.into(), place: Place::default() }
    }
}

/// What else decides on what is spoken to a port.
pub(in crate::report) const UNLESS_PORT: &str = ", unless the port's appProtocol says otherwise";

/// The seconds of an hour.
const HOUR: u64 = 3600;

/// What no single key of the object writes.
const GLOBAL: &[&str] = &["upstreamIdle", "upgrades", "clientHttp2"];

struct Rows<'r> {
    effective: &'r Effective<'r>,
    places: &'r Places<'r>,
}

impl Rows<'_> {
    /// A timeout.
    fn plain(&self, name: &'static str, setting: &Setting<Duration>) -> SettingItem {
        let is_endless = self.effective.reading.settings.zero_is_endless;
        let shown = |span: &Duration| if is_endless && span.is_zero() { "unlimited".to_owned() } else { span.to_string() };
        self.row(name, setting, shown, json)
    }

    fn row<T>(
        &self,
        name: &'static str,
        setting: &Setting<T>,
        shown: impl Fn(&T) -> String,
        value: impl Fn(&T) -> Value,
    ) -> SettingItem {
        let best = setting.value().or(setting.presumed.as_ref());
        let Origin { source, mut from, place } = match &setting.known {
            Some((_, provenance)) => self.known(name, setting, provenance),
            None if setting.presumed.is_some() => Origin::new("presumed", format!("default of {}", self.gateway())),
            None => self.unknown(name, setting),
        };
        if let Some(written) = self.ignored(setting) {
            let _ = write!(from, ", since \"{}\" is ignored", one_line(written));
        }
        let gateway = &self.effective.gateway;
        if source == "presumed" {
            let _ = write!(from, ", unless {} says otherwise", super::words::unless(gateway));
        } else if name == "protocol" && source == "gatewayDefault" && gateway.reads_app_protocol == Some(true) {
            from.push_str(UNLESS_PORT);
        }
        let nothing = if source == "absent" { "none" } else { "not known" };
        SettingItem {
            name,
            value: best.map(value).unwrap_or_default(),
            shown: best.map_or_else(|| nothing.to_owned(), shown),
            source,
            from,
            place,
        }
    }

    fn known<T>(&self, row: &str, setting: &Setting<T>, provenance: &Provenance) -> Origin {
        let settings = &self.effective.reading.settings;
        let is_route = self.effective.routing.id.kind.is_gateway_route();
        let is_listed = row == "protocol" && (settings.services.is_some() || self.effective.section.is_some());
        match provenance {
            Provenance::Written(address) => {
                let place = self.places.of(address, Part::Value);
                let (source, what) = match address {
                    Address::Field(..) => ("field", address.pointer()),
                    Address::Key { name, .. } => ("annotation", format!("annotation {name}")),
                    Address::Annotation(key) | Address::Data(key) => ("annotation", format!("annotation {key}")),
                };
                Origin { place, ..Origin::new(source, what) }
            }
            Provenance::ApiDefault => Origin::new("apiDefault", "default of the Kubernetes API"),
            Provenance::Global(key) => {
                let place = self.effective.config_map().map(|config| self.places.of_config(&config, key)).unwrap_or_default();
                Origin { place, ..Origin::new("configMap", format!("ConfigMap, key {key}")) }
            }
            // Where it cannot be written, the gateway takes no other value.
            Provenance::GatewayDefault if setting.writing.is_none() && !is_listed && !is_route && !GLOBAL.contains(&row) => {
                Origin::new("gatewayDefault", format!("fixed by {}{}", self.gateway(), self.for_protocol()))
            }
            Provenance::GatewayDefault => Origin::new("gatewayDefault", format!("default of {}", self.gateway())),
        }
    }

    fn unknown<T>(&self, row: &str, setting: &Setting<T>) -> Origin {
        let (gateway, reading) = (&self.effective.gateway, &self.effective.reading);
        let name = gateway.name;
        if gateway.dialect.is_none() {
            return Origin::new("unknown", "the gateway is not known");
        }
        let Some(writing) = &setting.writing else { return self.unwritable(row) };
        let mut notes = reading.notes.iter().filter(|note| note.address == writing.address).map(|note| &note.kind);
        let refusal = notes.find_map(|kind| match kind {
            NoteKind::Poison { .. } => Some("breaks on"),
            NoteKind::Rejected { .. } => Some("refuses"),
            NoteKind::Ignored { .. }
            | NoteKind::LeftBehind { .. }
            | NoteKind::UnknownKey { .. }
            | NoteKind::WithoutEffect { .. } => None,
        });
        let is_global = match (gateway.global, &writing.address) {
            (Global::Known(texts), Address::Key { name, .. }) => texts.get(name).is_some(),
            _ => false,
        };
        let why = match (refusal, self.effective.text_at(&writing.address), gateway.version) {
            (Some(verb), ..) => format!("{name} {verb} what is written"),
            (None, Some(text), None) if !text.is_empty() => {
                format!("what {name} makes of {text:?} depends on its version, which the policy does not tell")
            }
            (None, Some(text), Some(version)) if !text.is_empty() => {
                format!("what {name} {version} makes of {text:?} is not known")
            }
            _ if is_global => format!("what {name} makes of the text in the ConfigMap is not known"),
            _ => "nothing in the object tells, and another one may".to_owned(),
        };
        Origin::new("unknown", why)
    }

    /// What is spoken, and to which Services something else.
    fn spoken(&self, protocol: Protocol) -> String {
        let settings = &self.effective.reading.settings;
        let mut names: Vec<&str> = self.effective.routing.service_names().collect();
        names.sort_unstable();
        names.dedup();
        let others = names.into_iter().filter_map(|name| {
            let spoken = settings.protocol_to(name).filter(|spoken| *spoken != protocol && settings.services.is_some())?;
            Some(format!("; {spoken} to {name}"))
        });
        format!("{protocol}{}", others.collect::<String>())
    }

    /// Why a setting is not known that cannot be written here.
    fn unwritable(&self, row: &str) -> Origin {
        let gateway = &self.effective.gateway;
        let spoken = &self.effective.reading.settings.protocol;
        let protocol = spoken.value().or(spoken.presumed.as_ref());
        let is_grpc = protocol.is_some_and(|protocol| protocol.is_grpc());
        let depends = is_grpc && gateway.version.is_none() && gateway.policies.is_none();
        let is_whole = row == "request" && (!is_grpc || gateway.policies.is_none());
        let is_absent = is_whole || matches!(protocol, Some(Protocol::Http | Protocol::Https));
        let routing = self.effective.routing;
        let is_canary = routing.is_canary && routing.annotation_under(&gateway.prefix, "canary").is_some();
        match (row, protocol) {
            (_, None) if is_canary => {
                Origin::new("unknown", "of a canary, what the object with the same host and path says holds")
            }
            (_, None) => Origin::new("unknown", "TLS may pass through to the pods, and then nothing that is written here counts"),
            _ if is_absent => Origin::new("absent", format!("{} has no such setting", gateway.name)),
            ("connect" | "send" | "read", _) if depends => {
                Origin::new("unknown", format!("depends on the version{}, which the policy does not tell", self.for_protocol()))
            }
            _ => Origin::new("unknown", format!("no502 does not know it{}", self.for_protocol())),
        }
    }

    /// What is written and does not count, where that is why something else holds.
    fn ignored<T>(&self, setting: &Setting<T>) -> Option<&str> {
        let address = &setting.writing.as_ref()?.address;
        let mut notes = self.effective.reading.notes.iter().filter(|note| note.address == *address);
        notes.find_map(|note| match &note.kind {
            NoteKind::Ignored { written, .. } => Some(&**written),
            _ => None,
        })
    }

    /// `ingress-nginx 1.12.1`.
    fn gateway(&self) -> String {
        super::words::name(&self.effective.gateway)
    }

    /// ` for plain gRPC`, where it is not HTTP.
    fn for_protocol(&self) -> String {
        let spoken = &self.effective.reading.settings.protocol;
        match spoken.value().or(spoken.presumed.as_ref()) {
            None | Some(Protocol::Http | Protocol::Https) => String::new(),
            Some(Protocol::Other) => " for this protocol".to_owned(),
            Some(protocol) => format!(" for {protocol}"),
        }
    }
}
