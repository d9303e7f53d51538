//! What is wrong with the annotations of one object, by their table.

use std::sync::Arc;

use super::super::key::Source;
use super::grammar::{Grammar, is_true, rewrite};
use super::table::{self, Effect, Needs, Place, Row};
use super::{Role, names};
use crate::model::{About, Global, Note, NoteKind, Protocol, Rejection, ServiceLists, Version};
use crate::object::Address;
use crate::policy::near;

/// What its hosts answer after an object was taken out of service.
const NOT_FOUND: u16 = 404;

/// Annotations that may be empty, beside those that nobody checks.
const MAY_BE_EMPTY: [&str; 3] = ["basic-auth-realm", "proxy-busy-buffers-size", "server-tokens"];

/// One annotation under its row.
struct Own<'o> {
    row: &'static Row,
    text: &'o str,
    address: Address,
}

/// Notes what is wrong with the annotations. What is refused keeps all else from NGINX, so it is said alone.
pub(super) fn read(source: &mut Source<'_>, role: Role, services: &ServiceLists) {
    let mut notes = Vec::new();
    for (key, text) in &source.routing.annotations {
        match find(key, source) {
            Some(Ok(row)) => {
                let own = Own { row, text, address: address(row, key, source) };
                notes.extend(own.kind(source, role, services).map(|kind| own.note(kind)));
            }
            Some(Err(name)) => notes.push(unknown_key(key, name, text)),
            None => {}
        }
    }
    notes.extend(rewrites_in_regex(source));
    source.notes.extend(notes);
}

/// The row of a key; the name behind the prefix where the gateway has no such annotation; nothing where it is none of its own.
fn find<'k>(key: &'k str, source: &Source<'_>) -> Option<Result<&'static Row, &'k str>> {
    let own = key.strip_prefix(&*source.gateway.prefix).and_then(|rest| rest.strip_prefix('/'));
    match own {
        Some(name) => Some(table::by_name(name).ok_or(name)),
        None => match table::by_key(key) {
            Some(row) => Some(Ok(row)),
            None => key.starts_with(names::PLUS).then_some(Err(key)),
        },
    }
}

fn address(row: &Row, key: &Arc<str>, source: &Source<'_>) -> Address {
    if row.name == &**key {
        Address::Annotation(key.clone())
    } else {
        Address::Key { prefix: source.gateway.prefix.clone(), name: row.name }
    }
}

impl Own<'_> {
    fn note(&self, kind: NoteKind) -> Note {
        Note { address: self.address.clone(), key: self.row.name.into(), kind }
    }

    fn kind(&self, source: &Source<'_>, role: Role, services: &ServiceLists) -> Option<NoteKind> {
        let (row, version) = (self.row, source.gateway.version);
        match (row.since, version) {
            (Some(since), Some(version)) if version < since => return Some(too_old(self.text, since)),
            // What only some versions know may count for nothing in this one.
            (Some(_), None) => return None,
            _ => {}
        }
        if let Needs::With(name) = row.needs
            && source.text(name).is_none()
        {
            return None;
        }
        self.refused(source).or_else(|| self.without_effect(source, role, services)).or_else(|| self.poison())
    }

    /// What becomes of a text that the controller refuses.
    fn refused(&self, source: &Source<'_>) -> Option<NoteKind> {
        let row = self.row;
        let is_checked = row.checked_since.is_none_or(|since| source.gateway.version.is_some_and(|own| own >= since));
        let refused = if is_checked && !self.is_accepted(source) { Some(row.grammar.expects()) } else { None };
        let expects = missing(row, self.text, source).or(refused)?;
        Some(match row.effect {
            Effect::Removed => {
                let effect = Rejection::Removed(NOT_FOUND);
                NoteKind::Rejected { written: self.text.into(), expects: expects.into(), effect }
            }
            Effect::Default => NoteKind::Ignored {
                written: self.text.into(),
                expects: expects.into(),
                about: About::Other,
                holds: holds(row, source.gateway.global),
                meant: None,
                rewrite: None,
            },
        })
    }

    /// Nearly every annotation is refused for being empty.
    fn is_accepted(&self, source: &Source<'_>) -> bool {
        let may_be_empty = self.row.grammar == Grammar::Any || MAY_BE_EMPTY.contains(&self.row.name);
        if self.text.is_empty() { may_be_empty } else { self.row.grammar.accepts(self.text, Some(source.routing)) }
    }

    /// Why the controller drops what it could read.
    fn without_effect(&self, source: &Source<'_>, role: Role, services: &ServiceLists) -> Option<NoteKind> {
        let spoken = || source.routing.service_names().map(|name| services.protocol_of(name));
        let is_all_grpc = || spoken().next().is_some() && spoken().all(|spoken| spoken.is_some_and(Protocol::is_grpc));
        let (because, help) = match (self.row.place, role) {
            (Place::NotOnMaster, Role::Master) => (
                "It is about single Services, and a master has none.",
                "write it on the minions whose Services are meant, or delete the line",
            ),
            (Place::NotOnMinion, Role::Minion) => (
                "It is about a host as a whole, and only the master of the host says that.",
                "write it on the master of the host, or delete the line",
            ),
            _ if self.row.name == "grpc-services" && services.has_grpc == Some(false) => (
                "gRPC needs HTTP/2, and the controller's ConfigMap does not switch it on, so it speaks HTTP/1.1 to these Services.",
                "write http2: \"true\" in the ConfigMap of the controller",
            ),
            _ if self.row.name == "rewrite-target" && source.text("rewrites").is_some() => {
                ("rewrites stands beside it, and only one of the two counts.", "delete one of the two lines")
            }
            _ if self.row.name.starts_with("proxy-next-upstream") && is_all_grpc() => (
                "All Services of the object are gRPC, and the controller writes it for HTTP only.",
                "delete the line; NGINX tries another pod on \"error timeout\"",
            ),
            _ => return None,
        };
        let about = match self.row.name {
            name if name.starts_with("proxy-next-upstream") => About::Retry,
            name if name.ends_with("-timeout") => About::Timeout,
            _ => About::Exchange,
        };
        Some(NoteKind::WithoutEffect { written: self.text.into(), about, because: because.into(), instead: Some(help.into()) })
    }

    fn poison(&self) -> Option<NoteKind> {
        let because = self.row.poison?(self.text)?;
        let expects = self.row.grammar.expects().into();
        Some(NoteKind::Poison { written: self.text.into(), because: because.into(), expects, rewrite: None })
    }
}

