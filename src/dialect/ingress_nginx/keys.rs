//! The annotations of ingress-nginx that bear on timeouts, retries, buffers and protocols.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::key::{Key, Read};
use crate::model::{Conditions, Protocol, Version};
use crate::units::{Duration, DurationError, Size, SizeError, go, nginx_seconds, nginx_size};

/// Texts are checked by `--enable-annotation-validation`, which is on since v1.12.0. Numbers are read by every version, and
/// so is the protocol.
const VALIDATORS: Option<Version> = Some(Version(1, 12, 0));

const SECONDS: &str = "a bare number of seconds, such as \"60\"";

pub(super) static CONNECT_TIMEOUT: Key<Duration> = seconds("proxy-connect-timeout", || Duration::from_secs(5));
pub(super) static SEND_TIMEOUT: Key<Duration> = seconds("proxy-send-timeout", || Duration::from_secs(60));
pub(super) static READ_TIMEOUT: Key<Duration> = seconds("proxy-read-timeout", || Duration::from_secs(60));
pub(super) static NEXT_UPSTREAM_TIMEOUT: Key<Duration> = seconds("proxy-next-upstream-timeout", || Duration::ZERO);

pub(super) static NEXT_UPSTREAM_TRIES: Key<u32> = Key {
    name: "proxy-next-upstream-tries",
    expects: "a bare number, such as \"3\"",
    is_global: true,
    default: || 3,
    // A negative number passes the controller and breaks NGINX: nothing can be said of tries then.
    read: |text| match text.parse::<i64>().map(u32::try_from) {
        Ok(Ok(tries)) => Read::Value(tries),
        Ok(Err(_)) => Read::Unknown,
        Err(_) => Read::Ignored,
    },
    meant: |text| text.trim().parse().ok(),
    checked_since: None,
    encode: |tries| tries.to_string().into(),
    compare: Ord::cmp,
};

pub(super) static NEXT_UPSTREAM: Key<Conditions> = Key {
    name: "proxy-next-upstream",
    expects: "conditions separated by blanks, such as \"error timeout http_502\"",
    is_global: true,
    default: || Conditions::parse("error timeout"),
    read: |text| {
        if text.split_whitespace().all(|word| CONDITIONS.contains(&word)) {
            Read::Value(Conditions::parse(text))
        } else if is_glued(text) {
            Read::Unknown
        } else {
            Read::Ignored
        }
    },
    meant: |text| {
        let spaced = text.replace([',', ';'], " ");
        spaced.split_whitespace().all(|word| CONDITIONS.contains(&word)).then(|| Conditions::parse(&spaced))
    },
    checked_since: VALIDATORS,
    encode: |conditions| conditions.to_string().into(),
    compare: |a, b| if a == b { Ordering::Equal } else { Ordering::Greater },
};

const CONDITIONS: &[&str] = &[
    "error",
    "timeout",
    "invalid_header",
    "http_500",
    "http_502",
    "http_503",
    "http_504",
    "http_403",
    "http_404",
    "http_429",
    "non_idempotent",
    "off",
];

/// The controller's check lets words pass that are glued together (`errortimeout`); NGINX does not know them.
fn is_glued(text: &str) -> bool {
    text.split_whitespace().all(|word| {
        let mut rest = word;
        while let Some(condition) = CONDITIONS.iter().find(|condition| rest.starts_with(**condition)) {
            rest = rest.strip_prefix(condition).unwrap_or_default();
        }
        rest.is_empty()
    })
}

pub(super) static BACKEND_PROTOCOL: Key<Protocol> = Key {
    name: "backend-protocol",
    expects: "one of HTTP, HTTPS, AUTO_HTTP, GRPC, GRPCS, FCGI",
    is_global: false,
    default: || Protocol::Http,
    read: |text| match text.trim().to_ascii_uppercase().as_str() {
        "HTTP" => Read::Value(Protocol::Http),
        "HTTPS" => Read::Value(Protocol::Https),
        "GRPC" => Read::Value(Protocol::Grpc),
        "GRPCS" => Read::Value(Protocol::Grpcs),
        "AUTO_HTTP" | "FCGI" => Read::Value(Protocol::Other),
        _ => Read::Ignored,
    },
    // HTTP2, H2C and the like: something else than the plain HTTP that holds, and nothing this gateway could be told.
    meant: |_| None,
    checked_since: None,
    encode: |protocol| {
        match protocol {
            Protocol::Http | Protocol::Other => "HTTP",
            Protocol::Https => "HTTPS",
            Protocol::Grpc => "GRPC",
            Protocol::Grpcs => "GRPCS",
        }
        .into()
    },
    compare: |a, b| if a == b { Ordering::Equal } else { Ordering::Greater },
};

