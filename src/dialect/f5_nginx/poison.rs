//! What the F5 controller takes and NGINX refuses, in single texts. What it refuses in several at once is in `buffers` and
//! in `rewrites`.

use crate::units::{DurationError, Size, SizeError, nginx_size, nginx_time};

/// Why a size is too much.
pub(super) const TOO_LARGE: &str = "NGINX counts in bytes, and the number of them is too large.";

/// `proxy_read_timeout` and its like, which NGINX counts in milliseconds.
pub(super) fn timeout(text: &str) -> Option<&'static str> {
    match nginx_time(text) {
        Ok(_) if text.contains(['y', 'M']) => Some("NGINX has neither months (M) nor years (y) there; minutes are a small m."),
        Err(DurationError::TooLarge) => Some("NGINX counts in milliseconds, and the number of them is too large."),
        Ok(_) | Err(_) => None,
    }
}

/// `fail_timeout`, which NGINX counts in seconds.
pub(super) fn seconds(text: &str) -> Option<&'static str> {
    match nginx_time(text) {
        Ok(_) if text.contains("ms") => Some("NGINX counts in whole seconds there, without ms."),
        Err(DurationError::TooLarge) => Some("NGINX counts in seconds, and the number of them is too large."),
        Ok(_) | Err(_) => None,
    }
}

/// `proxy_buffer_size` and its like.
pub(super) fn size(text: &str) -> Option<&'static str> {
    (nginx_size(text.trim()) == Err(SizeError::TooLarge)).then_some(TOO_LARGE)
}

pub(super) fn negative(text: &str) -> Option<&'static str> {
    text.parse::<i64>().is_ok_and(|number| number < 0).then_some("NGINX has no negative number there.")
}

/// `proxy_buffers`.
pub(super) fn buffers(text: &str) -> Option<&'static str> {
    let (number, one) = text.trim().split_once(' ')?;
    let is_none = number.parse() == Ok(0_u64) || nginx_size(one).is_ok_and(|one| one.as_bytes() == 0);
    is_none.then_some("proxy_buffers of NGINX takes no 0.")
}

/// `worker_processes`.
pub(super) fn workers(text: &str) -> Option<&'static str> {
    text.parse::<i64>().is_ok_and(|number| number < 0).then_some("NGINX has no negative number of workers.")
}

/// `0` is left out of the file.
pub(super) fn code(text: &str) -> Option<&'static str> {
    let is_outside = text.parse::<i64>().is_ok_and(|code| code != 0 && !(400..=599).contains(&code));
    is_outside.then_some("limit_req_status of NGINX takes a code from 400 to 599.")
}

/// A zone holds eight pages of memory at least, and a page has 4k or more. `0` of an upstream means none.
pub(super) fn zone(text: &str) -> Option<&'static str> {
    match nginx_size(text.trim()) {
        Ok(size) if size.as_bytes() > 0 && size < Size::from_bytes(32 << 10) => {
            Some("A zone of NGINX holds eight pages of memory at least, which are 32k or more.")
        }
        Err(SizeError::TooLarge) => Some(TOO_LARGE),
        Ok(_) | Err(_) => None,
    }
}

pub(super) fn ports(text: &str) -> Option<&'static str> {
    let is_beyond = |port: &str| port.parse::<i32>().is_ok_and(|port| port > 65_535);
    text.split(',').any(is_beyond).then_some("There is no port above 65535.")
}
