//! What no502 says of one Ingress, annotation by annotation.

use no502::dialect::ingress_nginx;
use no502::engine::Effective;
use no502::model::{Note, NoteKind, PathType, Protocol, Rejection, RouteSettings, Tried};

use super::PREFIX;

/// What no502 says of one Ingress.
pub(super) struct Said<'w> {
    effective: Effective<'w>,
    pub(super) host: String,
}

impl<'w> Said<'w> {
    pub(super) const fn new(effective: Effective<'w>, host: String) -> Self {
        Self { effective, host }
    }

    pub(super) const fn settings(&self) -> &RouteSettings {
        &self.effective.reading.settings
    }

    /// What is spoken to the pods, if that is said.
    pub(super) fn protocol(&self) -> Option<Protocol> {
        self.settings().protocol.value().copied()
    }

    /// `proxy` or `grpc`: how the directives begin that count.
    pub(super) fn family(&self) -> &'static str {
        if self.protocol().is_some_and(Protocol::is_grpc) { "grpc" } else { "proxy" }
    }

    /// Whether gRPC is spelt in another way, so that the headers for it are set for HTTP: the rule grpc-unreachable says so.
    pub(super) fn is_half_applied(&self) -> bool {
        self.family() == "grpc" && !self.written("backend-protocol").is_some_and(|text| matches!(text.trim(), "GRPC" | "GRPCS"))
    }

    /// The annotation as it is written; an empty one counts as absent.
    pub(super) fn written(&self, name: &str) -> Option<&str> {
        self.effective.routing.annotation_under(PREFIX, name)
    }

    /// All annotations, for a message.
    pub(super) fn annotations(&self) -> String {
        let all = self.effective.routing.annotations.iter();
        let all = all.map(|(key, text)| format!("{}: {text:?}", key.rsplit('/').next().unwrap_or_default()));
        all.collect::<Vec<_>>().join(", ")
    }

    fn notes(&self, name: &str) -> impl Iterator<Item = &Note> {
        self.effective.reading.notes.iter().filter(move |note| *note.key == *name)
    }

    /// What holds: the text of the annotation, or what no502 says that holds in its place. The laboratory's `ConfigMap` says nothing of
    /// it.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let default = || {
            let own = ingress_nginx::annotations().find(|annotation| annotation.name == name);
            own.map(|annotation| annotation.default.to_owned()).filter(|text| !text.is_empty())
        };
        let Some(written) = self.written(name) else { return default() };
        let kinds = self.notes(name).map(|note| &note.kind);
        for kind in kinds {
            match kind {
                // In words where nothing is left: "no rate limit".
                NoteKind::Ignored { holds, .. } => return holds.clone().filter(|text| !is_nothing(text)),
                NoteKind::WithoutEffect { .. } if !is_written_all_the_same(name) => return default(),
                _ => {}
            }
        }
        Some(written.trim().to_owned())
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        matches!(self.text(name).as_deref(), Some("1" | "t" | "T" | "TRUE" | "true" | "True"))
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// Whether no502 says that what belongs to this annotation is dropped as a whole.
    pub(super) fn drops_all(&self, name: &str) -> bool {
        self.notes(name).any(|note| matches!(&note.kind, NoteKind::Ignored { holds: Some(text), .. } if is_nothing(text)))
    }

    /// The status that every path answers because of a text.
    pub(super) fn denied(&self) -> Option<u16> {
        let statuses = self.effective.reading.notes.iter().filter_map(|note| match note.kind {
            // The laboratory's controller is newer than any such version.
            NoteKind::Rejected { effect: Rejection::Answers(status) | Rejection::AnswersSince(status, _), .. } => Some(status),
            _ => None,
        });
        // The server's own answer comes before that of its paths.
        statuses.min()
    }

    /// The keys of which no502 says that they break the whole configuration.
    pub(super) fn poisoned(&self) -> Vec<String> {
        let notes = self.effective.reading.notes.iter();
        notes.filter(|note| matches!(note.kind, NoteKind::Poison { .. })).map(|note| note.key.to_string()).collect()
    }

    /// The heads of the locations of each path.
    pub(super) fn locations(&self) -> Option<Vec<Vec<String>>> {
        let (routing, gateway) = (self.effective.routing, &self.effective.gateway);
        let matching = gateway.matching?;
        let are_expressions = matching.spreading_key(routing, gateway, &self.host).is_some();
        let heads = routing.routes.iter().map(|route| {
            let path = &*route.path;
            if are_expressions {
                let Tried { longest, shortest, .. } = matching.tried(routing, gateway, route)?;
                let closed = (longest > shortest).then(|| format!("location ~* ^{path}/"));
                return Some([format!("location ~* ^{path}")].into_iter().chain(closed).collect());
            }
            let is_prefix = matching.is_same_type(route.path_type, PathType::Prefix);
            Some(match is_prefix {
                true if path == "/" => vec!["location /".to_owned()],
                true => vec![format!("location {}/", path.trim_end_matches('/')), format!("location = {path}")],
                false => vec![format!("location = {path}")],
            })
        });
        let mut heads: Vec<Vec<String>> = heads.collect::<Option<_>>()?;
        // The host's own, where nobody has that path.
        if routing.routes.iter().all(|route| *route.path != *"/") {
            heads.push(vec![if are_expressions { "location ~* ^/" } else { "location /" }.to_owned()]);
        }
        Some(heads)
    }

    /// The first path, and what is written instead of it.
    pub(super) fn rewrite(&self) -> Option<(&str, &str)> {
        let routing = self.effective.routing;
        let path = &*routing.routes.first()?.path;
        let (_, target) = self.effective.gateway.matching?.rewrite(routing, &self.effective.gateway)?;
        (path != target).then_some((path, target))
    }
}

/// What no502 says in words where no value holds.
fn is_nothing(text: &str) -> bool {
    text.starts_with("no ") || text == "the default of NGINX"
}

/// Whether a key is written all the same where a protocol or a cookie leaves it without effect.
fn is_written_all_the_same(name: &str) -> bool {
    let starts = ["proxy-buffer", "proxy-request", "proxy-http", "proxy-next", "proxy-connect", "proxy-read", "proxy-send"];
    starts.iter().any(|start| name.starts_with(start))
}