pub(super) static BUFFER_SIZE: Key<Size> = Key {
    name: "proxy-buffer-size",
    expects: "a number with k or m behind it, such as \"16k\"",
    is_global: true,
    default: || Size::from_bytes(4 << 10),
    // The controller's check also lets b, g and inner blanks pass, which NGINX refuses: nothing can be said then.
    read: |text| match nginx_size(text) {
        Ok(size) => Read::Value(size),
        Err(SizeError::TooLarge | SizeError::UnknownUnit) if passes_size_check(text) => Read::Unknown,
        Err(_) => Read::Ignored,
    },
    meant: |text| nginx_size(text.trim().trim_end_matches(['B', 'b', 'i'])).ok(),
    checked_since: VALIDATORS,
    encode: |size| size.to_string().into(),
    compare: Ord::cmp,
};

/// Keys whose values are judged though no setting of the model depends on them.
pub(super) static JUDGED_ONLY: &[Key<Word>] = &[
    on_off("proxy-buffering", "off"),
    on_off("proxy-request-buffering", "on"),
    Key {
        name: "proxy-http-version",
        expects: "\"1.0\" or \"1.1\"",
        is_global: true,
        default: || Word("1.1".into()),
        read: |text| if matches!(text.trim(), "1.0" | "1.1") { Read::Value(Word(text.trim().into())) } else { Read::Ignored },
        meant: |_| None,
        checked_since: VALIDATORS,
        encode: Word::encode,
        compare: Word::compare,
    },
    Key {
        name: "proxy-buffers-number",
        expects: "a bare number, such as \"4\"",
        is_global: true,
        default: || Word("4".into()),
        read: |text| text.parse::<i64>().map_or(Read::Ignored, |number| Read::Value(Word(number.to_string().into()))),
        meant: |text| text.trim().parse::<u32>().ok().map(|number| Word(number.to_string().into())),
        checked_since: None,
        encode: Word::encode,
        compare: Word::compare,
    },
];

/// A value that is only compared and shown.
#[derive(Eq, PartialEq)]
pub(super) struct Word(Box<str>);

impl Word {
    fn encode(&self) -> Value {
        (*self.0).into()
    }

    fn compare(&self, other: &Self) -> Ordering {
        if self == other { Ordering::Equal } else { Ordering::Greater }
    }
}

impl std::fmt::Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

const fn seconds(name: &'static str, default: fn() -> Duration) -> Key<Duration> {
    Key {
        name,
        expects: SECONDS,
        is_global: true,
        default,
        read: |text| match nginx_seconds(text) {
            Ok(span) => Read::Value(span),
            // A negative number passes the controller and reaches NGINX, which refuses its whole configuration.
            Err(DurationError::Negative) => Read::Unknown,
            Err(_) => Read::Ignored,
        },
        meant: |text| {
            let text = text.trim();
            go(text).or_else(|_| go(&format!("{text}s"))).ok()
        },
        checked_since: None,
        encode: |span| span.as_secs_ceil().to_string().into(),
        compare: Ord::cmp,
    }
}

const fn on_off(name: &'static str, default: &'static str) -> Key<Word> {
    Key {
        name,
        expects: "\"on\" or \"off\"",
        is_global: true,
        default: if default.len() == 2 { || Word("on".into()) } else { || Word("off".into()) },
        read: |text| if matches!(text.trim(), "on" | "off") { Read::Value(Word(text.trim().into())) } else { Read::Ignored },
        meant: |text| match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(Word("on".into())),
            "false" | "no" | "off" | "0" => Some(Word("off".into())),
            _ => None,
        },
        checked_since: VALIDATORS,
        encode: Word::encode,
        compare: Word::compare,
    }
}

/// `^(?i)\d+[bkmg]?$` after all blanks were taken out (`parser/validators.go`).
fn passes_size_check(text: &str) -> bool {
    let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let digits = packed.trim_end_matches(['b', 'k', 'm', 'g', 'B', 'K', 'M', 'G']);
    !digits.is_empty() && packed.len() - digits.len() <= 1 && digits.bytes().all(|byte| byte.is_ascii_digit())
}
