//! The fields of upstreams and routes: what the controller takes, and what becomes of anything else.
//!
//! Source: `validateUpstreams` and `validateVirtualServerRoutes` in `pkg/apis/configuration/validation/virtualserver.go`.

#[allow(clippy::enum_glob_use, reason = "the rows of the table are read side by side")]
use super::grammar::Grammar::{self, *};
use super::grammar::is_true;
use super::poison;
use super::table::Poison;
use super::virtual_server::FIELD;
use crate::model::{About, Backend, Note, NoteKind, Place, Rejection, Route, Routing, Section};
use crate::object::Address;

/// What its hosts answer after an object was taken out of service.
const NOT_FOUND: u16 = 404;

/// One field of an upstream.
pub(super) struct Field {
    /// Where it stands.
    pub(super) template: &'static str,
    pub(super) grammar: Grammar,
    /// The key of the `ConfigMap` that says what holds without it.
    pub(super) key: Option<&'static str>,
    /// What holds without it, where no key says that; empty where that is nothing.
    pub(super) default: &'static str,
    pub(super) poison: Option<Poison>,
}

const fn field(template: &'static str, grammar: Grammar) -> Field {
    Field { template, grammar, key: None, default: "", poison: None }
}

impl Field {
    const fn poison(self, poison: Poison) -> Self {
        Self { poison: Some(poison), ..self }
    }

    const fn key(self, key: &'static str) -> Self {
        Self { key: Some(key), ..self }
    }

    const fn default(self, default: &'static str) -> Self {
        Self { default, ..self }
    }

    /// Its path below the upstream.
    pub(super) fn name(&self) -> &'static str {
        self.template.strip_prefix(FIELD).unwrap_or(self.template)
    }
}

/// Every field whose text the controller looks at, sorted.
pub(super) const FIELDS: &[Field] = &[
    field("/spec/upstreams/{}/buffer-size", Size).key("proxy-buffer-size").poison(poison::size),
    field("/spec/upstreams/{}/buffers/number", Positive).key("proxy-buffers"),
    field("/spec/upstreams/{}/buffers/size", Size).key("proxy-buffers").poison(poison::size),
    field("/spec/upstreams/{}/busy-buffers-size", Size).key("proxy-busy-buffers-size").poison(poison::size),
    field("/spec/upstreams/{}/client-max-body-size", Offset).key("client-max-body-size"),
    field("/spec/upstreams/{}/connect-timeout", Time).key("proxy-connect-timeout").poison(poison::timeout),
    field("/spec/upstreams/{}/fail-timeout", Time).key("fail-timeout").poison(poison::seconds),
    field("/spec/upstreams/{}/healthCheck/connect-timeout", Time).poison(poison::timeout),
    field("/spec/upstreams/{}/healthCheck/interval", Time).default("5s"),
    field("/spec/upstreams/{}/healthCheck/jitter", Time),
    field("/spec/upstreams/{}/healthCheck/keepalive-time", Time),
    field("/spec/upstreams/{}/healthCheck/read-timeout", Time).poison(poison::timeout),
    field("/spec/upstreams/{}/healthCheck/send-timeout", Time).poison(poison::timeout),
    field("/spec/upstreams/{}/keepalive", Unsigned).key("keepalive"),
    field("/spec/upstreams/{}/lb-method", Balancing).key("lb-method"),
    field("/spec/upstreams/{}/max-conns", Unsigned).default("0"),
    field("/spec/upstreams/{}/max-fails", Unsigned).key("max-fails"),
    field("/spec/upstreams/{}/name", Label),
    field("/spec/upstreams/{}/next-upstream", Conditions).default("error timeout"),
    field("/spec/upstreams/{}/next-upstream-timeout", Time).default("0s").poison(poison::timeout),
    field("/spec/upstreams/{}/next-upstream-tries", Unsigned).default("0"),
    field("/spec/upstreams/{}/queue/size", Positive),
    field("/spec/upstreams/{}/queue/timeout", Time).default("60s"),
    field("/spec/upstreams/{}/read-timeout", Time).key("proxy-read-timeout").poison(poison::timeout),
    field("/spec/upstreams/{}/send-timeout", Time).key("proxy-send-timeout").poison(poison::timeout),
    field("/spec/upstreams/{}/slow-start", Time),
    field("/spec/upstreams/{}/type", Word(&["grpc", "http"])).default("http"),
];

/// Whether NGINX gets the one address of the Service in the place of its pods', and no server for when that fails.
pub(super) fn has_one_server(upstream: &Section) -> bool {
    upstream.text("use-cluster-ip").is_some_and(is_true) && upstream.text("backup").is_none()
}

/// Whether a route leads to an upstream. Only then it has a location, and with it all but what the block of the upstream says.
pub(super) fn has_location(upstream: &Section, routing: &Routing) -> bool {
    routing.routes.iter().any(|route| route.section() == Some(upstream.index))
}

