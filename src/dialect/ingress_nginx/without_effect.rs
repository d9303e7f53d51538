//! Annotations that ingress-nginx knows and reads, and of which nothing comes beside what else is written.

use super::super::key::Source;
use super::connections;
use crate::model::{About, Note, NoteKind, Protocol, Version};
use crate::object::Address;

/// The keys of timeouts, of retries, and of buffers, in the order in which they are told.
const TIMEOUTS: &[&str] = &["proxy-connect-timeout", "proxy-send-timeout", "proxy-read-timeout"];
const RETRIES: &[&str] = &["proxy-next-upstream", "proxy-next-upstream-timeout", "proxy-next-upstream-tries"];
const BUFFERS: &[&str] = &["proxy-buffer-size", "proxy-buffering", "proxy-request-buffering", "proxy-http-version"];

/// Notes what a protocol or a sticky cookie leaves without effect.
pub(super) fn read(source: &mut Source<'_>, protocol: Option<Protocol>) {
    match protocol {
        Some(Protocol::Grpc | Protocol::Grpcs) => grpc(source),
        Some(Protocol::Other) if source.text("backend-protocol").is_some_and(|text| text.trim().eq_ignore_ascii_case("FCGI")) => {
            let why = "With backend-protocol FCGI nothing but fastcgi_pass is written, and NGINX's own 60 s hold.";
            note(source, TIMEOUTS, About::Timeout, why, None);
            let why = "With backend-protocol FCGI nothing but fastcgi_pass is written.";
            note(source, RETRIES, About::Retry, why, None);
            note(source, BUFFERS, About::Exchange, why, None);
        }
        _ if connections::sticks(source) => {
            let why = "The cookie sends each try to the same pod again, also when that pod is gone.";
            let line = format!("{}/{}: \"true\"", source.gateway.prefix, connections::CHANGE_ON_FAILURE);
            note(source, RETRIES, About::Retry, why, Some(&format!("let a failing pod be left\n{line}")));
        }
        _ => {}
    }
}

/// The template writes `grpc_*` for the three timeouts alone, and for these since v1.11.0.
fn grpc(source: &mut Source<'_>) {
    if source.gateway.version.is_some_and(|version| version < Version(1, 11, 0)) {
        let why = "Before v1.11.0 a gRPC backend gets no timeout of the Ingress, and NGINX's own 60 s hold.";
        note(source, TIMEOUTS, About::Timeout, why, Some("update the controller"));
    }
    let why = "Retries are written for HTTP only: a gRPC call that meets a dead pod is tried again without end, and one that it broke never.";
    note(source, RETRIES, About::Retry, why, None);
    let why =
        "Buffers are written for HTTP only. The head of a gRPC answer has the room of grpc-buffer-size-kb in the ConfigMap.";
    note(source, BUFFERS, About::Exchange, why, None);
}

/// Notes those of the keys that are written, and that nothing worse was said of.
fn note(source: &mut Source<'_>, keys: &[&'static str], about: About, because: &str, instead: Option<&str>) {
    for key in keys {
        let Some(text) = source.text(key) else { continue };
        if source.notes.iter().any(|note| *note.key == **key) {
            continue;
        }
        let kind =
            NoteKind::WithoutEffect { written: text.into(), about, because: because.into(), instead: instead.map(Into::into) };
        let address = Address::Key { prefix: source.gateway.prefix.clone(), name: key };
        source.notes.push(Note { address, key: (*key).into(), kind });
    }
}
