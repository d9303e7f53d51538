//! Probes: how the kubelet asks a container.

use crate::object::At;
use std::fmt;

use serde_json::Value;

use super::json::{count, list, port_number, seconds, text};
use crate::units::Duration;

/// A port by number or by name.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Port {
    /// A number.
    Number(u16),
    /// A name, looked up in the ports that a container declares.
    Name(Box<str>),
}

impl Port {
    /// Reads a port as the kubelet does (`resolvePort`): a text that is a number is a number. `None` where it is unset:
    /// absent, 0 or empty.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(name) if name.is_empty() => None,
            Value::String(name) => Some(name.parse().map_or_else(|_| Self::Name(name.as_str().into()), Self::Number)),
            number => port_number(number).map(Self::Number),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => write!(f, "\"{name}\""),
        }
    }
}

/// What a probe does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Handler {
    /// An HTTP GET.
    Http {
        /// Which port; `None` where it is unreadable.
        port: Option<Port>,
        /// Which path.
        path: Box<str>,
        /// Whether it speaks TLS.
        https: bool,
        /// Whether it speaks HTTP/2 (KEP-5999), instead of HTTP/1.1.
        http2: bool,
        /// Another host than the pod.
        host: Box<str>,
        /// The headers, as text, so that two probes can be compared.
        headers: Box<str>,
    },
    /// A TCP connect.
    Tcp {
        /// Which port.
        port: Option<Port>,
        /// Another host than the pod.
        host: Box<str>,
    },
    /// The gRPC health check.
    Grpc {
        /// Which port; always a number.
        port: Option<Port>,
        /// Which service is asked for.
        service: Box<str>,
    },
    /// A command in the container.
    Exec(Box<[Box<str>]>),
    /// None that we know.
    Other,
}

impl Handler {
    fn read(probe: &Value) -> Self {
        let (http, tcp, grpc, exec) = (probe.at(["httpGet"]), probe.at(["tcpSocket"]), probe.at(["grpc"]), probe.at(["exec"]));
        if http.is_object() {
            let path = http.at(["path"]).as_str().filter(|path| !path.is_empty()).unwrap_or("/").into();
            let https = text(http.at(["scheme"])).eq_ignore_ascii_case("https");
            let headers = if http.at(["httpHeaders"]).is_array() { http.at(["httpHeaders"]).to_string() } else { String::new() };
            let (host, http2) = (text(http.at(["host"])).into(), text(http.at(["protocol"])) == "HTTP2");
            Self::Http { port: Port::read(http.at(["port"])), path, https, http2, host, headers: headers.into() }
        } else if tcp.is_object() {
            Self::Tcp { port: Port::read(tcp.at(["port"])), host: text(tcp.at(["host"])).into() }
        } else if grpc.is_object() {
            Self::Grpc { port: Port::read(grpc.at(["port"])), service: text(grpc.at(["service"])).into() }
        } else if exec.is_object() {
            Self::Exec(list(exec.at(["command"])).map(|(_, word)| text(word).into()).collect())
        } else {
            Self::Other
        }
    }

    /// The port it asks, and the field below the probe that holds it.
    #[must_use]
    pub fn port(&self) -> Option<&Port> {
        match self {
            Self::Http { port, .. } | Self::Tcp { port, .. } | Self::Grpc { port, .. } => port.as_ref(),
            Self::Exec(_) | Self::Other => None,
        }
    }

    /// The host that it asks instead of the pod; empty where it asks the pod.
    #[must_use]
    pub fn host(&self) -> &str {
        match self {
            Self::Http { host, .. } | Self::Tcp { host, .. } => host,
            Self::Grpc { .. } | Self::Exec(_) | Self::Other => "",
        }
    }
}

/// A probe with the defaults of the API server (`SetDefaults_Probe`) filled in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Probe {
    /// What it does.
    pub handler: Handler,
    /// Wait before the first try.
    pub initial_delay: Duration,
    /// Time from try to try.
    pub period: Duration,
    /// How long a try may take.
    pub timeout: Duration,
    /// How many failures in a row count.
    pub failures: u32,
}

impl Probe {
    /// Reads a probe; `None` where there is none.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        value.is_object().then(|| Self {
            handler: Handler::read(value),
            initial_delay: seconds(value.at(["initialDelaySeconds"])).unwrap_or_default(),
            period: positive(seconds(value.at(["periodSeconds"])), 10),
            timeout: positive(seconds(value.at(["timeoutSeconds"])), 1),
            failures: count(value.at(["failureThreshold"])).filter(|count| *count > 0).unwrap_or(3),
        })
    }

    /// How long it takes, at worst, until the probe gives up on something that hangs.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.period.max(self.timeout) * self.failures
    }

    /// When the probe can give up at the earliest on something that answers with failures at once.
    #[must_use]
    pub fn earliest_failure(&self) -> Duration {
        self.initial_delay + self.period * self.failures.saturating_sub(1)
    }
}

/// Zero is unset to Kubernetes: the default holds.
fn positive(written: Option<Duration>, default: u64) -> Duration {
    written.filter(|span| !span.is_zero()).unwrap_or(Duration::from_secs(default))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn defaults_are_those_of_the_api_server_and_zero_is_unset() {
        let probe = Probe::read(&json!({"httpGet": {"port": 80}, "periodSeconds": 0})).unwrap();
        assert_eq!((probe.period, probe.timeout, probe.failures), (Duration::from_secs(10), Duration::from_secs(1), 3));
        assert_eq!(probe.patience(), Duration::from_secs(30));
        assert_eq!(probe.earliest_failure(), Duration::from_secs(20));
        assert_eq!(Probe::read(&Value::Null), None);
    }

    #[test]
    fn a_text_that_is_a_number_is_a_port_number() {
        assert_eq!(Port::read(&json!("8080")), Some(Port::Number(8080)));
        assert_eq!(Port::read(&json!("http")), Some(Port::Name("http".into())));
        for unset in [json!(0), json!(""), json!(null), json!(70000)] {
            assert_eq!(Port::read(&unset), None, "{unset}");
        }
    }
}
