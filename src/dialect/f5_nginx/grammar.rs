//! What the F5 controller takes as the text of an annotation, or of a key of the `ConfigMap` that it reads itself: `annotationValidations` in `internal/k8s/validation.go` and
//! `internal/configs/parsing_helpers.go`. What only the edition with NGINX Plus takes is taken, since nobody tells the edition.

use super::super::nginx::CONDITIONS;
use crate::model::Routing;
use crate::units::{DurationError, nginx_time};

/// What a text has to be.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Grammar {
    /// Any text.
    Any,
    /// What Go's `strconv.ParseBool` takes.
    Bool,
    /// What Go's `strconv.Atoi` takes.
    Integer,
    /// A number without a sign.
    Unsigned,
    /// A number without a sign that is more than 0.
    Positive,
    /// A number, or `auto`.
    Workers,
    /// A time of NGINX.
    Time,
    /// A number with k or m behind it.
    Size,
    /// A number with k, m or g behind it.
    Offset,
    /// How many buffers, and how large one is.
    Buffers,
    /// So many requests in a second or a minute.
    Rate,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A status code of a redirect, however the number is written.
    RedirectCode,
    /// One of these words in small or large letters.
    AnyCase(&'static [&'static str]),
    /// A way to balance load.
    Balancing,
    /// When another pod is tried.
    Conditions,
    /// Ports between commas.
    Ports,
    /// Services of the object between commas.
    Services,
    /// Services of the object, and which path each gets.
    Rewrites,
    /// Services, and the cookie of each.
    Cookies,
    /// A path from the root that is more than the root.
    AppRoot,
    /// A path from the root.
    Target,
    /// What is replaced in redirects, or what stands for it.
    Redirect,
    /// Status codes between commas.
    ErrorCodes,
    /// Names of headers between commas.
    Headers,
    /// Headers and their values between commas.
    HeaderValues,
    /// A name of an object.
    Name,
    /// A name that starts with a letter and has no dots.
    Label,
    /// `name` or `namespace/name`, several between commas.
    Policies,
    /// `name` or `prefix/name`, several between commas.
    Qualified,
    /// Where logs go.
    LogTargets,
    /// A server of syslog.
    Syslog,
    /// Variables of NGINX.
    Variables,
    /// A text in which every `"` is escaped, and without `$`.
    Quoted,
    /// A variable of NGINX that holds a token.
    Token,
    /// A URL with scheme and host.
    Url,
}

