//! What ingress-nginx takes as the text of an annotation: `internal/ingress/annotations/parser/validators.go`, and what the
//! single parsers beside it look at. Where its own check is a loose pattern, only what it surely refuses is refused here.

use core::net::IpAddr;

use super::super::nginx::meant_size;
use crate::units::go;

/// What the text of an annotation has to be.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Grammar {
    /// What Go's `strconv.ParseBool` takes.
    Bool,
    /// What Go's `strconv.Atoi` takes.
    Integer,
    /// The same, of seconds.
    Seconds,
    /// Seconds that a cookie lives, which may be anything that begins with 0 or ends with a number.
    Age,
    /// `^(?i)\d+[bkmg]?$`, blanks left out.
    Size,
    /// Digits with at most one of these letters behind them.
    Units(&'static str),
    /// One of these words, blanks left out.
    Word(&'static [&'static str]),
    /// One of these words in small or large letters.
    AnyCase(&'static [&'static str]),
    /// Any text that holds one of these.
    Holding(&'static [&'static str]),
    /// Letters, digits and these.
    Chars(&'static str),
    /// Names of servers or patterns of them; several stand between commas.
    Servers,
    /// A path from the root.
    Path,
    /// A URL with scheme and host.
    Url,
    /// A URL of http or https.
    HttpUrl,
    /// The name of a Service.
    Service,
    /// `name` or `namespace/name`.
    Reference,
    /// `namespace/name`.
    Qualified,
    /// Addresses and networks.
    Networks,
    /// Names of headers.
    Headers,
    /// Origins as browsers send them.
    Origins,
    /// Methods of HTTP.
    Methods,
    /// Status codes from 400 to 599.
    ErrorCodes,
    /// Numbers between commas.
    Integers,
    /// The same without a blank, and without a comma too many.
    PackedIntegers,
    /// `200 202 5m`, several between commas.
    CacheDurations,
    /// Two domains, or `off`.
    CookieDomain,
    /// Names of ciphers between colons, for a server.
    Ciphers,
    /// Versions of TLS.
    TlsVersions,
    /// `CN=` and a pattern.
    CommonName,
    /// What a [`Key`](super::super::key::Key) reads, in its words.
    Setting(&'static str),
}

const SERVER: &str = "-._~/:^$[](){}*+?|&=\\";

impl Grammar {
    /// Whether the text is such a one.
    pub(super) fn accepts(self, text: &str) -> bool {
        match self {
            Self::Bool => BOOLS.contains(&text),
            Self::Integer | Self::Seconds => text.parse::<i64>().is_ok(),
            Self::Age => is_age(text.trim()),
            Self::Size => has_unit(&packed(text), "bkmgBKMG"),
            Self::Units(units) => has_unit(text.trim(), units),
            Self::Word(words) => words.contains(&&*packed(text)),
            Self::AnyCase(words) => words.iter().any(|word| word.eq_ignore_ascii_case(text.trim())),
            Self::Holding(words) => words.iter().any(|word| packed(text).contains(word)),
            Self::Chars(chars) => are_chars(text, chars),
            Self::Servers => text.split(',').all(|name| are_chars(name.trim(), SERVER)),
            Self::Path => text.trim().starts_with('/'),
            Self::Url => is_url(text.trim()),
            Self::HttpUrl => text.trim().get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http")),
            Self::Service => is_label(text),
            Self::Reference => text.matches('/').count() <= 1,
            Self::Qualified => text.matches('/').count() == 1,
            Self::Networks => text.split(',').all(|item| is_network(item.trim())),
            Self::Headers => items(text).all(|name| are_chars(name, "-_")),
            Self::Origins => are_chars(&packed(text).replace("://", ""), "-.:*,"),
            Self::Methods => {
                text.starts_with(|c: char| c.is_ascii_alphabetic())
                    && text.chars().all(|c| c.is_ascii_alphabetic() || c.is_whitespace() || c == ',')
            }
            Self::ErrorCodes => are_error_codes(text),
            Self::Integers => items(text).all(|number| number.parse::<i64>().is_ok()),
            Self::PackedIntegers => text.trim().split(',').all(|number| number.parse::<i64>().is_ok()),
            Self::CacheDurations => items(text).all(is_cache_duration),
            Self::CookieDomain => match text.split_whitespace().collect::<Vec<_>>()[..] {
                [one] => one == "off",
                [from, to] => are_chars(from, "-._~/:") && are_chars(to, "-._~/:"),
                _ => false,
            },
            Self::Ciphers => are_chars(&without_commands(&packed(text)), "!:+-_"),
            Self::TlsVersions => packed(text).replace("TLSv1.2", "").replace("TLSv1.3", "").is_empty(),
            Self::CommonName => text.starts_with("CN="),
            Self::Setting(_) => true,
        }
    }

    /// What such a text looks like, to be read after "expects" and after "write".
    pub(super) fn expects(self) -> String {
        let words = match self {
            Self::Bool => "\"true\" or \"false\"",
            Self::Integer => "a bare whole number, such as \"5\"",
            Self::Seconds | Self::Age => "a bare number of seconds, such as \"3600\"",
            Self::Size | Self::Units("kKmMgG") => "a number with k, m or g behind it, such as \"8m\"",
            Self::Units(_) => "a number with k or m behind it, such as \"16k\"",
            Self::Word(words) | Self::AnyCase(words) | Self::Holding(words) => return one_of(words),
            Self::Chars(chars) => return of_chars(chars),
            Self::Servers => return of_chars(SERVER),
            Self::Path => "a path that begins with /",
            Self::Url => "a URL with scheme and host, such as \"https://auth.example.com/check\"",
            Self::HttpUrl => "a URL that begins with http:// or https://",
            Self::Service => "the name of a Service in the same namespace",
            Self::Reference => "a name, or a namespace and a name with one / between them",
            Self::Qualified => "a namespace and a name with one / between them, such as \"shop/backend-ca\"",
            Self::Networks => "addresses and networks between commas, such as \"10.0.0.0/8,192.168.1.7\"",
            Self::Headers => "names of headers between commas, such as \"X-User,X-Groups\"",
            Self::Origins => "origins between commas, such as \"https://shop.example.com\", without a path behind them",
            Self::Methods => "methods between commas, such as \"GET, POST\"",
            Self::ErrorCodes | Self::Integers | Self::PackedIntegers => {
                "status codes from 400 to 599 between commas, such as \"502,503\""
            }
            Self::CacheDurations => "status codes and how long they are kept, such as \"200 202 5m\"",
            Self::CookieDomain => "\"off\", or two domains: the one to replace and the one to put there",
            Self::Ciphers => "names of ciphers between colons, such as \"HIGH:!aNULL\"",
            Self::TlsVersions => "\"TLSv1.2\", \"TLSv1.3\" or both with a blank between them",
            Self::CommonName => "\"CN=\" and a regular expression behind it",
            Self::Setting(expects) => expects,
        };
        words.to_owned()
    }

    /// The text that says so what a person reads in a refused one, where that is sure.
    pub(super) fn meant(self, text: &str) -> Option<String> {
        let text = text.trim();
        match self {
            Self::Bool => as_bool(text).map(|value| value.to_string()),
            Self::Integer => {
                let whole = text.split_once('.').filter(|(_, rest)| rest.bytes().all(|byte| byte == b'0'));
                Some(whole.map_or(text, |(whole, _)| whole).to_owned())
            }
            Self::Seconds | Self::Age => {
                let span = go(text).or_else(|_| go(&format!("{text}s"))).ok()?;
                (span.as_millis() % 1000 == 0).then(|| span.as_secs_ceil().to_string())
            }
            Self::Size | Self::Units(_) => meant_size(text).map(|size| size.to_string()),
            Self::PackedIntegers => Some(items(text).collect::<Vec<_>>().join(",")),
            Self::Word(["on", "off"]) => {
                let is_on = as_bool(text)?;
                Some(if is_on { "on" } else { "off" }.to_owned())
            }
            Self::Word(words) => words.iter().find(|word| word.eq_ignore_ascii_case(text)).map(|word| (*word).to_owned()),
            _ => None,
        }
    }
}

const BOOLS: [&str; 12] = ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];

