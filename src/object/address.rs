//! Addresses of fields: small values that become JSON pointers only when somebody asks.

use std::fmt::Write as _;
use std::sync::Arc;

/// Where in an object something stands. Cheap to make and to clone; the JSON pointer is rendered on demand.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Address {
    /// A field: a JSON pointer in which each `{}` stands for the next of the indexes.
    Field(&'static str, [u32; 3]),
    /// An annotation whose name is known at build time, under a prefix that is known when the gateway is.
    Key {
        /// The prefix without its slash: `nginx.ingress.kubernetes.io`.
        prefix: Arc<str>,
        /// The name behind the slash.
        name: &'static str,
    },
    /// An annotation by its whole key.
    Annotation(Arc<str>),
    /// A key of a `ConfigMap`.
    Data(Arc<str>),
}

impl Address {
    /// A field without list elements on its way.
    #[must_use]
    pub const fn field(template: &'static str) -> Self {
        Self::Field(template, [0; 3])
    }

    /// A field below one list element.
    #[must_use]
    pub fn item(template: &'static str, index: usize) -> Self {
        Self::Field(template, [short(index), 0, 0])
    }

    /// A field below two list elements.
    #[must_use]
    pub fn nested(template: &'static str, outer: usize, inner: usize) -> Self {
        Self::Field(template, [short(outer), short(inner), 0])
    }

    /// The JSON pointer (RFC 6901).
    #[must_use]
    pub fn pointer(&self) -> String {
        match self {
            Self::Field(template, indexes) => {
                let mut pointer = String::with_capacity(template.len());
                let mut indexes = indexes.iter();
                for (position, part) in template.split("{}").enumerate() {
                    if position > 0 {
                        let index = indexes.next().copied().unwrap_or_default();
                        let _ = write!(pointer, "{index}");
                    }
                    pointer.push_str(part);
                }
                pointer
            }
            Self::Key { prefix, name } => format!("/metadata/annotations/{}~1{name}", escape(prefix)),
            Self::Annotation(key) => format!("/metadata/annotations/{}", escape(key)),
            Self::Data(key) => format!("/data/{}", escape(key)),
        }
    }

    /// The address without its indexes, which stays the same when list elements move. An annotation that is absent is the same
    /// one whether there are others or not.
    #[must_use]
    pub fn stable(&self) -> &str {
        match self {
            Self::Field("/metadata", _) => "/metadata/annotations",
            Self::Field(template, _) => template,
            Self::Key { name, .. } => name,
            Self::Annotation(key) | Self::Data(key) => key,
        }
    }
}

/// Indexes beyond that do not occur: an object of so many elements fills no memory there is.
fn short(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// One reference token of a JSON pointer (RFC 6901).
#[must_use]
pub fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_rendered_with_indexes_and_escapes() {
        let port = Address::nested("/spec/rules/{}/http/paths/{}/backend/service/port", 1, 12);
        assert_eq!(port.pointer(), "/spec/rules/1/http/paths/12/backend/service/port");
        let key = Address::Key { prefix: "nginx.ingress.kubernetes.io".into(), name: "proxy-read-timeout" };
        assert_eq!(key.pointer(), "/metadata/annotations/nginx.ingress.kubernetes.io~1proxy-read-timeout");
        assert_eq!(Address::Data("keep-alive".into()).pointer(), "/data/keep-alive");
        assert_eq!(Address::field("/spec").pointer(), "/spec");
    }
}