impl Grammar {
    /// Whether the text is such a one, on an object with these routes.
    pub(super) fn accepts(self, text: &str, routing: Option<&Routing>) -> bool {
        let is_service = |name: &str| routing.is_some_and(|routing| routing.service_names().any(|own| own == name));
        match self {
            Self::Any => true,
            Self::Bool => is_bool(text),
            Self::Integer => text.parse::<i64>().is_ok(),
            Self::Workers => text == "auto" || text.parse::<i64>().is_ok(),
            Self::Unsigned => is_digits(text) && text.parse::<u64>().is_ok(),
            Self::Positive => is_digits(text) && text.parse::<u64>().is_ok_and(|number| number > 0),
            // What is too large passes, and NGINX refuses it.
            Self::Time => matches!(nginx_time(text), Ok(_) | Err(DurationError::TooLarge)),
            Self::Size => has_unit(text.trim(), "kKmM"),
            Self::Offset => has_unit(text.trim(), "kKmMgG"),
            Self::Buffers => text.trim().split_once(' ').is_some_and(|(number, one)| is_digits(number) && has_unit(one, "kKmM")),
            Self::Rate => text.trim().split_once("r/").is_some_and(|(rate, per)| {
                is_digits(rate) && rate.parse::<i64>().is_ok_and(|rate| rate > 0) && matches!(per, "s" | "m")
            }),
            Self::Word(words) => words.contains(&text),
            Self::RedirectCode => matches!(text.parse(), Ok(301 | 302 | 307 | 308)),
            Self::AnyCase(words) => words.iter().any(|word| word.eq_ignore_ascii_case(text.trim())),
            Self::Balancing => is_balancing(text.trim()),
            Self::Conditions => are_conditions(text),
            Self::Ports => text.split(',').all(|port| port.parse::<i32>().is_ok_and(|port| port > 0)),
            Self::Services => text.split(',').all(is_service),
            Self::Rewrites => text.split(';').all(|part| rewrite(part).is_some_and(is_service)),
            Self::Cookies => text.split(';').all(is_cookie),
            Self::AppRoot => is_path(text) && !text.ends_with('/') && !text.contains('~') && text.chars().all(is_plain),
            Self::Target => is_path(text),
            Self::Redirect => is_redirect(text),
            Self::ErrorCodes => are_error_codes(text),
            Self::Headers => text.split(',').all(|name| is_header(name.trim())),
            Self::HeaderValues => text.split(',').all(is_header_value),
            Self::Name => is_name(text),
            Self::Label => is_label(text),
            Self::Policies => text.split(',').map(str::trim).all(|policy| {
                let (namespace, name) = policy.split_once('/').unwrap_or(("any", policy));
                is_name(namespace) && is_name(name)
            }),
            Self::Qualified => text.split(',').all(is_qualified),
            Self::LogTargets => text.split(',').all(|target| {
                target == "stderr" || target.starts_with("syslog:server=") || target.starts_with('/') && !has_blank(target)
            }),
            Self::Syslog => text.starts_with("syslog:"),
            Self::Variables => are_variables(text),
            Self::Quoted => is_quoted(text),
            Self::Token => text.strip_prefix('$').is_some_and(is_quoted),
            Self::Url => text.split_once("://").is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty()),
        }
    }

    /// What such a text looks like, to be read after "expects" and after "write".
    pub(super) fn expects(self) -> String {
        let words = match self {
            Self::Any => "any text",
            Self::Bool => "\"true\" or \"false\"",
            Self::Integer => "a whole number, such as \"32\"",
            Self::Unsigned => "a whole number from 0 up, such as \"3\"",
            Self::Positive => "a whole number from 1 up, such as \"8\"",
            Self::Workers => "a whole number, or \"auto\"",
            Self::Time => "a time of NGINX, such as \"60s\", \"1m30s\" or \"500ms\"",
            Self::Size => "a number with k or m behind it, such as \"16k\"",
            Self::Offset => "a number with k, m or g behind it, such as \"8m\"",
            Self::Buffers => "how many buffers and how large one is, with one blank between them, such as \"8 16k\"",
            Self::Rate => "a number of requests from 1 up, with r/s or r/m behind it, such as \"10r/s\"",
            Self::Word(words) | Self::AnyCase(words) => return one_of(words),
            Self::Balancing => {
                return format!("{}, or hash with a key, such as \"hash $request_uri consistent\"", one_of(BALANCING));
            }
            Self::RedirectCode => "one of 301, 302, 307, 308",
            Self::Conditions => "conditions separated by blanks, each once, such as \"error timeout http_502\"",
            Self::Ports => "ports between commas, without blanks, such as \"80,8080\"",
            Self::Services => "names of Services that this object routes to, between commas and without blanks",
            Self::Rewrites => {
                "a Service that this object routes to and a path, such as \"serviceName=web rewrite=/\", several between semicolons"
            }
            Self::Cookies => {
                "a Service and a cookie, such as \"serviceName=web srv_id expires=1h path=/\", several between semicolons"
            }
            Self::AppRoot => "a path that begins with / and does not end with it, such as \"/app\"",
            Self::Target => "a path that begins with one /, such as \"/$1\"",
            Self::Redirect => "\"off\", \"default\", or a text without blanks and without any of ; { } ` #",
            Self::ErrorCodes => "status codes from 300 to 599 without 499, 4xx or 5xx, between commas, such as \"502,503\"",
            Self::Headers => "names of headers between commas, such as \"X-User,X-Groups\"",
            Self::HeaderValues => {
                "headers between commas, each with a value or without, such as \"X-Team:shop,X-User\", and without $"
            }
            Self::Name => "the name of an object in the same namespace",
            Self::Label => "a name of small letters, digits and -, at most 63, that starts with a letter, such as \"tea\"",
            Self::Policies => "names of Policies between commas, each with its namespace or without, such as \"shop/limits\"",
            Self::Qualified => "a name, or a namespace and a name with one / between them, such as \"shop/policy\"",
            Self::LogTargets => "\"stderr\", a path, or a server of syslog, such as \"syslog:server=10.0.0.7:514\"",
            Self::Syslog => "a server of syslog, such as \"syslog:server=10.0.0.7:514\"; access-log-off switches it off",
            Self::Variables => "variables of NGINX, such as \"${binary_remote_addr}\"",
            Self::Quoted => "a text without $, in which a \\ stands before every \"",
            Self::Token => "a variable of NGINX, such as \"$http_token\"",
            Self::Url => "a URL with scheme and host, such as \"https://login.example.com\"",
        };
        words.to_owned()
    }
}

/// The ways to balance load, without `hash`.
const BALANCING: &[&str] = &[
    "round_robin",
    "least_conn",
    "ip_hash",
    "random",
    "random two",
    "random two least_conn",
    "random two least_time=header",
    "random two least_time=last_byte",
    "least_time header",
    "least_time last_byte",
    "least_time header inflight",
    "least_time last_byte inflight",
];

