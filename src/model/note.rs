//! What is noticed of an object while it is read under its gateway.

use std::cmp::Ordering;

use super::setting::Write;
use super::version::Version;
use crate::object::Address;

/// What a dialect noticed while it read an object. The rules of the family `reading` grade it.
#[derive(Clone, Debug)]
pub struct Note {
    /// Where.
    pub address: Address,
    /// The key without its prefix.
    pub key: Box<str>,
    /// What.
    pub kind: NoteKind,
}

/// What a key is about, as far as failing requests go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum About {
    /// How long the gateway waits.
    Timeout,
    /// Whether it asks another backend.
    Retry,
    /// Something else of the exchange with the backend: buffers, the protocol.
    Exchange,
    /// Anything else: headers, cookies, authentication.
    Other,
}

/// What a dialect noticed.
#[derive(Clone, Debug)]
pub enum NoteKind {
    /// The value cannot be read by the gateway, which goes on with another one in silence.
    Ignored {
        /// What was written.
        written: Box<str>,
        /// What the gateway expects, to be read after "expects".
        expects: Box<str>,
        /// What the key is about.
        about: About,
        /// What holds instead, as a person would say it; `None` where it is not known.
        holds: Option<String>,
        /// How what a person reads in the value compares with what holds.
        meant: Option<Ordering>,
        /// The same value as the gateway would read it.
        rewrite: Option<Write>,
    },
    /// The gateway refuses the value, and the object or its routes with it.
    Rejected {
        /// What was written.
        written: Box<str>,
        /// What the gateway expects, to be read after "expects" and after "write".
        expects: Box<str>,
        /// What becomes of the object.
        effect: Rejection,
    },
    /// The gateway takes the value, and its core then refuses the whole configuration, of all objects.
    Poison {
        /// What was written.
        written: Box<str>,
        /// Why, as a sentence of its own.
        because: Box<str>,
        /// What is fine, to be read after "write".
        expects: Box<str>,
        /// The same value as the gateway would take it.
        rewrite: Option<Write>,
    },
    /// The key and its value are fine, and still nothing comes of them.
    WithoutEffect {
        /// What was written.
        written: Box<str>,
        /// What the key is about.
        about: About,
        /// Why, as a sentence of its own.
        because: Box<str>,
        /// What to do instead of deleting the line, to be read as a sentence of its own without its first letter and its end.
        instead: Option<Box<str>>,
    },
    /// The gateway that comes next reads none of these.
    LeftBehind {
        /// How people call that gateway.
        next: &'static str,
        /// The keys without their prefix.
        keys: Box<[Box<str>]>,
        /// Those of them that it has under a prefix of its own, with that prefix.
        known: Box<[String]>,
    },
    /// There is no such key.
    UnknownKey {
        /// What was written.
        written: Box<str>,
        /// The key that was probably meant.
        near: Option<&'static str>,
        /// What is known of the name.
        known: Option<&'static str>,
    },
}

/// What becomes of an object with a value that its gateway refuses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rejection {
    /// Every path of it answers with this status, whatever the backend would say.
    Answers(u16),
    /// The gateway does not take the object: a new one is not served, and of a changed one the state before goes on.
    Refused,
    /// The gateway takes the object out of service, also one that it served until now: its hosts answer with this status.
    Removed(u16),
    /// Every path of it answers with this status since this version of the gateway, and older ones do not look at it. Which one
    /// runs is not known.
    AnswersSince(u16, Version),
    /// Its routes are left out of the host that another object has: they answer with this status, or with what that one has.
    LeftOut(u16),
    /// One of both: that depends on the gateway's version, which is not known.
    Either(u16),
}
