//! What a request asks for in its query: how its own answer shall go wrong.

use std::time::Duration;

use hyper::StatusCode;

/// The most that can be asked for in headers: HTTP libraries hold no more than 32,768 of them.
const MOST_HEADERS: u64 = 10_000;
/// The largest header that can be asked for, 8 MiB.
const LARGEST_HEADER: u64 = 8 << 20;

/// What one request asks for.
#[derive(Debug, Default)]
pub struct Wish {
    /// The time before the answer.
    pub delay: Duration,
    /// The length of one big header.
    pub header: Option<usize>,
    /// How many small headers come on top.
    pub headers: usize,
    /// The length of the body.
    pub body: Option<u64>,
    /// The status.
    pub status: Option<StatusCode>,
    /// The connection is closed after the answer.
    pub close: bool,
    /// The connection is cut instead of an answer.
    pub abort: bool,
    /// The time between the halves of the body.
    pub stall: Option<Duration>,
}

/// A parameter has no meaning.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot use {name}={value}: write delay=MS, header=BYTES, headers=N, body=BYTES, status=CODE (200 to 999), stall=MS, close or abort"
)]
pub struct BadWish {
    name: String,
    value: String,
}

impl Wish {
    /// Reads a query. Unknown parameters mean nothing.
    pub fn read(query: Option<&str>) -> Result<Self, BadWish> {
        let mut wish = Self::default();
        for pair in query.unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            wish.take(name, value).ok_or_else(|| BadWish { name: name.to_owned(), value: value.to_owned() })?;
        }
        Ok(wish)
    }

    fn take(&mut self, name: &str, value: &str) -> Option<()> {
        let number = || value.parse::<u64>().ok();
        match name {
            "delay" => self.delay = Duration::from_millis(number()?),
            "stall" => self.stall = Some(Duration::from_millis(number()?)),
            "body" => self.body = Some(number()?),
            "header" => self.header = Some(usize::try_from(number().filter(|bytes| *bytes <= LARGEST_HEADER)?).ok()?),
            "headers" => self.headers = usize::try_from(number().filter(|count| *count <= MOST_HEADERS)?).ok()?,
            // An interim status is no answer.
            "status" => self.status = Some(StatusCode::from_bytes(value.as_bytes()).ok().filter(|code| code.as_u16() >= 200)?),
            "close" => self.close = flag(value)?,
            "abort" => self.abort = flag(value)?,
            _ => {}
        }
        Some(())
    }
}

fn flag(value: &str) -> Option<bool> {
    match value {
        "" | "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}
