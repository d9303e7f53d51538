//! What ingress-nginx makes of the texts that no setting of the model depends on.

use std::cmp::Ordering;

use super::super::key::Source;
use super::grammar::is_true;
use super::table::{Check, Effect, Needs, Row, by_name};
use crate::model::{About, Gateway, Global, Note, NoteKind, Rejection, Version, Write};
use crate::object::Address;

/// What is wrong with the text of an annotation; nothing where that depends on what is not known.
pub(super) fn note(row: &'static Row, text: &str, source: &Source<'_>) -> Option<Note> {
    if row.is_setting || text.is_empty() && !reads_empty(row, source) {
        return None;
    }
    let address = Address::Key { prefix: source.gateway.prefix.clone(), name: row.name };
    if !is_read(row.needs, source) {
        // What is switched off in words is kept for another day, and nobody believes that it holds.
        if matches!(row.needs, Needs::True(name) if source.text(name).is_some()) {
            return None;
        }
        let (because, instead) = unmet(row.needs, &source.gateway.prefix);
        let kind = NoteKind::WithoutEffect { written: text.into(), about: about(row), because, instead };
        return Some(Note { address, key: row.name.into(), kind });
    }
    let version = source.gateway.version;
    if !is_known(row, version) {
        return None;
    }
    let (check, fate) = judge(row, text, version)?;
    let kind = match fate {
        Fate::Rejected(effect) => {
            let effect = match (effect, row.since, version) {
                (Rejection::Answers(status), Some(since), None) => Rejection::AnswersSince(status, since),
                (effect, ..) => effect,
            };
            NoteKind::Rejected { written: text.into(), expects: check.grammar.expects().into(), effect }
        }
        Fate::Ignored(effect) => ignored(row, text, check, effect, source.gateway, &address),
    };
    Some(Note { address, key: row.name.into(), kind })
}

/// Whether this version knows an annotation, or may know it.
fn is_known(row: &Row, version: Option<Version>) -> bool {
    row.since.zip(version).is_none_or(|(since, own)| own >= since)
}

/// Whether an empty text is something else than none. Only where it is missing do these lists go on with the default, and one of
/// them has an older name that is looked at before; and these cost the redirect that another annotation asks for.
fn reads_empty(row: &Row, source: &Source<'_>) -> bool {
    match row.name {
        "allowlist-source-range" => source.text("whitelist-source-range").is_none(),
        "denylist-source-range" => true,
        "from-to-www-redirect" | "temporal-redirect" => REDIRECTS.iter().any(|name| source.text(name).is_some()),
        _ => false,
    }
}

const REDIRECTS: [&str; 3] = ["from-to-www-redirect", "permanent-redirect", "temporal-redirect"];

/// Notes that passwords are asked for, and that no Secret is named which holds them.
pub(super) fn passwords(source: &Source<'_>) -> Option<Note> {
    const KEY: &str = "auth-type";
    let written = source.text(KEY).filter(|_| source.text("auth-secret").is_none())?;
    let expects = "auth-secret beside it, with the name of the Secret that holds the passwords".into();
    let kind = NoteKind::Rejected { written: written.into(), expects, effect: Rejection::Answers(503) };
    Some(Note { address: Address::Key { prefix: source.gateway.prefix.clone(), name: KEY }, key: KEY.into(), kind })
}

/// What becomes of a refused text.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Fate {
    /// It is dropped. Without an effect, what holds then depends on the version.
    Ignored(Option<Effect>),
    Rejected(Rejection),
}

impl Fate {
    fn of(effect: Effect) -> Self {
        match effect {
            Effect::Answers(status) => Self::Rejected(Rejection::Answers(status)),
            Effect::Refuse => Self::Rejected(Rejection::Refused),
            dropped @ (Effect::Default | Effect::DropFeature(_) | Effect::DropDirective) => Self::Ignored(Some(dropped)),
        }
    }

    /// What is certain when it is the one or the other.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (one, same) if one == same => one,
            (Self::Rejected(Rejection::Answers(status)), Self::Rejected(_)) => Self::Rejected(Rejection::Either(status)),
            _ => Self::Ignored(None),
        }
    }
}

