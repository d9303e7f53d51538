//! Listening: the port that a container's own text says it listens on.

use std::net::IpAddr;

use serde_json::Value;

use super::json::{list, text};
use crate::object::At;

/// Where a container says on which port it listens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Said {
    /// In the environment variable at this index.
    Variable(usize),
    /// In its command.
    Command,
    /// In its arguments.
    Args,
}

/// On which ports a container listens, by its own text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listening {
    /// The variable or the flag: `PORT`, `--port`.
    pub by: Box<str>,
    /// Where it stands.
    pub said: Said,
    /// The ports; at least one.
    pub ports: Box<[u16]>,
    /// Whether nobody outside of the pod can connect.
    pub is_loopback: bool,
    /// Every number in its command and environment that may be a port, sorted.
    named: Box<[u16]>,
}

/// Variables that hold one port, or several with `;` between them.
const PORTS: &[&str] = &["PORT", "SERVER_PORT", "ASPNETCORE_HTTP_PORTS", "DOTNET_HTTP_PORTS"];
/// Variables that hold URLs with `;` between them.
const URLS: &[&str] = &["ASPNETCORE_URLS", "DOTNET_URLS"];

impl Listening {
    /// Reads a container. `None` where it says nothing of it, where it says several things, and where a part of what it says is
    /// filled in from elsewhere.
    pub(super) fn read(container: &Value) -> Option<Box<Self>> {
        let mut said = of_variables(container.at(["env"])).chain(of_words(container));
        let first = said.next()?;
        // Two that agree are as good as one.
        if said.any(|other| other.ports != first.ports || other.is_loopback != first.is_loopback) || is_open(container) {
            return None;
        }
        (!first.ports.is_empty()).then(|| Box::new(Self { named: numbers(container), ..first }))
    }

    /// Whether the text of the container holds this number anywhere.
    #[must_use]
    pub fn names(&self, number: u16) -> bool {
        self.named.binary_search(&number).is_ok()
    }

    /// `ports` is empty where the text cannot be read.
    fn new(by: &str, said: Said, ports: Option<Vec<u16>>, is_loopback: bool) -> Self {
        let ports = ports.unwrap_or_default().into();
        Self { by: by.into(), said, ports, is_loopback, named: Box::default() }
    }
}

fn of_variables(env: &Value) -> impl Iterator<Item = Listening> {
    list(env).filter_map(|(index, variable)| {
        let (name, value) = (text(variable.at(["name"])), text(variable.at(["value"])));
        let said = Said::Variable(index);
        if PORTS.contains(&name) {
            return Some(Listening::new(name, said, value.split(';').map(port).collect(), false));
        }
        URLS.contains(&name).then(|| {
            let bound: Option<Vec<(u16, bool)>> = value.split(';').filter(|url| !url.is_empty()).map(bound_by_url).collect();
            let is_loopback = bound.as_ref().is_some_and(|all| all.iter().all(|(_, is_loopback)| *is_loopback));
            Listening::new(name, said, bound.map(|all| all.into_iter().map(|(port, _)| port).collect()), is_loopback)
        })
    })
}

/// What the command and the arguments say, word by word. A script is no list of words.
fn of_words(container: &Value) -> Vec<Listening> {
    let words = |field: &'static str| list(container.at([field])).map(|(_, word)| text(word));
    let all: Vec<(Said, &str)> =
        words("command").map(|word| (Said::Command, word)).chain(words("args").map(|word| (Said::Args, word))).collect();
    let is_gunicorn = all.iter().any(|(_, word)| word.rsplit('/').next() == Some("gunicorn"));
    let next = all.iter().map(|(_, word)| *word).skip(1).chain([""]);
    let flags = || all.iter().zip(next.clone()).map(|((said, word), next)| (said, word.split_once('=').unwrap_or((word, next))));
    // With the host of another, the port is that of the other, too.
    let is_client = flags().any(|(_, (flag, value))| flag.starts_with("--") && flag.ends_with("host") && !is_own(value));
    let flags = flags().filter_map(|(said, (flag, value))| match flag {
        "--port" | "--server.port" if !is_client => Some(Listening::new(flag, *said, port(value).map(|port| vec![port]), false)),
        "--bind" | "-b" if is_gunicorn => {
            let (host, number) = value.rsplit_once(':').unwrap_or((value, ""));
            Some(Listening::new(flag, *said, port(number).map(|port| vec![port]), is_loopback(host)))
        }
        _ => None,
    });
    flags.collect()
}

fn port(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|port| *port > 0)
}

/// The port of `http://+:8080`, and whether it is bound to the pod itself.
fn bound_by_url(url: &str) -> Option<(u16, bool)> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let authority = rest.split('/').next().unwrap_or(rest);
    let default = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    match authority.rsplit_once(':') {
        Some((host, number)) if !number.ends_with(']') => Some((port(number)?, is_loopback(host))),
        _ => Some((default, is_loopback(authority))),
    }
}

