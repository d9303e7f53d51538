//! What an object says to other gateways than the one that serves it: to those of another class, and to the one that comes next.

use super::{Dialect, by_id};
use crate::model::{About, Gateway, Note, NoteKind, Routing};
use crate::object::Address;

/// Prefixes of annotations, and who reads them, sorted.
const PREFIXES: &[(&str, &str)] = &[
    ("alb.ingress.kubernetes.io", "the AWS Load Balancer Controller"),
    ("appgw.ingress.kubernetes.io", "the Application Gateway Ingress Controller"),
    ("haproxy-ingress.github.io", "HAProxy Ingress"),
    ("haproxy.org", "the HAProxy Kubernetes Ingress Controller"),
    ("konghq.com", "Kong"),
    ("nginx.com", "F5 NGINX"),
    ("nginx.ingress.kubernetes.io", "ingress-nginx"),
    ("nginx.org", "F5 NGINX"),
    ("projectcontour.io", "Contour"),
    ("traefik.ingress.kubernetes.io", "Traefik"),
];

/// Notes what other gateways would read, and what the next one would not.
pub fn read_others(dialect: &'static dyn Dialect, routing: &Routing, gateway: &Gateway<'_>, notes: &mut Vec<Note>) {
    let mut told = None;
    for (key, text) in &routing.annotations {
        let Some((prefix, reader)) = foreign(key, dialect, gateway) else { continue };
        // Annotations are sorted by their keys, and one of a prefix speaks for all.
        if told.replace(prefix) != Some(prefix) {
            let whose = if reader == dialect.name() {
                format!(
                    "The policy says that {reader} was given the prefix {} here, so it does not look at {prefix}.",
                    gateway.prefix
                )
            } else {
                format!("{prefix} is the prefix of {reader}, and this class is served by {}.", dialect.name())
            };
            let kind =
                NoteKind::WithoutEffect { written: text.clone(), about: About::Other, because: whose.into(), instead: None };
            notes.push(Note { address: Address::Annotation(key.clone()), key: (**key).into(), kind });
        }
    }
    if let Some(next) = gateway.next.and_then(by_id) {
        notes.extend(left_behind(routing, gateway, next));
    }
}

/// The prefix of an annotation and who reads it, where that is not the gateway that serves the object.
fn foreign(key: &str, dialect: &dyn Dialect, gateway: &Gateway<'_>) -> Option<(&'static str, &'static str)> {
    // Nearly all are of the gateway's own prefix.
    if key.starts_with(&*gateway.prefix) && !gateway.prefix.is_empty() {
        return None;
    }
    let prefix = key.split_once('/')?.0;
    let found = PREFIXES.binary_search_by(|(own, _)| (*own).cmp(prefix)).ok().and_then(|index| PREFIXES.get(index))?;
    let is_own = prefix == &*gateway.prefix || found.1 == dialect.name() && prefix != dialect.prefix();
    (!is_own).then_some(*found)
}

/// The annotations that a gateway with another prefix leaves behind.
fn left_behind(routing: &Routing, gateway: &Gateway<'_>, next: &dyn Dialect) -> Option<Note> {
    if next.prefix() == &*gateway.prefix {
        return None;
    }
    let own = |key: &str| key.strip_prefix(&*gateway.prefix).and_then(|rest| rest.strip_prefix('/')).map(Into::into);
    let keys: Box<[Box<str>]> = routing.annotations.iter().filter_map(|(key, _)| own(key)).collect();
    let first = keys.first()?.clone();
    let known = keys.iter().filter(|name| next.knows(name)).map(|name| format!("{}/{name}", next.prefix())).collect();
    let address = Address::Annotation(format!("{}/{first}", gateway.prefix).into());
    Some(Note { address, key: first, kind: NoteKind::LeftBehind { next: next.name(), keys, known } })
}