/// The check that refuses a text, and what becomes of the text. While the version is not known, only what every version
/// refuses is refused.
fn judge(row: &'static Row, text: &str, version: Option<Version>) -> Option<(&'static Check, Fate)> {
    // No object is refused for an empty text.
    let counts =
        |check: &&Check| check.until.is_none_or(|_| version.is_some()) && !(text.is_empty() && check.effect == Effect::Refuse);
    let mut refusing = row.checks().filter(|check| !check.grammar.accepts(text)).filter(counts);
    if version.is_none() {
        let newest = refusing.next()?;
        let oldest = if newest.is_made(None) { newest } else { refusing.find(|check| check.is_made(None))? };
        return Some((oldest, Fate::of(oldest.effect).or(Fate::of(newest.effect))));
    }
    let first = refusing.find(|check| check.is_made(version))?;
    Some((first, Fate::of(first.effect)))
}

/// Whether what an annotation needs is there, so that the gateway looks at it at all.
fn is_read(needs: Needs, source: &Source<'_>) -> bool {
    match needs {
        Needs::Nothing => true,
        Needs::Any(names) => names.iter().any(|name| source.text(name).is_some()),
        Needs::True(name) => match source.text(name) {
            Some(text) => is_true(text),
            // The global configuration may switch it on.
            None => by_name(name).is_some_and(|row| row.is_global) && !matches!(source.gateway.global, Global::None),
        },
        Needs::Is(name, text) => source.text(name).is_some_and(|own| own.trim() == text),
        Needs::Without(name) => {
            source.text(name).is_none() || by_name(name).is_some_and(|row| !is_known(row, source.gateway.version))
        }
    }
}

/// Why an annotation is not looked at, and what would make the gateway look.
fn unmet(needs: Needs, prefix: &str) -> (Box<str>, Option<Box<str>>) {
    let beside = |name: &str, text: &str| Some(format!("write what it belongs to, such as\n{prefix}/{name}: \"{text}\"").into());
    match needs {
        Needs::Nothing => ("It is not looked at.".into(), None),
        Needs::Any(names) => (format!("It is only looked at beside {}, which is not there.", names.join(" or ")).into(), None),
        Needs::True(name) => (format!("It is only looked at where {name} is \"true\".").into(), beside(name, "true")),
        Needs::Is(name, text) => (format!("It is only looked at where {name} is \"{text}\".").into(), beside(name, text)),
        Needs::Without(name) => (format!("It is not looked at where {name} is there too.").into(), None),
    }
}

fn ignored(row: &Row, text: &str, check: &Check, effect: Option<Effect>, gateway: &Gateway<'_>, address: &Address) -> NoteKind {
    let holds = effect.and_then(|effect| holds(row, effect, gateway.global));
    let meant = check.grammar.meant(text).filter(|meant| row.checks().all(|check| check.grammar.accepts(meant)));
    let compared = meant.as_ref().zip(holds.as_ref());
    NoteKind::Ignored {
        written: text.into(),
        expects: check.grammar.expects().into(),
        about: about(row),
        meant: compared.map(|(meant, holds)| if meant == holds { Ordering::Equal } else { Ordering::Greater }),
        rewrite: meant.map(|meant| Write { address: address.clone(), value: meant.into() }),
        holds,
    }
}

fn about(row: &Row) -> About {
    if EXCHANGE.contains(&row.name) { About::Exchange } else { About::Other }
}

/// What decides how requests reach a backend and answers come back; the rest is about headers, cookies, authentication.
const EXCHANGE: &[&str] = &[
    "connection-proxy-header",
    "custom-http-errors",
    "proxy-buffering",
    "proxy-http-version",
    "proxy-request-buffering",
    "proxy-ssl-server-name",
    "proxy-ssl-verify",
    "service-upstream",
    "use-regex",
];

/// What holds in the place of a dropped text, where that is known and something.
fn holds(row: &Row, effect: Effect, global: Global<'_>) -> Option<String> {
    let text = match (effect, global) {
        (Effect::DropFeature(left), _) => left,
        (Effect::DropDirective, _) => "the default of NGINX",
        (_, Global::Unknown) if row.is_global => return None,
        (_, Global::Known(texts)) if row.is_global => texts.get(row.name).unwrap_or(row.default),
        _ => row.default,
    };
    (!text.is_empty()).then(|| text.to_owned())
}