/// Whether Go reads the text as true or false.
fn is_bool(text: &str) -> bool {
    is_true(text) || matches!(text, "0" | "f" | "F" | "false" | "FALSE" | "False")
}

/// Whether Go reads the text as true.
pub(super) fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True")
}

/// Whether every word is a condition, here with the one of NGINX Plus, and none stands there twice.
pub(super) fn are_conditions(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_condition = |word: &&str| *word == "denied" || CONDITIONS.contains(word);
    let is_first = |(index, word): (usize, &&str)| !words.iter().take(index).any(|earlier| earlier == word);
    !text.is_empty() && words.iter().all(is_condition) && words.iter().enumerate().all(is_first)
}

/// The Service of `serviceName=web rewrite=/`.
pub(super) fn rewrite(part: &str) -> Option<&str> {
    let (service, rewrite) = part.trim().split_once(' ')?;
    let path = rewrite.strip_prefix("rewrite=")?;
    let is_fit = path.starts_with('/') && !path.contains(['{', '}', ';', '$', '=']) && !has_blank(path);
    service.strip_prefix("serviceName=").filter(|name| is_fit && !name.contains('='))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_unit(text: &str, units: &str) -> bool {
    is_digits(text.strip_suffix(|c| units.contains(c)).unwrap_or(text))
}

fn has_blank(text: &str) -> bool {
    text.contains(char::is_whitespace)
}

fn is_balancing(text: &str) -> bool {
    match text.split(' ').collect::<Vec<_>>()[..] {
        ["hash", _] | ["hash", _, "consistent"] => true,
        _ => BALANCING.contains(&text),
    }
}

fn is_cookie(part: &str) -> bool {
    let Some((service, cookie)) = part.split_once(' ') else { return false };
    service.matches('=').count() == 1 && is_quoted(cookie)
}

/// A path from the root that does not climb.
fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.starts_with("//") && text.split(['/', '\\']).all(|part| part != "..") && !has_blank(text)
}

/// What RFC 1738 has in a path.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.!*'():@&=+,/?%".contains(c)
}

fn is_redirect(text: &str) -> bool {
    !text.is_empty() && !has_blank(text) && !text.contains([';', '{', '}', '`', '#'])
}

fn are_error_codes(text: &str) -> bool {
    let mut codes = text.split(',').map(str::trim).filter(|code| !code.is_empty()).peekable();
    let is_code = |code: &str| {
        let number = if is_digits(code) { code.parse::<u16>().ok() } else { None };
        number.is_some_and(|number| (300..=599).contains(&number) && number != 499)
            || ["4xx", "5xx"].iter().any(|class| class.eq_ignore_ascii_case(code))
    };
    codes.peek().is_some() && codes.all(is_code)
}

fn is_header(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn is_header_value(part: &str) -> bool {
    let (name, value) = part.split_once(':').unwrap_or((part, ""));
    is_header(name.trim()) && !value.contains('$')
}

/// A subdomain of DNS.
fn is_name(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_ended = part.starts_with('-') || part.ends_with('-') || part.is_empty();
        !is_ended && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_part)
}

/// RFC 1035, as Kubernetes asks it of the names of Services.
fn is_label(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.len() <= 63 && text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.ends_with('-') && text.chars().all(is_inner)
}

fn is_qualified(text: &str) -> bool {
    let (prefix, name) = text.split_once('/').unwrap_or(("any", text));
    let is_ended = |c: char| c.is_ascii_alphanumeric();
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    is_name(prefix)
        && (1..=63).contains(&name.len())
        && name.starts_with(is_ended)
        && name.ends_with(is_ended)
        && name.chars().all(is_inner)
}

fn are_variables(text: &str) -> bool {
    let is_variable = |rest: &str| {
        let inner = rest.strip_prefix('{').map_or(Some(rest), |rest| rest.strip_suffix('}'));
        inner.is_some_and(|name| {
            let is_begun = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            is_begun && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    text.strip_prefix('$').is_some_and(|rest| rest.split('$').all(is_variable))
}

/// `([^"$\\]|\\[^$])*`.
fn is_quoted(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let is_fit = match c {
            '"' | '$' => false,
            '\\' => chars.next().is_some_and(|next| next != '$'),
            _ => true,
        };
        if !is_fit {
            return false;
        }
    }
    true
}

fn one_of(words: &[&str]) -> String {
    match words {
        [one, other] => format!("\"{one}\" or \"{other}\""),
        words => format!("one of {}", words.join(", ")),
    }
}
