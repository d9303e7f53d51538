//! The flags, each of them also an environment variable, and the small words they are written in.

use std::{net::IpAddr, path::PathBuf, str::FromStr, time::Duration};

use clap::{Parser, ValueEnum};

use crate::fault::Fault;

/// A server that can be every bad neighbour behind a gateway.
///
/// Any path takes these query parameters: delay=MS, header=BYTES, headers=N, body=BYTES, status=CODE, stall=MS, close, abort.
/// /livez and /readyz are for probes, /ws echoes WebSocket messages.
#[derive(Debug, Parser)]
#[command(name = "backend")]
pub struct Flags {
    /// A port and what is spoken there; may be repeated, or separated by commas
    #[arg(long, env = "BACKEND_LISTEN", value_name = "PORT=PROTOCOL", value_delimiter = ',', default_value = "8080=http1")]
    pub listen: Vec<Listen>,
    /// The address to listen at
    #[arg(long, env = "BACKEND_BIND", default_value = "0.0.0.0")]
    pub bind: IpAddr,
    /// The value of the answer header x-backend-app, so that a wrong backend is seen
    #[arg(long, env = "BACKEND_APP", default_value = "")]
    pub app: String,
    /// A folder with tls.crt and tls.key, such as a mounted Secret; without the flag, TLS has a certificate of its own making
    #[arg(long, env = "BACKEND_CERTIFICATE", value_name = "FOLDER")]
    pub certificate: Option<PathBuf>,
    /// Nothing listens until this time has passed since the start
    #[arg(long, env = "BACKEND_START_DELAY", default_value = "0", value_parser = duration)]
    pub start_delay: Duration,
    /// Until this time has passed since the start, /readyz answers 503 and all other paths but /livez answer 500
    #[arg(long, env = "BACKEND_READY_AFTER", default_value = "0", value_parser = duration)]
    pub ready_after: Duration,
    /// From this time after the start on, /readyz answers 503; other paths go on answering
    #[arg(long, env = "BACKEND_READY_FAILS_AFTER", value_parser = duration)]
    pub ready_fails_after: Option<Duration>,
    /// What /readyz and the gRPC health service say: the truth, or always yes
    #[arg(long, env = "BACKEND_READY", value_enum, default_value = "honest")]
    pub ready: Ready,
    /// How long every answer takes; those of /livez and /readyz are not delayed
    #[arg(long, env = "BACKEND_ANSWER_DELAY", default_value = "0", value_parser = duration)]
    pub answer_delay: Duration,
    /// Whether the body of a request is read to its end before the answer (a gRPC stream too; none is what most gRPC servers do)
    #[arg(long, env = "BACKEND_READ_BODY", value_enum, default_value = "whole")]
    pub read_body: ReadBody,
    /// A connection without a running request is closed after this time; without the flag, never
    #[arg(long, env = "BACKEND_IDLE_TIMEOUT", value_parser = duration)]
    pub idle_timeout: Option<Duration>,
    /// A connection is closed after this many requests; without the flag, never
    #[arg(long, env = "BACKEND_MAX_REQUESTS_PER_CONNECTION")]
    pub max_requests_per_connection: Option<u64>,
    /// What SIGTERM does: exit (at once, code 143), drain (listen no more, finish what runs, code 0), ignore, or serve-for=10s (go
    /// on as before, then drain)
    #[arg(long, env = "BACKEND_ON_TERM", default_value = "exit")]
    pub on_term: OnTerm,
    /// End with code 1 after this time
    #[arg(long, env = "BACKEND_CRASH_EVERY", value_parser = duration)]
    pub crash_every: Option<Duration>,
    /// Use this much more memory every second, without end
    #[arg(long, env = "BACKEND_GROW", value_name = "MIB_PER_SECOND")]
    pub grow: Option<u32>,
    /// Threads that serve; with 1 there is only the main thread
    #[arg(long, env = "BACKEND_THREADS", default_value_t = 1)]
    pub threads: usize,
    /// The value of the answer header x-backend; without it, the host's name
    #[arg(long, env = "POD_NAME")]
    pub name: Option<String>,
}

/// What /readyz says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ready {
    /// Whether the program works.
    Honest,
    /// Always yes.
    Lies,
}

/// What happens with the body of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReadBody {
    /// It is read to its end, then comes the answer.
    Whole,
    /// The answer comes at once.
    None,
}

/// What is spoken at a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// HTTP/1.1 without TLS.
    Http1,
    /// Answers as HTTP/1.0 and closes after each.
    #[value(name = "http1.0")]
    Http10,
    /// HTTP/2 without TLS, by prior knowledge only.
    H2c,
    /// HTTP/1.1 and HTTP/2 without TLS.
    Auto,
    /// TLS; ALPN offers h2 only.
    H2,
    /// TLS; HTTP/1.1 only.
    Https,
    /// TLS; ALPN offers h2 and http/1.1.
    HttpsAuto,
    /// gRPC without TLS: the standard health service.
    Grpc,
}

/// The versions of HTTP that a port understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// HTTP/1 only.
    One,
    /// HTTP/2 only.
    Two,
    /// Both, told apart by the first bytes.
    Both,
}

impl Protocol {
    /// The versions of HTTP understood.
    pub fn versions(self) -> Versions {
        match self {
            Self::Http1 | Self::Http10 | Self::Https => Versions::One,
            Self::H2c | Self::H2 | Self::Grpc => Versions::Two,
            Self::Auto | Self::HttpsAuto => Versions::Both,
        }
    }

    /// The names that TLS offers in ALPN; none means no TLS.
    pub fn alpn(self) -> Option<&'static [&'static str]> {
        match self {
            Self::H2 => Some(&["h2"]),
            Self::Https => Some(&["http/1.1"]),
            Self::HttpsAuto => Some(&["h2", "http/1.1"]),
            Self::Http1 | Self::Http10 | Self::H2c | Self::Auto | Self::Grpc => None,
        }
    }

    /// The word of the flag.
    pub fn word(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// One port and what is spoken there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The port; 0 lets the system choose.
    pub port: u16,
    /// What is spoken.
    pub protocol: Protocol,
}

impl FromStr for Listen {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let fault = || Fault::Listen(text.to_owned());
        let (port, protocol) = text.split_once('=').ok_or_else(fault)?;
        let protocol = Protocol::from_str(protocol, true).map_err(|_| fault())?;
        Ok(Self { port: port.parse().map_err(|_| fault())?, protocol })
    }
}

/// What SIGTERM does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTerm {
    /// Ends the process at once.
    Exit,
    /// Stops listening, finishes what runs, then ends.
    Drain,
    /// Nothing.
    Ignore,
    /// Serves for this long as if nothing had come, then drains.
    ServeFor(Duration),
}

impl FromStr for OnTerm {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        match text {
            "exit" => Ok(Self::Exit),
            "drain" => Ok(Self::Drain),
            "ignore" => Ok(Self::Ignore),
            _ => {
                let time = text.strip_prefix("serve-for").and_then(|rest| rest.strip_prefix(['=', ' ', ':']));
                Ok(Self::ServeFor(duration(time.ok_or_else(|| Fault::OnTerm(text.to_owned()))?)?))
            }
        }
    }
}

/// Reads `500ms`, `2s`, `1m`, or a bare number of seconds.
fn duration(text: &str) -> Result<Duration, Fault> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| Fault::Duration(text.to_owned()))?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" | "" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        _ => Err(Fault::Duration(text.to_owned())),
    }
}
