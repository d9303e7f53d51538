//! How a gateway finds the route of a request, in words that no gateway owns.

use std::fmt;

use super::gateway::Gateway;
use super::route::{PathType, Route};
use super::routing::Routing;

/// How a gateway finds the route of a request among the paths of a host, which several objects may name.
pub trait Matching: fmt::Debug + Sync {
    /// The key by which an object makes regular expressions of all paths of a host, those of other objects too.
    fn spreading_key(&self, routing: &Routing, gateway: &Gateway<'_>, host: &str) -> Option<&'static str>;

    /// What becomes of a path on a host whose paths are expressions; `None` where that cannot be told.
    fn tried<'r>(&self, routing: &Routing, gateway: &Gateway<'_>, route: &'r Route) -> Option<Tried<'r>>;

    /// Whether it treats two types of path as one.
    fn is_same_type(&self, one: PathType, other: PathType) -> bool;

    /// The key with which an object rewrites its paths, and the path that it writes instead.
    fn rewrite<'r>(&self, routing: &'r Routing, gateway: &Gateway<'_>) -> Option<(&'static str, &'r str)>;

    /// Whether it takes an expression of the types `Exact` and `Prefix`; `None` where nobody can tell.
    fn takes_expressions(&self, gateway: &Gateway<'_>) -> Option<bool>;

    /// The keys that the oldest of all objects that lead to a port of a Service decides, and what holds without them.
    fn shared_keys(&self) -> &'static [(&'static str, &'static str)];
}

/// What becomes of a path on a host whose paths are expressions.
///
/// A gateway may make two of one path, as of `/a` and `/a/`. It tries the longest expression of the host first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Tried<'r> {
    /// Which requests it takes.
    pub pattern: Pattern<'r>,
    /// How long the longest of its expressions is.
    pub longest: usize,
    /// How long the shortest is.
    pub shortest: usize,
}

impl Tried<'_> {
    /// Whether a path gets no request because of this one, which takes them all and is tried before it.
    #[must_use]
    pub fn shadows(&self, other: &Tried<'_>) -> bool {
        self.shortest > other.longest && self.pattern.covers(&other.pattern)
    }
}

/// How far beyond its text a pattern reaches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    /// Not at all.
    Nothing,
    /// To all that follows a slash.
    Elements,
    /// To all that begins with it.
    Everything,
}

/// Which requests an expression takes that is held against the beginning of a path, whatever the case of its letters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pattern<'r> {
    /// What a path begins with.
    pub text: &'r str,
    /// What may follow.
    pub reach: Reach,
}

/// Endings of which it is plain what they take, each behind those that end in it.
const ENDINGS: &[(&str, Reach)] = &[
    ("(/|$)(.*)", Reach::Elements),
    ("(/|$).*", Reach::Elements),
    ("(/|$)", Reach::Elements),
    ("/?(.*)", Reach::Everything),
    ("/?.*", Reach::Everything),
    ("()(.*)", Reach::Everything),
    ("(.*)", Reach::Everything),
    (".*", Reach::Everything),
    ("$", Reach::Nothing),
    ("", Reach::Everything),
];

/// What has a meaning of its own in an expression. A dot is left out: it also takes the dot that is meant.
const MARKS: &[char] = &['(', ')', '|', '*', '+', '?', '[', ']', '{', '}', '^', '$', '\\'];

impl<'r> Pattern<'r> {
    /// What an expression takes; `None` where it is of a kind of which that is not plain.
    #[must_use]
    pub fn expression(text: &'r str) -> Option<Self> {
        let open = text.strip_suffix('$').filter(|open| open.ends_with(".*") || open.ends_with("(.*)")).unwrap_or(text);
        let found = ENDINGS.iter().find_map(|(ending, reach)| Some((open.strip_suffix(ending)?, *reach)));
        found.filter(|(text, _)| !text.contains(MARKS)).map(|(text, reach)| Self { text, reach })
    }

    /// Whether it takes every request that the other one takes.
    #[must_use]
    pub fn covers(&self, other: &Pattern<'_>) -> bool {
        let Some((head, rest)) = other.text.split_at_checked(self.text.len()) else { return false };
        head.eq_ignore_ascii_case(self.text)
            && match self.reach {
                Reach::Everything => true,
                Reach::Elements => rest.starts_with('/') || rest.is_empty() && other.reach != Reach::Everything,
                Reach::Nothing => rest.is_empty() && other.reach == Reach::Nothing,
            }
    }
}

/// Whether a path was surely meant as an expression or a wildcard. Parentheses and a dollar alone prove nothing: OData has
/// `/Products(1)` and `/$metadata`.
#[must_use]
pub fn looks_like_expression(path: &str) -> bool {
    // Nearly every path is done with after one look.
    path.bytes().any(|byte| matches!(byte, b'*' | b'|' | b'[' | b'^' | b'\\' | b'+' | b'?' | b'$'))
        && (path.contains(['*', '|', '[', '^', '\\']) || path.contains(".+") || path.contains("(?") || path.ends_with('$'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern<'_> {
        Pattern::expression(text).unwrap_or_else(|| panic!("{text} is not read"))
    }

    #[test]
    fn plain_endings_are_read_and_no_others() {
        for (expression, text, reach) in [
            ("/api", "/api", Reach::Everything),
            ("/api(/|$)(.*)", "/api", Reach::Elements),
            ("/api/(.*)", "/api/", Reach::Everything),
            ("/api/?(.*)$", "/api", Reach::Everything),
            ("/.*", "/", Reach::Everything),
            ("/api$", "/api", Reach::Nothing),
        ] {
            assert_eq!(pattern(expression), Pattern { text, reach }, "{expression}");
        }
        for other in ["/api(/v[0-9])", "/(a|b)(.*)", "/api/(.+)", "/a?", "/[^/]+$", "/api(/.*)", "/(.*)/x"] {
            assert_eq!(Pattern::expression(other), None, "{other}");
        }
    }

    #[test]
    fn a_pattern_covers_what_begins_with_it_as_far_as_it_reaches() {
        for (broad, narrow) in [("/(.*)", "/api"), ("/api(/|$)(.*)", "/API/v1"), ("/api(/|$)(.*)", "/api$"), ("/a", "/ab")] {
            assert!(pattern(broad).covers(&pattern(narrow)), "{broad} {narrow}");
            assert!(!pattern(narrow).covers(&pattern(broad)), "{narrow} {broad}");
        }
        for (one, other) in [("/api(/|$)(.*)", "/apis"), ("/api(/|$)(.*)", "/api"), ("/a$", "/a/b"), ("/é", "/e")] {
            assert!(!pattern(one).covers(&pattern(other)), "{one} {other}");
        }
    }

    #[test]
    fn paths_that_only_contain_signs_do_not_look_like_expressions() {
        for path in ["/Products(1)", "/$metadata", "/a.b", "/~user", "/a+b", "/v1.0/:id"] {
            assert!(!looks_like_expression(path), "{path}");
        }
        for path in ["/api(/|$)(.*)", "/*", "/v[0-9]", "/x$", "/(?:a)", "/\\d"] {
            assert!(looks_like_expression(path), "{path}");
        }
    }
}
