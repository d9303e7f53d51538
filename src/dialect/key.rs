//! One key of a dialect: its name, its grammar, its default, and what becomes of a bad value.

use std::cmp::Ordering;
use std::fmt::Display;

use serde_json::Value;

use crate::model::{About, Gateway, Global, Note, NoteKind, Provenance, Routing, Setting, Version, Write};
use crate::object::Address;

/// What a gateway makes of a text.
pub(super) enum Read<T> {
    /// It reads this value.
    Value(T),
    /// It cannot read it, and goes on with the value that would hold without it.
    Ignored,
    /// It takes it, and its core then refuses the whole configuration, for this reason.
    Poison(&'static str),
    /// It takes it, and what comes of it cannot be told here.
    Unknown,
}

/// One key of a dialect, as annotation and, where `is_global`, as key of the global configuration.
pub(super) struct Key<T: 'static> {
    /// The name behind the prefix.
    pub(super) name: &'static str,
    /// What a value looks like, to be read after "expects".
    pub(super) expects: &'static str,
    /// Whether the global configuration has a key of the same name.
    pub(super) is_global: bool,
    /// What it is about.
    pub(super) about: About,
    /// The built-in default.
    pub(super) default: fn() -> T,
    /// What the gateway makes of a text.
    pub(super) read: fn(&str) -> Read<T>,
    /// What a person reads in a text that the gateway cannot read.
    pub(super) meant: fn(&str) -> Option<T>,
    /// The first version that checks the text of the annotation. Before it, and always in the global configuration, any
    /// text reaches the gateway's core. `None` where every version checks both.
    pub(super) checked_since: Option<Version>,
    /// Without one of these the key counts for nothing; empty where it always counts.
    pub(super) needs: &'static [&'static str],
    /// How a value is written.
    pub(super) encode: fn(&T) -> Value,
    /// How two values compare.
    pub(super) compare: fn(&T, &T) -> Ordering,
}

/// One object under one gateway, while it is read.
pub(super) struct Source<'r> {
    pub(super) routing: &'r Routing,
    pub(super) gateway: &'r Gateway<'r>,
    pub(super) notes: Vec<Note>,
}

impl<'r> Source<'r> {
    /// The text of the annotation with this name; an empty one counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<&'r str> {
        self.routing.annotation_under(&self.gateway.prefix, name)
    }

    /// The setting that a key feeds.
    pub(super) fn setting<T: Display>(&mut self, key: &'static Key<T>) -> Setting<T> {
        let address = Address::Key { prefix: self.gateway.prefix.clone(), name: key.name };
        let setting = match self.text(key.name) {
            None => self.global(key),
            Some(text) => match (key.read)(text) {
                Read::Value(value) => Setting::written(value, address.clone()),
                Read::Unknown => Setting::unknown(),
                Read::Poison(why) => {
                    self.poison(key, text, &address, why);
                    Setting::unknown()
                }
                Read::Ignored if !self.checks(key) => Setting::unknown(),
                Read::Ignored => {
                    let holds = self.global(key);
                    self.notes.push(ignored(key, text, &address, &holds));
                    holds
                }
            },
        };
        setting.writable(address, key.encode)
    }

    /// The setting that a text feeds which is judged elsewhere, or never: what cannot be read is unknown here.
    pub(super) fn quiet<T>(&self, name: &'static str, said_by: SaidBy, read: fn(&str) -> Option<T>, default: T) -> Setting<T> {
        let own = if said_by == SaidBy::Global { None } else { self.text(name) };
        if let Some(text) = own {
            let address = Address::Key { prefix: self.gateway.prefix.clone(), name };
            return read(text).map_or_else(Setting::unknown, |value| Setting::written(value, address));
        }
        global_text(self.gateway.global, name, said_by, read, default)
    }

    /// Notes a value that breaks the whole configuration, unless the key counts for nothing without another one.
    fn poison<T>(&mut self, key: &Key<T>, text: &str, address: &Address, why: &str) {
        if !key.needs.is_empty() && key.needs.iter().all(|name| self.text(name).is_none()) {
            return;
        }
        let rewrite = (key.meant)(text).and_then(|meant| rewrite(key, &meant, address));
        let kind = NoteKind::Poison { written: text.into(), because: why.into(), expects: key.expects.into(), rewrite };
        self.notes.push(Note { address: address.clone(), key: key.name.into(), kind });
    }

    /// Whether the gateway surely checks the annotation, so that a bad text is dropped rather than handed on.
    fn checks<T>(&self, key: &Key<T>) -> bool {
        key.checked_since.is_none_or(|since| self.gateway.version.is_some_and(|own| own >= since))
    }

    /// What holds when the object says nothing.
    pub(super) fn global<T>(&self, key: &'static Key<T>) -> Setting<T> {
        let default = || Setting::from((key.default)(), Provenance::GatewayDefault);
        let texts = match self.gateway.global {
            _ if !key.is_global => return default(),
            Global::Unknown => return Setting::presumed((key.default)()),
            Global::None => return default(),
            Global::Known(texts) => texts,
        };
        match texts.get(key.name).map(key.read) {
            None => default(),
            Some(Read::Ignored) if key.checked_since.is_none() => default(),
            Some(Read::Ignored | Read::Poison(_) | Read::Unknown) => Setting::unknown(),
            Some(Read::Value(value)) => Setting::from(value, Provenance::Global(key.name)),
        }
    }
}

/// Who can say a value.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum SaidBy {
    /// An annotation alone.
    Annotation,
    /// The global configuration alone.
    Global,
    /// An annotation, else the global configuration.
    Both,
}

/// What the global configuration says, else the default.
pub(super) fn global_text<T>(
    global: Global<'_>,
    name: &'static str,
    said_by: SaidBy,
    read: fn(&str) -> Option<T>,
    default: T,
) -> Setting<T> {
    match global {
        Global::Unknown if said_by != SaidBy::Annotation => Setting::presumed(default),
        Global::Known(texts) if said_by != SaidBy::Annotation => match texts.get(name).filter(|text| !text.is_empty()) {
            None => Setting::from(default, Provenance::GatewayDefault),
            Some(text) => read(text).map_or_else(Setting::unknown, |value| Setting::from(value, Provenance::Global(name))),
        },
        _ => Setting::from(default, Provenance::GatewayDefault),
    }
}

fn ignored<T: Display>(key: &Key<T>, text: &str, address: &Address, holds: &Setting<T>) -> Note {
    let meant = (key.meant)(text);
    let holding = holds.value();
    let kind = NoteKind::Ignored {
        written: text.into(),
        expects: key.expects.into(),
        about: key.about,
        holds: holding.map(ToString::to_string),
        meant: meant.as_ref().zip(holding).map(|(meant, holding)| (key.compare)(meant, holding)),
        rewrite: meant.and_then(|meant| rewrite(key, &meant, address)),
    };
    Note { address: address.clone(), key: key.name.into(), kind }
}

/// The same value as the gateway reads it; `None` where its writing cannot hold it in full, as half a second in whole ones.
pub(super) fn rewrite<T>(key: &Key<T>, meant: &T, address: &Address) -> Option<Write> {
    let value = (key.encode)(meant);
    let is_same = match (key.read)(value.as_str()?) {
        Read::Value(back) => (key.compare)(&back, meant) == Ordering::Equal,
        Read::Ignored | Read::Poison(_) | Read::Unknown => false,
    };
    is_same.then(|| Write { address: address.clone(), value })
}