/// Whether the text of a field reaches NGINX.
fn is_written(field: &Field, upstream: &Section, routing: &Routing) -> bool {
    match field.name().split_once('/') {
        Some(("healthCheck", _)) => upstream.text("healthCheck/enable").is_some_and(is_true),
        _ => field.name() == "fail-timeout" || has_location(upstream, routing),
    }
}

/// A note at a field of an upstream.
pub(super) fn note(upstream: &Section, field: &'static str, kind: impl FnOnce(&str) -> NoteKind) -> Note {
    let template = FIELDS.iter().find(|own| own.name() == field).map_or(FIELD, |own| own.template);
    let written = upstream.text(field).unwrap_or_default();
    let key = field.replace('/', ".").into();
    Note { address: Address::item(template, upstream.index), key, kind: kind(written) }
}

fn rejected(written: &str, expects: impl Into<Box<str>>) -> NoteKind {
    NoteKind::Rejected { written: written.into(), expects: expects.into(), effect: Rejection::Removed(NOT_FOUND) }
}

/// What is wrong with the fields of an upstream.
pub(super) fn of_upstream(upstream: &Section, routing: &Routing) -> Vec<Note> {
    let texts = FIELDS.iter().filter_map(|field| Some((field, upstream.text(field.name())?)));
    let judged = texts.filter_map(|(field, text)| {
        let kind = if !field.grammar.accepts(text, Some(routing)) {
            rejected(text, field.grammar.expects())
        } else if let Some(because) =
            field.poison.filter(|_| is_written(field, upstream, routing)).and_then(|poison| poison(text))
        {
            let expects = field.grammar.expects().into();
            NoteKind::Poison { written: text.into(), because: because.into(), expects, rewrite: None }
        } else if field.name().starts_with("next-upstream") && has_one_server(upstream) {
            NoteKind::WithoutEffect {
                written: text.into(),
                about: About::Retry,
                because: "use-cluster-ip gives NGINX the one address of the Service, so there is no other server to try.".into(),
                instead: Some("delete the line, or use-cluster-ip".into()),
            }
        } else {
            return None;
        };
        Some(note(upstream, field.name(), |_| kind))
    });
    let half = [("buffers/number", "buffers/size"), ("buffers/size", "buffers/number")].into_iter();
    let half = half.filter(|(one, other)| upstream.text(one).is_some() && upstream.text(other).is_none());
    // What is refused for itself is told already.
    let is_taken = |name: &str| {
        let field = FIELDS.iter().find(|field| field.name() == name);
        upstream.text(name).zip(field).is_some_and(|(text, field)| field.grammar.accepts(text, None))
    };
    let half = half
        .filter(|(one, _)| is_taken(one))
        .map(|(one, other)| note(upstream, one, |written| rejected(written, format!("{} beside it", other.replace('/', ".")))));
    let mut others = routing.sections.iter().take(upstream.index);
    let is_twice = others.any(|other| other.name == upstream.name);
    let twice =
        is_twice.then(|| note(upstream, "name", |written| rejected(written, "a name that no other upstream of the object has")));
    judged.chain(half).chain(twice).collect()
}

/// What is wrong with the routes.
pub(super) fn of_routes(routing: &Routing) -> impl Iterator<Item = Note> {
    let at_path = |route: &Route, key: &str, kind| Note { address: route.path_address(), key: key.into(), kind };
    let own = routing.routes.iter().enumerate();
    own.filter_map(move |(position, route)| {
        let first = |path: &str| routing.routes.iter().take(position).find(|other| *other.path == *path);
        let is_again = |other: &Route| index(other) != index(route);
        let kind = match &route.backend {
            Backend::Undefined(name) => {
                let mut defined: Vec<&str> = routing.sections.iter().map(|own| &*own.name).collect();
                defined.sort_unstable();
                defined.dedup();
                let those = if defined.is_empty() { String::new() } else { format!(" ({})", defined.join(", ")) };
                let expects = format!("the name of an upstream that spec.sections defines{those}");
                return Some(at_path(route, "upstream", rejected(name, expects)));
            }
            // Each route is told once, whatever the number of upstreams that it leads to.
            _ if routing.routes.iter().take(position).any(|other| index(other) == index(route)) => return None,
            _ if !route.path.starts_with(['/', '~', '=', '^']) => rejected(&route.path, "a path that begins with /, ~, = or ^~"),
            _ if first(&route.path).is_some_and(is_again) => {
                rejected(&route.path, "a path that no other route of the object has")
            }
            Backend::Service { .. } | Backend::Other => return None,
        };
        Some(at_path(route, "path", kind))
    })
}

/// Which route of its list it belongs to.
fn index(route: &Route) -> Option<usize> {
    match route.place {
        Place::Listed { route, .. } => Some(route),
        Place::Default | Place::Path { .. } | Place::Ref { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_sorted_and_stand_below_an_upstream() {
        assert!(FIELDS.is_sorted_by(|a, b| a.template < b.template));
        assert!(FIELDS.iter().all(|field| field.template.starts_with(FIELD)));
    }
}
