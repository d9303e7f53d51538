//! Why a request got no answer, read from the errors of the HTTP library.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write as _;
use std::io;

/// A request without an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    /// Nobody listens there.
    Refused,
    /// The connection, or the HTTP/2 stream, was cut. Of a whole HTTP/2 connection the library tells only that it ended:
    /// that is `Closed`.
    Reset,
    /// The connection ended in good order before the answer was whole.
    Closed,
    /// No whole answer within the time limit, counted from the scheduled instant.
    Timeout,
    /// The head of the answer is larger than clients take.
    TooLarge,
    /// The client itself had no file or no port left: such a run proves nothing about the gateway.
    Client(String),
    /// Anything else.
    Other(String),
}

/// No file left for the process, for the machine; no port left.
const OWN_LIMITS: [i32; 3] = [24, 23, 99];

impl Failure {
    /// The name under which it is counted.
    pub(crate) fn outcome(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Timeout => "timeout",
            Self::TooLarge => "too large",
            Self::Client(_) => "client fault",
            Self::Other(_) => "other",
        })
    }

    /// The failure behind an error: the first of its causes that says what happened.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut cause = Some(error);
        let mut closed = false;
        let mut text = String::new();
        while let Some(error) = cause {
            if let Some(known) = Self::known(error) {
                return known;
            }
            closed |= error.downcast_ref::<hyper::Error>().is_some_and(|error| error.is_canceled() || error.is_closed());
            let _ = write!(text, "{}{error}", if text.is_empty() { "" } else { ": " });
            cause = error.source();
        }
        if closed { Self::Closed } else { Self::Other(text) }
    }

    fn known(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return match error {
                _ if error.is_parse_too_large() => Some(Self::TooLarge),
                _ if error.is_incomplete_message() => Some(Self::Closed),
                _ if error.is_timeout() => Some(Self::Timeout),
                _ => None,
            };
        }
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return match error.get_io() {
                Some(error) => Self::of_io(error),
                None if error.is_go_away() => Some(Self::Closed),
                None if error.is_reset() => Some(Self::Reset),
                None => None,
            };
        }
        error.downcast_ref::<io::Error>().and_then(Self::of_io)
    }

    fn of_io(error: &io::Error) -> Option<Self> {
        if error.raw_os_error().is_some_and(|code| OWN_LIMITS.contains(&code)) {
            return Some(Self::Client(error.to_string()));
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Some(Self::Reset),
            // The kernel says so after a reset; the HTTP/2 library says so, without a code, at a plain end.
            io::ErrorKind::BrokenPipe if error.raw_os_error().is_some() => Some(Self::Reset),
            io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof | io::ErrorKind::NotConnected => Some(Self::Closed),
            io::ErrorKind::TimedOut => Some(Self::Timeout),
            _ => None,
        }
    }
}
