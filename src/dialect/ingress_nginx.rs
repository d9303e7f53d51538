//! ingress-nginx (`k8s.io/ingress-nginx`), up to its last release, v1.15.1.
//!
//! Sources: `internal/ingress/annotations`, `internal/ingress/controller/config/config.go` (defaults) and
//! `rootfs/etc/nginx/template/nginx.tmpl` (what reaches NGINX). A value that its annotation parser cannot read is
//! dropped with a line in the controller's log; the `ConfigMap`'s value, or the default, holds.

mod buffers;
mod config;
mod config_table;
mod connections;
mod grammar;
mod keys;
mod names;
mod page;
mod paths;
mod sizes;
mod table;
mod values;
mod without_effect;

pub use page::{Annotation, annotations, page};

use std::sync::Arc;

use crate::model::{
    About, Answers, Conditions, Gateway, Global, Labels, Matching, Note, NoteKind, Protocol, Provenance, Rejection,
    RouteSettings, Routing, Setting, Verification, Version,
};
use crate::object::{Address, Kind};
use crate::policy::near;
use crate::units::Duration;

use super::key::Source;
use super::{Dialect, Reading};

/// ingress-nginx.
pub struct IngressNginx;

impl Dialect for IngressNginx {
    fn id(&self) -> &'static str {
        "ingress-nginx"
    }

    fn name(&self) -> &'static str {
        "ingress-nginx"
    }

    fn controllers(&self) -> &'static [&'static str] {
        &["k8s.io/ingress-nginx"]
    }

    fn prefix(&self) -> &'static str {
        "nginx.ingress.kubernetes.io"
    }

    fn answers(&self) -> Answers {
        Answers { refused: 502, unreachable: 504, no_endpoint: 503, invalid_backend: 503, too_slow: 504, wrong_protocol: 502 }
    }

    /// Up to 3.3 s until the controller syncs (`--sync-rate-limit` 0.3), and up to 1 s until each worker polls its
    /// endpoints (`BACKENDS_SYNC_INTERVAL` in `balancer.lua`), and the way between them: the laboratory measured 4.38 s.
    fn endpoint_delay(&self) -> Option<Duration> {
        Some(Duration::from_millis(4500))
    }

    fn knows(&self, name: &str) -> bool {
        table::by_name(name).is_some()
    }

    /// `serviceEndpoints` in `internal/ingress/controller/controller.go` also compares with the target port's text.
    fn takes_target_ports(&self) -> bool {
        true
    }

    /// `charts/ingress-nginx/templates/_helpers.tpl` and `deploy/static/provider`; the default backend is another component.
    fn pod_labels(&self) -> &'static [(&'static str, &'static str)] {
        &[("app.kubernetes.io/name", "ingress-nginx"), ("app.kubernetes.io/component", "controller")]
    }

    fn matching(&self) -> Option<&'static dyn Matching> {
        Some(&paths::Paths)
    }

    fn reads(&self) -> &'static [Kind] {
        &[Kind::ConfigMap, Kind::Ingress, Kind::IngressClass]
    }

    /// `retry-non-idempotent` appends the word to the conditions of every location.
    fn repeats_all(&self, global: Global<'_>) -> Option<bool> {
        match global {
            Global::None => Some(false),
            Global::Unknown => None,
            Global::Known(texts) => Some(texts.get("retry-non-idempotent").is_some_and(grammar::is_true)),
        }
    }

    fn client_idle(&self, global: Global<'_>) -> Setting<Duration> {
        connections::client_idle(global)
    }

    fn upstream_idle(&self, routing: &Routing, gateway: &Gateway<'_>) -> Setting<Duration> {
        connections::upstream_idle(&Source { routing, gateway, notes: Vec::new() })
    }

    fn read_global(&self, texts: &Labels, gateway: &Gateway<'_>) -> Vec<Note> {
        config::read(texts, gateway)
    }

    fn read(&self, routing: &Routing, gateway: &Gateway<'_>) -> Reading {
        let mut source = Source { routing, gateway, notes: Vec::new() };
        let (settings, protocol) = settings(&mut source);
        read_others(&mut source);
        paths::read(&mut source);
        connections::redirect(&mut source, protocol);
        without_effect::read(&mut source, protocol);
        Reading { settings, notes: source.notes, ..Reading::default() }
    }

    fn settings(&self, routing: &Routing, gateway: &Gateway<'_>) -> Reading {
        let (settings, _) = settings(&mut Source { routing, gateway, notes: Vec::new() });
        Reading { settings, ..Reading::default() }
    }
}

