//! Calls: the Services that a container is told to connect to.

use serde_json::Value;

use super::json::{list, text};
use crate::object::At;

/// How many Services are looked for in one text: nobody lists so many, and each is looked up.
const CALLS: usize = 64;

/// A Service that an environment variable names as something to connect to: in a URL, or with a port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Call {
    /// The variable.
    pub variable: Box<str>,
    /// Its place in `env`.
    pub index: usize,
    /// The namespace of the Service.
    pub namespace: Box<str>,
    /// Its name.
    pub service: Box<str>,
    /// The port: as written, else the one of the scheme.
    pub port: Option<u16>,
}

impl Call {
    /// The calls in the environment of a container. Only names that end in `.svc` or `.svc.cluster.local` are certain to be
    /// those of Services.
    pub(super) fn read(container: &Value) -> Box<[Self]> {
        let variables = list(container.at(["env"])).filter(|(_, variable)| text(variable.at(["value"])).contains(".svc"));
        let calls = variables.flat_map(|(index, variable)| {
            let named = named(text(variable.at(["value"]))).into_iter();
            named.map(move |(service, namespace, port)| Self {
                variable: text(variable.at(["name"])).into(),
                index,
                namespace: namespace.into(),
                service: service.into(),
                port,
            })
        });
        calls.collect()
    }
}

/// The Services in a text, with their namespaces and ports.
fn named(text: &str) -> Vec<(&str, &str, Option<u16>)> {
    text.split([' ', ',', ';', '"', '\'', '\n']).flat_map(in_word).take(CALLS).collect()
}

/// The Services in a part of a text that may begin with the scheme of a URL.
fn in_word(word: &str) -> impl Iterator<Item = (&str, &str, Option<u16>)> {
    let scheme = word.split_once("://").map(|(scheme, _)| scheme);
    word.match_indices(".svc").filter_map(move |(at, domain)| {
        let (before, after) = (word.get(..at)?, word.get(at + domain.len()..)?);
        let after = after.strip_prefix(".cluster.local").unwrap_or(after);
        // Another domain, or a longer word.
        if after.starts_with(|next: char| next.is_ascii_alphanumeric() || "-_.$".contains(next)) {
            return None;
        }
        let start = before.rfind(|own: char| !own.is_ascii_alphanumeric() && !"-_.".contains(own));
        let (outside, host) = match start {
            Some(start) => before.split_at(start + before.get(start..)?.chars().next()?.len_utf8()),
            None => ("", before),
        };
        // What something else fills in is not known.
        if outside.ends_with(['*', '}', ')', '%', '>']) {
            return None;
        }
        let mut labels = host.rsplit('.');
        let (namespace, service) = (labels.next()?, labels.next()?);
        let scheme = scheme.filter(|scheme| scheme.len() < outside.len());
        let Said(port) = port(scheme, after)?;
        (is_label(namespace) && is_label(service)).then_some((service, namespace, port))
    })
}

fn is_label(text: &str) -> bool {
    let is_fit = |own: char| own.is_ascii_lowercase() || own.is_ascii_digit() || own == '-';
    !text.is_empty() && text.chars().all(is_fit) && !text.starts_with('-') && !text.ends_with('-')
}

/// The port that a text says; `None` where that is not known.
struct Said(Option<u16>);

/// The port behind a host, or else that of the scheme before it. `None` where there is neither a scheme nor a port, so that nobody
/// says that anything connects there.
fn port(scheme: Option<&str>, after: &str) -> Option<Said> {
    if let Some(written) = after.strip_prefix(':') {
        let digits = written.split(|own: char| !own.is_ascii_digit()).next().unwrap_or_default();
        return if digits.is_empty() && scheme.is_none() { None } else { Some(Said(digits.parse().ok())) };
    }
    match scheme? {
        "http" | "ws" => Some(Said(Some(80))),
        "https" | "wss" => Some(Said(Some(443))),
        _ => Some(Said(None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_connected_to_is_a_call() {
        for (text, calls) in [
            ("http://pay.shop.svc", &[("pay", "shop", Some(80))][..]),
            ("https://pay.shop.svc.cluster.local/v1?x=y", &[("pay", "shop", Some(443))]),
            ("http://user:pass@pay.shop.svc:8080", &[("pay", "shop", Some(8080))]),
            ("jdbc:postgresql://db.shop.svc/orders", &[("db", "shop", None)]),
            ("pay.shop.svc:9090", &[("pay", "shop", Some(9090))]),
            ("a.data.svc:1,b.data.svc.cluster.local:2", &[("a", "data", Some(1)), ("b", "data", Some(2))]),
            ("http://web-0.web.shop.svc:80", &[("web", "shop", Some(80))]),
            ("http://pay.shop.svc:$(PORT)", &[("pay", "shop", None)]),
            ("pay.shop.svc", &[]),
            (".svc,.svc.cluster.local", &[]),
            ("http://svc:80", &[]),
            ("http://$(HOST).shop.svc", &[]),
            ("http://pay.{{ns}}.svc", &[]),
            ("http://pay.shop.svc.example.com", &[]),
            ("http://pay.shop.service:80", &[]),
        ] {
            assert_eq!(named(text), calls, "{text}");
        }
    }
}