/// Whether a server may be told to listen there: an address, or one that is filled in.
fn is_own(host: &str) -> bool {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    plain.parse::<IpAddr>().is_ok() || host.is_empty() || host == "*" || host == "localhost" || host.starts_with("$(")
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "[::1]" || host.starts_with("127.")
}

/// Whether a part of what the container listens on may be said where nobody sees it: in a ConfigMap, a Secret or a field, or in a
/// part of the configuration that goes before.
fn is_open(container: &Value) -> bool {
    let is_port =
        |name: &str| ["PORT", "LISTEN", "BIND", "ADDR", "URLS"].iter().any(|word| name.to_ascii_uppercase().contains(word));
    list(container.at(["envFrom"])).next().is_some()
        || list(container.at(["env"])).any(|(_, variable)| {
            let name = text(variable.at(["name"]));
            is_port(name) && variable.at(["valueFrom"]).is_object() || name.starts_with("Kestrel__")
        })
}

/// The numbers in the command and the environment of a container that may be ports, sorted.
fn numbers(container: &Value) -> Box<[u16]> {
    let values = list(container.at(["env"])).map(|(_, variable)| text(variable.at(["value"])));
    let words = ["command", "args"].into_iter().flat_map(|field| list(container.at([field])).map(|(_, word)| text(word)));
    let digits = values.chain(words).flat_map(|text| text.split(|own: char| !own.is_ascii_digit()));
    let mut numbers: Vec<u16> = digits.filter_map(|digits| digits.parse().ok()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(container: &Value) -> Option<(Vec<u16>, bool)> {
        Listening::read(container).map(|own| (own.ports.to_vec(), own.is_loopback))
    }

    #[test]
    fn variables_and_flags_say_the_port() {
        let variable = |name: &str, value: &str| read(&json!({"env": [{"name": name, "value": value}]}));
        assert_eq!(variable("PORT", "3000"), Some((vec![3000], false)));
        assert_eq!(variable("ASPNETCORE_URLS", "http://+:8080;https://+:8443"), Some((vec![8080, 8443], false)));
        assert_eq!(variable("ASPNETCORE_URLS", "http://localhost:5000"), Some((vec![5000], true)));
        assert_eq!(variable("ASPNETCORE_URLS", "http://localhost:5000;http://*"), Some((vec![5000, 80], false)));
        assert_eq!(variable("ASPNETCORE_HTTP_PORTS", "8080;8081"), Some((vec![8080, 8081], false)));
        assert_eq!(variable("PORT", "$(OTHER)"), None);
        assert_eq!(variable("DB_PORT", "5432"), None);
        let words = |words: Value| read(&json!({"args": words}));
        assert_eq!(words(json!(["serve", "--port=8080"])), Some((vec![8080], false)));
        assert_eq!(words(json!(["serve", "--port", "8080"])), Some((vec![8080], false)));
        assert_eq!(words(json!(["gunicorn", "-b", "127.0.0.1:8000", "app"])), Some((vec![8000], true)));
        assert_eq!(words(json!(["gunicorn", "--bind=:8000", "app"])), Some((vec![8000], false)));
        assert_eq!(words(json!(["tool", "-b", "127.0.0.1:8000"])), None);
        assert_eq!(words(json!(["serve", "--port", "$(PORT)"])), None);
        assert_eq!(words(json!(["serve", "--host", "0.0.0.0", "--port", "8000"])), Some((vec![8000], false)));
        assert_eq!(words(json!(["migrate", "--host", "db", "--port", "5432"])), None);
        assert_eq!(words(json!(["serve", "--db-host=db.shop", "--port=5432"])), None);
    }

    #[test]
    fn what_is_said_twice_or_elsewhere_is_not_known() {
        let two = |args: Value| read(&json!({"env": [{"name": "PORT", "value": "3000"}], "args": args}));
        assert_eq!(two(json!(["--port=3000"])), Some((vec![3000], false)));
        assert_eq!(two(json!(["--port=4000"])), None);
        let env = |more: Value| read(&json!({"env": [{"name": "PORT", "value": "3000"}, more]}));
        assert_eq!(env(json!({"name": "GRPC_PORT", "valueFrom": {"configMapKeyRef": {}}})), None);
        assert_eq!(env(json!({"name": "Kestrel__Endpoints__Http__Url", "value": "http://+:1"})), None);
        assert_eq!(env(json!({"name": "POD_IP", "valueFrom": {"fieldRef": {}}})), Some((vec![3000], false)));
        assert_eq!(read(&json!({"env": [{"name": "PORT", "value": "3000"}], "envFrom": [{}]})), None);
        let own = Listening::read(&json!({"env": [{"name": "PORT", "value": "3000"}], "args": ["--admin=:9000"]})).unwrap();
        assert!(own.names(9000) && !own.names(90));
    }
}
