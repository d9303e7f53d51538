//! The annotations of the F5 controller that bear on timeouts, retries and buffers. What it refuses is in the table; a text of
//! that kind is unknown here.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

use super::super::key::{Key, Read};
use super::grammar::are_conditions;
use super::poison;
use crate::model::{About, Conditions};
use crate::units::{Duration, Size, SizeError, nginx_size, nginx_time};

pub(super) static CONNECT_TIMEOUT: Key<Duration> = time("proxy-connect-timeout", || Duration::from_secs(60));
pub(super) static SEND_TIMEOUT: Key<Duration> = time("proxy-send-timeout", || Duration::from_secs(60));
pub(super) static READ_TIMEOUT: Key<Duration> = time("proxy-read-timeout", || Duration::from_secs(60));
pub(super) static NEXT_UPSTREAM_TIMEOUT: Key<Duration> =
    Key { is_global: false, ..time("proxy-next-upstream-timeout", || Duration::ZERO) };

pub(super) static NEXT_UPSTREAM_TRIES: Key<u32> = Key {
    name: "proxy-next-upstream-tries",
    expects: "a whole number, such as \"3\"",
    is_global: false,
    about: About::Exchange,
    default: || 0,
    read: |text| match (text.parse::<u32>(), text.parse::<u64>()) {
        (Ok(tries), _) => Read::Value(tries),
        (Err(_), Ok(tries)) if i64::try_from(tries).is_err() => Read::Poison("The number is larger than NGINX can hold."),
        (Err(_), _) => Read::Unknown,
    },
    meant: |_| None,
    checked_since: None,
    needs: &[],
    encode: |tries| tries.to_string().into(),
    compare: Ord::cmp,
};

pub(super) static NEXT_UPSTREAM: Key<Conditions> = Key {
    name: "proxy-next-upstream",
    expects: "conditions separated by blanks, such as \"error timeout http_502\"",
    is_global: false,
    about: About::Exchange,
    default: || Conditions::parse("error timeout"),
    read: |text| if are_conditions(text) { Read::Value(Conditions::parse(text)) } else { Read::Unknown },
    meant: |_| None,
    checked_since: None,
    needs: &[],
    encode: |conditions| conditions.to_string().into(),
    compare: unlike,
};

/// How many buffers an answer gets, and how large one is.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) struct Buffers {
    pub(super) number: u64,
    pub(super) one: Size,
}

impl fmt::Display for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.one)
    }
}

/// The annotation is left out of the file where nobody writes it, so NGINX's own 8 pages hold.
pub(super) static BUFFERS: Key<Buffers> = Key {
    name: "proxy-buffers",
    expects: "two buffers or more, such as \"8 16k\"",
    is_global: true,
    about: About::Exchange,
    default: || Buffers { number: 8, one: Size::from_bytes(4 << 10) },
    read: |text| {
        let Some((number, one)) = text.trim().split_once(' ') else { return Read::Unknown };
        match (number.parse(), nginx_size(one)) {
            (Ok(number), Ok(one)) if number > 0 && one.as_bytes() > 0 => Read::Value(Buffers { number, one }),
            (Ok(_), Ok(_)) => Read::Poison("proxy_buffers of NGINX takes no 0."),
            (_, Err(SizeError::TooLarge)) => Read::Poison(poison::TOO_LARGE),
            _ => Read::Unknown,
        }
    },
    meant: |_| None,
    checked_since: None,
    needs: &[],
    encode: |buffers| buffers.to_string().into(),
    compare: unlike,
};

/// How large the head of an answer may be.
pub(super) static BUFFER_SIZE: Key<Size> = size("proxy-buffer-size", || Size::from_bytes(4 << 10));
/// How much of an answer may wait on disk.
pub(super) static MAX_TEMP_FILE_SIZE: Key<Size> = size("proxy-max-temp-file-size", || Size::from_bytes(1024 << 20));
/// How much of an answer may wait for a slow client; where nobody says it, two buffers of the larger kind.
pub(super) static BUSY_BUFFERS_SIZE: Key<Size> = size("proxy-busy-buffers-size", || Size::from_bytes(8 << 10));

const fn size(name: &'static str, default: fn() -> Size) -> Key<Size> {
    Key {
        name,
        expects: "a number with k or m behind it, such as \"16k\"",
        is_global: true,
        about: About::Exchange,
        default,
        read: |text| match nginx_size(text.trim()) {
            Ok(size) => Read::Value(size),
            Err(SizeError::TooLarge) => Read::Poison(poison::TOO_LARGE),
            Err(_) => Read::Unknown,
        },
        meant: |_| None,
        checked_since: None,
        needs: &[],
        encode: |size| size.to_string().into(),
        compare: Ord::cmp,
    }
}

const fn time(name: &'static str, default: fn() -> Duration) -> Key<Duration> {
    Key {
        name,
        expects: "a time of NGINX, such as \"60s\"",
        is_global: true,
        about: About::Timeout,
        default,
        read: |text| match (poison::timeout(text), nginx_time(text)) {
            (Some(why), _) => Read::Poison(why),
            (None, Ok(span)) => Read::Value(span),
            (None, Err(_)) => Read::Unknown,
        },
        meant: |_| None,
        checked_since: None,
        needs: &[],
        encode: |span| written(*span),
        compare: Ord::cmp,
    }
}

/// `60s`, or `1500ms` where seconds do not hold it.
fn written(span: Duration) -> Value {
    let millis = span.as_millis();
    if millis.is_multiple_of(1000) { format!("{}s", millis / 1000).into() } else { format!("{millis}ms").into() }
}

fn unlike<T: PartialEq>(a: &T, b: &T) -> Ordering {
    if a == b { Ordering::Equal } else { Ordering::Greater }
}
