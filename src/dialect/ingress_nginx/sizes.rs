//! The annotations of ingress-nginx that say how large a buffer is, and how many there are.

use std::cmp::Ordering;

use super::super::key::{Key, Read};
use super::super::nginx::meant_size;
use super::keys::VALIDATORS;
use crate::model::About;
use crate::units::{Size, SizeError, nginx_size};

const SIZE: &str = "a number with k or m behind it, such as \"16k\"";

/// How large one buffer is, and so the head of an answer.
pub(super) static BUFFER_SIZE: Key<Size> = Key {
    name: "proxy-buffer-size",
    expects: SIZE,
    is_global: true,
    about: About::Exchange,
    default: || Size::from_bytes(4 << 10),
    read: |text| match read_size(text) {
        Read::Value(size) if size.as_bytes() == 0 => Read::Poison("A buffer of no bytes holds nothing, and NGINX refuses it."),
        other => other,
    },
    meant: meant_size,
    checked_since: VALIDATORS,
    needs: &[],
    encode: |size| size.to_string().into(),
    compare: Ord::cmp,
};

/// How many buffers of that size an answer gets.
pub(super) static BUFFERS_NUMBER: Key<u32> = Key {
    name: "proxy-buffers-number",
    expects: "a bare number from 2 up, such as \"4\"",
    is_global: true,
    about: About::Exchange,
    default: || 4,
    read: |text| match text.parse::<i64>().map(u32::try_from) {
        Ok(Ok(number @ 2..)) => Read::Value(number),
        Ok(_) => Read::Poison("NGINX wants at least two buffers."),
        Err(_) => Read::Ignored,
    },
    meant: |text| text.trim().parse().ok(),
    checked_since: None,
    needs: &[],
    encode: |number| number.to_string().into(),
    compare: Ord::cmp,
};

/// How much of an answer may wait for a slow client.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Busy {
    /// Nobody says it.
    Two,
    /// This much.
    Is(Size),
}

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Two => f.write_str("the size of two buffers"),
            Self::Is(size) => size.fmt(f),
        }
    }
}

/// The annotation and the key of the `ConfigMap` are there since v1.13.0.
pub(super) static BUSY_BUFFERS_SIZE: Key<Busy> = Key {
    name: "proxy-busy-buffers-size",
    expects: SIZE,
    is_global: true,
    about: About::Exchange,
    default: || Busy::Two,
    read: |text| match read_size(text) {
        Read::Value(size) => Read::Value(Busy::Is(size)),
        Read::Poison(why) => Read::Poison(why),
        Read::Ignored => Read::Ignored,
        Read::Unknown => Read::Unknown,
    },
    meant: |text| meant_size(text).map(Busy::Is),
    checked_since: VALIDATORS,
    needs: &[],
    encode: |busy| busy.to_string().into(),
    compare: |a, b| if a == b { Ordering::Equal } else { Ordering::Greater },
};

/// How much of an answer may wait on disk. The template leaves a text out that is no size at all.
pub(super) static MAX_TEMP_FILE_SIZE: Key<Size> = Key {
    name: "proxy-max-temp-file-size",
    default: || Size::from_bytes(1024 << 20),
    read: |text| match read_size(text) {
        Read::Poison(_) if !text.ends_with(['g', 'G']) => Read::Ignored,
        other => other,
    },
    checked_since: None,
    ..BUFFER_SIZE
};

fn read_size(text: &str) -> Read<Size> {
    match nginx_size(text) {
        Ok(size) => Read::Value(size),
        Err(SizeError::TooLarge | SizeError::UnknownUnit) if passes_size_check(text) => Read::Poison(
            "The controller lets b, g and blanks pass in a size, and NGINX knows only k and m right behind the number.",
        ),
        Err(_) => Read::Ignored,
    }
}

/// `^(?i)\d+[bkmg]?$` after all blanks were taken out (`parser/validators.go`).
fn passes_size_check(text: &str) -> bool {
    let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let digits = packed.trim_end_matches(['b', 'k', 'm', 'g', 'B', 'K', 'M', 'G']);
    !digits.is_empty() && packed.len() - digits.len() <= 1 && digits.bytes().all(|byte| byte.is_ascii_digit())
}