/// What holds, and what is spoken to the backend where that counts for nothing.
fn settings(source: &mut Source<'_>) -> (RouteSettings, Option<Protocol>) {
    let mut settings = RouteSettings {
        connect: source.setting(&keys::CONNECT_TIMEOUT),
        send: source.setting(&keys::SEND_TIMEOUT),
        read: source.setting(&keys::READ_TIMEOUT),
        request: Setting::unknown(),
        retry_conditions: source.setting(&keys::NEXT_UPSTREAM),
        retry_tries: source.setting(&keys::NEXT_UPSTREAM_TRIES),
        retry_timeout: source.setting(&keys::NEXT_UPSTREAM_TIMEOUT),
        protocol: source.setting(&keys::BACKEND_PROTOCOL),
        header_buffer: buffers::read(source),
        ..RouteSettings::default()
    };
    connections::read(source, &mut settings);
    let protocol = settings.protocol.value().copied();
    limit_to_protocol(&mut settings, source);
    if connections::are_decided_elsewhere(source) {
        settings = RouteSettings::default();
    }
    (settings, protocol)
}

/// Which settings a protocol leaves without effect: FastCGI gets none at all, and gRPC no retries, and no timeout before v1.11.0 or
/// in another spelling.
fn limit_to_protocol(settings: &mut RouteSettings, source: &Source<'_>) {
    match settings.protocol.value() {
        Some(Protocol::Grpc | Protocol::Grpcs) => {
            let fixed = Duration::from_secs(60);
            let written = source.text(keys::BACKEND_PROTOCOL.name).map(str::trim);
            let is_spelt_so = written.is_some_and(|text| text == "GRPC" || text == "GRPCS");
            for timeout in [&mut settings.connect, &mut settings.send, &mut settings.read] {
                match source.gateway.version {
                    _ if !is_spelt_so => *timeout = Setting::from(fixed, Provenance::GatewayDefault),
                    Some(version) if version < Version(1, 11, 0) => *timeout = Setting::from(fixed, Provenance::GatewayDefault),
                    // Only what holds in every version is certain.
                    None if timeout.value() != Some(&fixed) && !timeout.is_written() => *timeout = Setting::unknown(),
                    _ => {}
                }
            }
            // The template writes these as `proxy_*` only: NGINX's own defaults hold, of which 0 is without end.
            settings.retry_conditions = Setting::from(Conditions::parse("error timeout"), Provenance::GatewayDefault);
            settings.retry_tries = Setting::from(0, Provenance::GatewayDefault);
            settings.retry_timeout = Setting::from(Duration::ZERO, Provenance::GatewayDefault);
            settings.header_buffer = Setting::unknown();
            // No `grpc_ssl_*` is ever written.
            settings.verification = Setting::from(Verification::Off, Provenance::GatewayDefault);
        }
        Some(Protocol::Other) | None => {
            *settings = RouteSettings { protocol: std::mem::take(&mut settings.protocol), ..RouteSettings::default() };
        }
        Some(Protocol::Http | Protocol::Https) => {}
    }
}

/// What is wrong with annotations that no setting depends on.
fn read_others(source: &mut Source<'_>) {
    let mut notes = Vec::new();
    for (key, text) in &source.routing.annotations {
        let own = key.strip_prefix(&*source.gateway.prefix).and_then(|rest| rest.strip_prefix('/'));
        notes.extend(own.and_then(|name| match table::by_name(name) {
            Some(row) => values::note(row, text, source),
            None => Some(unknown_key(key, name, text)),
        }));
    }
    if notes.iter().all(|note| *note.key != *"auth-type") {
        notes.extend(values::passwords(source));
    }
    // A text that is dropped, or that the object is refused for, reaches nobody's configuration.
    for key in keys::JUDGED_ONLY.iter().filter(|key| notes.iter().all(|note| *note.key != *key.name)) {
        source.setting(key);
    }
    // The location of a canary is the main object's, and nothing that it says of one answers for it.
    if connections::are_decided_elsewhere(source) {
        notes.retain(|note| !matches!(note.kind, NoteKind::Rejected { effect: Rejection::Answers(_), .. }));
    }
    source.notes.extend(notes);
}