/// Whether Go reads the text as true.
pub(super) fn is_true(text: &str) -> bool {
    bool_of(text) == Some(true)
}

/// What Go's `strconv.ParseBool` makes of a text.
pub(super) fn bool_of(text: &str) -> Option<bool> {
    BOOLS.iter().position(|own| *own == text).map(|index| index < 6)
}

/// Yes or no, as a person reads it.
fn as_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "on" | "1" | "t" | "enabled" | "enable" => Some(true),
        "false" | "no" | "n" | "off" | "0" | "f" | "disabled" | "disable" => Some(false),
        _ => None,
    }
}

fn packed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn are_chars(text: &str, chars: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || chars.contains(c))
}

fn has_unit(text: &str, units: &str) -> bool {
    let digits = text.strip_suffix(|c| units.contains(c)).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `(^0|-?[1-9]\d*$)`.
fn is_age(text: &str) -> bool {
    let head = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let tail = text.strip_prefix(head).unwrap_or_default();
    text.starts_with('0') || tail.bytes().any(|byte| byte != b'0')
}

fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let has_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && are_chars(scheme, "+-.");
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    has_scheme && !host.is_empty() && !host.contains("..")
}

/// A label of DNS that begins with a letter.
fn is_label(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_network(text: &str) -> bool {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let most = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.is_none_or(|bits| bits.parse::<u8>().is_ok_and(|bits| bits <= most))
}

/// `^(?:[4,5]\d{2},?)*$`, in which a comma may stand for the first digit: all ways through the pattern at once, as bits.
fn are_error_codes(text: &str) -> bool {
    const START: u8 = 1;
    const FIRST: u8 = 2;
    const SECOND: u8 = 4;
    const THIRD: u8 = 8;
    let mut at = START;
    for byte in packed(text).bytes() {
        let mut next = 0;
        if at & (START | THIRD) != 0 && matches!(byte, b'4' | b'5' | b',') {
            next |= FIRST;
        }
        if byte.is_ascii_digit() {
            next |= (at & (FIRST | SECOND)) << 1;
        }
        if at & THIRD != 0 && byte == b',' {
            next |= START;
        }
        at = next;
    }
    at & (START | THIRD) != 0
}

/// Codes, then how long; what is neither is passed over.
fn is_cache_duration(text: &str) -> bool {
    let mut has_duration = false;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let unit = word.strip_prefix(digits).unwrap_or_default();
        if is_number && unit.is_empty() && digits.len() == 3 && has_duration {
            return false;
        }
        has_duration |= is_number && matches!(unit, "ms" | "s" | "m" | "h" | "d" | "w" | "M" | "y");
    }
    has_duration
}

/// A list of ciphers without the commands that OpenSSL reads in it.
fn without_commands(text: &str) -> String {
    let plain = text.replace("@STRENGTH", "");
    ('0'..='5').fold(plain, |plain, level| plain.replace(&format!("@SECLEVEL={level}"), ""))
}

fn one_of(words: &[&str]) -> String {
    match words {
        [one] => format!("\"{one}\""),
        [one, other] => format!("\"{one}\" or \"{other}\""),
        words => format!("one of {}", words.join(", ")),
    }
}

fn of_chars(chars: &str) -> String {
    let shown: Vec<String> = chars.chars().filter(|c| !c.is_whitespace()).map(String::from).collect();
    let blanks = if chars.contains(' ') { "" } else { ", without blanks" };
    format!("letters, digits and any of {}{blanks}", shown.join(" "))
}
