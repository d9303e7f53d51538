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
            let named = Called::all(text(variable.at(["value"]))).into_iter();
            named.map(move |called| Self {
                variable: text(variable.at(["name"])).into(),
                index,
                namespace: called.namespace.into(),
                service: called.service.into(),
                port: called.port,
            })
        });
        calls.collect()
    }
}

/// A Service that a text names as something to connect to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Called<'t> {
    /// Its namespace.
    pub namespace: &'t str,
    /// Its name.
    pub service: &'t str,
    /// The port: as written, else the one of the scheme.
    pub port: Option<u16>,
}

impl<'t> Called<'t> {
    /// The Services in a text, of which only so many are looked for.
    #[must_use]
    pub fn all(text: &'t str) -> Vec<Self> {
        text.split([' ', ',', ';', '"', '\'', '\n']).flat_map(Self::in_word).take(CALLS).collect()
    }

    /// The Services in a part of a text that may begin with the scheme of a URL.
    fn in_word(word: &'t str) -> impl Iterator<Item = Self> {
        let scheme = word.split_once("://").map(|(scheme, _)| scheme);
        word.match_indices(".svc").filter_map(move |(at, domain)| Self::at(word, scheme, at, at + domain.len()))
    }

    /// The Service whose name ends where `.svc` stands in a word.
    fn at(word: &'t str, scheme: Option<&str>, start: usize, end: usize) -> Option<Self> {
        let (before, after) = (word.get(..start)?, word.get(end..)?);
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
        if outside.ends_with(['*', '}', ')', '%', '>', '$']) {
            return None;
        }
        let mut labels = host.rsplit('.');
        let (namespace, service) = (labels.next()?, labels.next()?);
        let scheme = scheme.filter(|scheme| scheme.len() < outside.len());
        let Said(port) = port(scheme, after)?;
        (is_label(namespace) && is_label(service)).then_some(Self { namespace, service, port })
    }
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
            ("http://$host.shop.svc", &[]),
            ("http://pay.{{ns}}.svc", &[]),
            ("http://pay.shop.svc.example.com", &[]),
            ("http://pay.shop.service:80", &[]),
        ] {
            let named = Called::all(text).into_iter().map(|called| (called.service, called.namespace, called.port));
            assert_eq!(named.collect::<Vec<_>>(), calls, "{text}");
        }
    }
}