/// What has to be on the object as well, or must not be, and is not so.
fn missing(row: &Row, text: &str, source: &Source<'_>) -> Option<String> {
    let prefix = &source.gateway.prefix;
    let beside = |name: &str| {
        let is_whole = name.contains('/');
        if is_whole { source.routing.annotation(name) } else { source.routing.annotation(&format!("{prefix}/{name}")) }
    };
    match row.needs {
        Needs::Beside(name) => beside(name).is_none().then(|| format!("{name} beside it")),
        Needs::BesideBool(name) => {
            let is_there = beside(name).is_some_and(|text| Grammar::Bool.accepts(text, Some(source.routing)));
            (!is_there).then(|| format!("{name} beside it, as \"true\" or \"false\""))
        }
        Needs::BesideTrue(name) => (!beside(name).is_some_and(is_true)).then(|| format!("{name}: \"true\" beside it")),
        Needs::Nothing | Needs::With(_) => None,
    }
    .or_else(|| {
        let is_word = |text: &str| matches!(text, "off" | "default");
        match row.name {
            "proxy-redirect-from" if !is_word(text) && beside("proxy-redirect-to").is_none() => {
                Some("proxy-redirect-to beside it".to_owned())
            }
            "proxy-redirect-to" if beside("proxy-redirect-from").is_some_and(is_word) => {
                Some("a URL or a pattern in proxy-redirect-from beside it, not \"off\" or \"default\"".to_owned())
            }
            _ => None,
        }
    })
}

/// What holds in the place of a dropped text, where that is known and something.
fn holds(row: &Row, global: Global<'_>) -> Option<String> {
    let text = match global {
        Global::Unknown if row.is_global => return None,
        Global::Known(texts) if row.is_global => texts.get(row.name).unwrap_or(row.default),
        _ => row.default,
    };
    (!text.is_empty()).then(|| text.to_owned())
}

/// A path behind `proxy_pass` in a location that is a regular expression, which NGINX refuses.
fn rewrites_in_regex(source: &Source<'_>) -> Option<Note> {
    const REWRITES: &str = "rewrites";
    let text = source.text(REWRITES)?;
    let is_regex = matches!(source.text("path-regex"), Some("case_sensitive" | "case_insensitive"));
    let is_grpc = source.text("grpc-services").is_some();
    if !is_regex || is_grpc || !Grammar::Rewrites.accepts(text, Some(source.routing)) {
        return None;
    }
    let mut paths = source.routing.routes.iter().filter(|route| !route.path.is_empty());
    let is_rewritten = |service: &str| text.split(';').filter_map(rewrite).any(|own| own == service);
    if !paths.any(|route| route.service_name().is_some_and(is_rewritten)) {
        return None;
    }
    let kind = NoteKind::Poison {
        written: text.into(),
        because: "path-regex makes the path a regular expression, and proxy_pass of NGINX takes no path of its own there.".into(),
        expects: "one of the two; rewrite-target goes with path-regex".into(),
        rewrite: None,
    };
    let address = Address::Key { prefix: source.gateway.prefix.clone(), name: REWRITES };
    Some(Note { address, key: REWRITES.into(), kind })
}

/// An annotation that the gateway does not know. It never says so.
fn unknown_key(key: &Arc<str>, name: &str, text: &str) -> Note {
    let known = names::known(name);
    let near = if known.is_some() { None } else { near(name, table::ROWS.iter().map(|row| row.name)) };
    let kind = NoteKind::UnknownKey { written: text.into(), near, known };
    Note { address: Address::Annotation(key.clone()), key: name.into(), kind }
}

/// An annotation or a key that this version does not know yet.
pub(super) fn too_old(text: &str, since: Version) -> NoteKind {
    let known = match since {
        Version(5, 0, _) => "versions before 5.0.0 do not know it",
        Version(5, 1, _) => "versions before 5.1.0 do not know it",
        Version(5, 2, _) => "versions before 5.2.0 do not know it",
        Version(5, 3, _) => "versions before 5.3.0 do not know it",
        Version(5, 4, _) => "versions before 5.4.0 do not know it",
        Version(5, 5, _) => "versions before 5.5.0 do not know it",
        _ => "this version does not know it yet",
    };
    NoteKind::UnknownKey { written: text.into(), near: None, known: Some(known) }
}