/// An annotation under the gateway's prefix that it does not know. It never says so.
fn unknown_key(key: &Arc<str>, name: &str, text: &str) -> Note {
    let address = Address::Annotation(key.clone());
    if config::has(name) {
        let because = "It is a key of the controller's ConfigMap, and no annotation.".into();
        let instead = Some(format!("write it there, where it holds for all routes:\n{name}: {text:?}").into());
        let kind = NoteKind::WithoutEffect { written: text.into(), about: About::Exchange, because, instead };
        return Note { address, key: name.into(), kind };
    }
    let index = names::WITHOUT_EFFECT.binary_search_by(|(own, _)| own.cmp(&name)).ok();
    let known = index.and_then(|index| names::WITHOUT_EFFECT.get(index)).map(|(_, known)| *known);
    let near = if known.is_some() { None } else { near(name, table::ROWS.iter().map(|row| row.name)) };
    Note { address, key: name.into(), kind: NoteKind::UnknownKey { written: text.into(), near, known } }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Labels, Model};
    use crate::object::Object;

    #[test]
    fn the_tables_are_sorted_and_disjoint() {
        assert!(table::ROWS.is_sorted_by(|a, b| a.name < b.name));
        assert!(names::WITHOUT_EFFECT.is_sorted_by_key(|(name, _)| *name));
        for (name, _) in names::WITHOUT_EFFECT {
            assert!(table::by_name(name).is_none(), "{name}");
        }
        for key in keys::JUDGED_ONLY {
            assert!(table::by_name(key.name).is_some(), "{}", key.name);
        }
    }

    fn read(annotation: (&str, &str), version: Option<Version>, global: Global<'_>) -> Reading {
        let key = format!("nginx.ingress.kubernetes.io/{}", annotation.0);
        let raw = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": "web", "annotations": {key: annotation.1}}});
        let Some(Model::Routing(routing)) = Object::new(raw, "shop").as_ref().map(Model::read) else { panic!("no Ingress") };
        IngressNginx.read(&routing, &IngressNginx.gateway(version, global))
    }

    #[test]
    fn words_are_ignored_for_certain_only_where_they_are_checked() {
        let commas = ("proxy-next-upstream", "error,timeout");
        for (version, notes) in [(None, 0), (Some(Version(1, 11, 5)), 0), (Some(Version(1, 12, 0)), 1)] {
            let reading = read(commas, version, Global::None);
            assert_eq!(
                (reading.notes.len(), reading.settings.retry_conditions.value().is_some()),
                (notes, notes == 1),
                "{version:?}"
            );
        }
        // Numbers are read by every version.
        assert_eq!(read(("proxy-read-timeout", "120s"), None, Global::None).notes.len(), 1);
    }

    #[test]
    fn grpc_in_another_spelling_gets_no_timeouts() {
        for (text, seconds) in [("GRPC", 5), (" GRPCS", 5), ("grpc", 60), ("Grpcs", 60)] {
            let settings = read(("backend-protocol", text), Some(Version(1, 15, 1)), Global::None).settings;
            assert_eq!(settings.connect.value(), Some(&Duration::from_secs(seconds)), "{text:?}");
        }
    }

    #[test]
    fn texts_of_the_config_map_are_never_checked_but_its_numbers_are() {
        let texts = Labels::read(&json!({"proxy-next-upstream": "error,timeout", "proxy-read-timeout": "30s"}));
        let settings = read(("proxy-body-size", "8m"), Some(Version(1, 12, 0)), Global::Known(&texts)).settings;
        assert_eq!(settings.retry_conditions.value(), None);
        assert_eq!(settings.read.value(), Some(&Duration::from_secs(60)));
    }

    #[test]
    fn a_value_is_only_rewritten_where_seconds_hold_it_in_full() {
        for (text, has_rewrite) in [("2m", true), ("60.0", true), ("60.5", false), ("500ms", false), ("forever", false)] {
            let notes = read(("proxy-read-timeout", text), None, Global::None).notes;
            let [Note { kind: NoteKind::Ignored { rewrite, .. }, .. }] = &*notes else { panic!("{text}: {notes:?}") };
            assert_eq!(rewrite.is_some(), has_rewrite, "{text}");
        }
    }
}
