//! The annotations of ingress-nginx that bear on timeouts, retries, buffers and protocols.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::key::{Key, Read};
use super::super::nginx::CONDITIONS;
use crate::model::{About, Conditions, Protocol, Version};
use crate::units::{Duration, DurationError, go, nginx_seconds};

/// Texts are checked by `--enable-annotation-validation`, which is on since v1.12.0. Numbers are read by every version, and
/// so is the protocol.
pub(super) const VALIDATORS: Option<Version> = Some(Version(1, 12, 0));

pub(super) const NO_NEGATIVE: &str = "NGINX has no negative number there.";

const SECONDS: &str = "a bare number of seconds, such as \"60\"";

pub(super) static CONNECT_TIMEOUT: Key<Duration> = seconds("proxy-connect-timeout", || Duration::from_secs(5));
pub(super) static SEND_TIMEOUT: Key<Duration> = seconds("proxy-send-timeout", || Duration::from_secs(60));
pub(super) static READ_TIMEOUT: Key<Duration> = seconds("proxy-read-timeout", || Duration::from_secs(60));
pub(super) static NEXT_UPSTREAM_TIMEOUT: Key<Duration> =
    Key { about: About::Retry, ..seconds("proxy-next-upstream-timeout", || Duration::ZERO) };

pub(super) static NEXT_UPSTREAM_TRIES: Key<u32> = Key {
    name: "proxy-next-upstream-tries",
    expects: "a bare number, such as \"3\"",
    is_global: true,
    about: About::Retry,
    default: || 3,
    read: |text| match text.parse::<i64>().map(u32::try_from) {
        Ok(Ok(tries)) => Read::Value(tries),
        Ok(Err(_)) => Read::Poison(NO_NEGATIVE),
        Err(_) => Read::Ignored,
    },
    meant: |text| text.trim().parse().ok(),
    checked_since: None,
    needs: &[],
    encode: |tries| tries.to_string().into(),
    compare: Ord::cmp,
};

pub(super) static NEXT_UPSTREAM: Key<Conditions> = Key {
    name: "proxy-next-upstream",
    expects: "conditions separated by blanks, such as \"error timeout http_502\"",
    is_global: true,
    about: About::Retry,
    default: || Conditions::parse("error timeout"),
    read: |text| {
        if text.split_whitespace().all(|word| CONDITIONS.contains(&word)) {
            Read::Value(Conditions::parse(text))
        } else if is_glued(text) {
            Read::Poison("The blank between two conditions is missing, and NGINX has no condition of that name.")
        } else {
            Read::Ignored
        }
    },
    meant: |text| {
        let spaced = text.replace([',', ';'], " ");
        spaced.split_whitespace().all(|word| CONDITIONS.contains(&word)).then(|| Conditions::parse(&spaced))
    },
    checked_since: VALIDATORS,
    needs: &[],
    encode: |conditions| conditions.to_string().into(),
    compare: |a, b| if a == b { Ordering::Equal } else { Ordering::Greater },
};

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
    about: About::Exchange,
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
    needs: &[],
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

/// Keys that no setting of the model depends on, with values that are poison. The rest of their values is in the table.
pub(super) static JUDGED_ONLY: &[Key<Word>] = &[
    word(
        "proxy-cookie-path",
        "\"off\", or two paths: the one to replace and the one to put there",
        |text| match text.split_whitespace().collect::<Vec<_>>()[..] {
            [] | ["off"] | [_, _] => Read::Unknown,
            _ => Read::Poison("proxy_cookie_path of NGINX takes two paths."),
        },
        &[],
    ),
    word(
        "custom-http-errors",
        "status codes from 400 to 599 without 499, such as \"503,504\"",
        |text| {
            if text.split(',').any(|code| code.trim() == "499") {
                Read::Poison("NGINX uses 499 itself, and forbids it in error_page.")
            } else {
                Read::Unknown
            }
        },
        &[],
    ),
    word(
        "connection-proxy-header",
        "\"close\" or \"keep-alive\"",
        |text| match text.trim() {
            "close" | "keep-alive" => Read::Unknown,
            text if matches!(&*text.split_whitespace().collect::<String>(), "close" | "keep-alive") => {
                Read::Poison("The blank in it makes two words where proxy_set_header of NGINX takes one.")
            }
            _ => Read::Unknown,
        },
        &[],
    ),
    word(
        "rewrite-target",
        "a path with captures, such as \"/$1\"",
        |text| {
            if has_bare_dollar(text) {
                Read::Poison("A $ in it is followed by neither a digit nor a name, and NGINX looks for a variable there.")
            } else {
                Read::Unknown
            }
        },
        &[],
    ),
    word(
        "server-alias",
        "names, or patterns behind ~ in which every bracket is closed",
        |text| {
            if text.split(',').any(|name| name.trim().starts_with('~') && !is_closed(name)) {
                Read::Poison("A bracket in the pattern has no other end, and NGINX cannot compile it.")
            } else {
                Read::Unknown
            }
        },
        &[],
    ),
    positive("limit-burst-multiplier", 1, &["limit-rps", "limit-rpm"]),
    positive("auth-tls-verify-depth", 0, &["auth-tls-secret"]),
    positive("proxy-ssl-verify-depth", 0, &["proxy-ssl-secret"]),
];

/// A text of which only the poison is known here.
const fn word(
    name: &'static str,
    expects: &'static str,
    read: fn(&str) -> Read<Word>,
    needs: &'static [&'static str],
) -> Key<Word> {
    Key {
        name,
        expects,
        is_global: false,
        about: About::Exchange,
        default: || Word("".into()),
        read,
        meant: |_| None,
        checked_since: None,
        needs,
        encode: Word::encode,
        compare: Word::compare,
    }
}

/// Whether a `$` stands where no name of a variable follows. A name may be one that a snippet sets, so names are not judged.
fn has_bare_dollar(text: &str) -> bool {
    text.split('$').skip(1).any(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '{'))
}

/// Whether each parenthesis of a pattern has its other end. A `[…]` and what is escaped count for nothing.
pub(super) fn is_closed(pattern: &str) -> bool {
    let (mut depth, mut in_set) = (0_u32, false);
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => drop(chars.next()),
            '[' if !in_set => in_set = true,
            ']' => in_set = false,
            '(' if !in_set => depth += 1,
            ')' if !in_set => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            _ => {}
        }
    }
    depth == 0 && !in_set
}

/// A number that NGINX wants from `least` up, and that the controller hands on as it is.
const fn positive(name: &'static str, least: i64, needs: &'static [&'static str]) -> Key<Word> {
    if least > 0 {
        word(
            name,
            "a number from 1 up, such as \"5\"",
            |text| match text.parse::<i64>() {
                Ok(..=0) => Read::Poison("limit_req of NGINX takes no burst below 1."),
                _ => Read::Unknown,
            },
            needs,
        )
    } else {
        word(
            name,
            "a number from 0 up, such as \"1\"",
            |text| match text.parse::<i64>() {
                Ok(..0) => Read::Poison(NO_NEGATIVE),
                _ => Read::Unknown,
            },
            needs,
        )
    }
}

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
        about: About::Timeout,
        default,
        read: |text| match nginx_seconds(text) {
            Ok(span) => Read::Value(span),
            Err(DurationError::Negative) => Read::Poison(NO_NEGATIVE),
            Err(_) => Read::Ignored,
        },
        meant: |text| {
            let text = text.trim();
            go(text).or_else(|_| go(&format!("{text}s"))).ok()
        },
        checked_since: None,
        needs: &[],
        encode: |span| span.as_secs_ceil().to_string().into(),
        compare: Ord::cmp,
    }
}
