//! Every annotation of ingress-nginx: what its text has to be, what holds without it, and what becomes of a text that is
//! something else.
//!
//! Source: `internal/ingress/annotations` of v1.0.0 to v1.15.1, its last release. Up to v1.11 only bools and numbers are parsed,
//! and a few texts are looked at where they are used; since v1.12.0 every text is checked first.

use super::super::key::Key;
#[allow(clippy::enum_glob_use, reason = "most rows of the table fit on a line so")]
use super::grammar::Grammar::{self, *};
use super::keys::{self, VALIDATORS};
use super::sizes;
use crate::model::Version;

/// What becomes of a value that is refused.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Effect {
    /// It is dropped, and the default holds.
    Default,
    /// It is dropped, and all that belongs to it: this holds then.
    DropFeature(&'static str),
    /// It is left out of the configuration, so that NGINX's own default holds.
    DropDirective,
    /// Every path of the object answers with this status.
    Answers(u16),
    /// The object is refused as a whole.
    Refuse,
}

/// One check of a text.
#[derive(Clone, Copy)]
pub(super) struct Check {
    pub(super) grammar: Grammar,
    pub(super) effect: Effect,
    /// The first version that makes it; `None` where every version does.
    pub(super) since: Option<Version>,
    /// The first version that makes it no more.
    pub(super) until: Option<Version>,
}

impl Check {
    /// Whether this version makes it; where none is known, whether every version does.
    pub(super) fn is_made(&self, version: Option<Version>) -> bool {
        match version {
            Some(own) => self.since.is_none_or(|since| own >= since) && self.until.is_none_or(|until| own < until),
            None => self.since.is_none() && self.until.is_none(),
        }
    }
}

/// What else has to be on the object for an annotation to be read.
#[derive(Clone, Copy)]
pub(super) enum Needs {
    /// Nothing.
    Nothing,
    /// One of these.
    Any(&'static [&'static str]),
    /// This, and it is true.
    True(&'static str),
    /// This with that text.
    Is(&'static str, &'static str),
    /// Nothing, but this must not be there.
    Without(&'static str),
}

/// One annotation.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) name: &'static str,
    /// What holds without it; empty where that is nothing.
    pub(super) default: &'static str,
    /// Whether the `ConfigMap` has a key of the same name for what holds without it.
    pub(super) is_global: bool,
    /// The first version that knows it, where that is later than v1.0.0.
    pub(super) since: Option<Version>,
    pub(super) needs: Needs,
    /// What is checked, in this order.
    pub(super) checks: [Option<Check>; 3],
    /// Whether a key reads it for the model, and notes what is wrong with it.
    pub(super) is_setting: bool,
}

impl Row {
    pub(super) fn checks(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().flatten()
    }

    const fn check(self, grammar: Grammar, effect: Effect, since: Option<Version>) -> Self {
        self.one(Check { grammar, effect, since, until: None })
    }

    const fn one(self, check: Check) -> Self {
        let checks = match self.checks {
            [None, ..] => [Some(check), None, None],
            [first, None, _] => [first, Some(check), None],
            [first, second, _] => [first, second, Some(check)],
        };
        Self { checks, ..self }
    }

    /// Checked by versions before this one.
    const fn until(self, grammar: Grammar, effect: Effect, version: Version) -> Self {
        self.one(Check { grammar, effect, since: None, until: Some(version) })
    }

    /// Checked by every version.
    const fn always(self, grammar: Grammar, effect: Effect) -> Self {
        self.check(grammar, effect, None)
    }

    /// Checked where texts are.
    const fn checked(self, grammar: Grammar, effect: Effect) -> Self {
        self.check(grammar, effect, VALIDATORS)
    }

    /// Parsed by every version, which at first dropped what it could not parse, and now refuses the object for it.
    const fn parsed(self, grammar: Grammar) -> Self {
        self.checked(grammar, Effect::Refuse).always(grammar, Effect::Default)
    }

    const fn global(self) -> Self {
        Self { is_global: true, ..self }
    }

    const fn since(self, major: u32, minor: u32, patch: u32) -> Self {
        Self { since: Some(Version(major, minor, patch)), ..self }
    }

    const fn needs(self, needs: Needs) -> Self {
        Self { needs, ..self }
    }
}

/// An annotation of which nothing is checked.
const fn row(name: &'static str, default: &'static str) -> Row {
    Row { name, default, is_global: false, since: None, needs: Needs::Nothing, checks: [None; 3], is_setting: false }
}

/// An annotation that a key reads.
const fn setting<T>(key: &'static Key<T>, default: &'static str) -> Row {
    let row = row(key.name, default).check(Setting(key.expects), Effect::Default, key.checked_since);
    Row { is_setting: true, is_global: key.is_global, ..row }
}

const fn bool(name: &'static str, default: &'static str) -> Row {
    row(name, default).always(Bool, Effect::Default)
}

/// A bool that is false without it, and that newer versions refuse the object for.
const fn bool_parsed(name: &'static str) -> Row {
    row(name, "false").parsed(Bool)
}

const fn integer(name: &'static str, default: &'static str) -> Row {
    row(name, default).always(Integer, Effect::Default)
}

const BASIC: &str = "-._~/: ";
const LINE: &str = "-._~/:,?&=";
const URL: &str = "-._~/:,?&= ";
const URL_AND_VARIABLES: &str = "-._~/:,?&=$ ";
const VARIABLES: &str = "-_${} ";
const PATTERN: &str = "-._~/:^$[](){}*+?|&=\\";
const ON_OFF: Grammar = Word(&["on", "off"]);
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"];
const ALGORITHMS: &[&str] = &["round_robin", "ewma", "chash", "chashsubset", "sticky_balanced", "sticky_persistent"];
const CORS_HEADERS: &str =
    "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization";

const NO_AUTH: Effect = Effect::DropFeature("no external authentication");
const NO_LIMIT: Effect = Effect::DropFeature("no rate limit");
const NO_PAGE: Effect = Effect::DropFeature("no error page");
const NO_REDIRECT: Effect = Effect::DropFeature("no redirect");

const AUTH_TYPE: Needs = Needs::Any(&["auth-type"]);
const AUTH_URL: Needs = Needs::Any(&["auth-url"]);
const AUTH_KEEPALIVE: Needs = Needs::Any(&["auth-keepalive"]);
const AUTH_TLS: Needs = Needs::Any(&["auth-tls-secret"]);
const CANARY: Needs = Needs::True("canary");
const COOKIE: Needs = Needs::Is("affinity", "cookie");
const CORS: Needs = Needs::True("enable-cors");
const MIRROR: Needs = Needs::Any(&["mirror-target"]);
const MODSECURITY: Needs = Needs::True("enable-modsecurity");
const NO_TEMPORAL: Needs = Needs::Without("temporal-redirect");
const PROXY_SSL: Needs = Needs::Any(&["proxy-ssl-secret"]);
const TRACING: Needs = Needs::True("enable-opentelemetry");

/// The row of this name.
pub(super) fn by_name(name: &str) -> Option<&'static Row> {
    ROWS.get(ROWS.binary_search_by(|row| row.name.cmp(name)).ok()?)
}

/// All annotations and their older names, sorted.
pub(super) static ROWS: &[Row] = &[
    row("affinity", "").checked(Word(&["cookie"]), Effect::Default),
    row("affinity-canary-behavior", "sticky").checked(Word(&["sticky", "legacy"]), Effect::Default).needs(COOKIE),
    row("affinity-mode", "balanced").checked(Word(&["balanced", "persistent"]), Effect::Default).needs(COOKIE),
    row("allowlist-source-range", "").always(Networks, Effect::Answers(503)).since(1, 9, 1),
    row("app-root", "").checked(Chars("-._~/:$"), Effect::Default).always(Path, Effect::Default),
    row("auth-always-set-cookie", "false").since(1, 2, 1).needs(AUTH_URL).checked(Bool, NO_AUTH).always(Bool, Effect::Default),
    row("auth-cache-duration", "200 202 401 5m")
        .needs(AUTH_URL)
        .checked(Chars("-._~/:, "), NO_AUTH)
        .always(CacheDurations, Effect::Answers(503)),
    row("auth-cache-key", "").checked(Chars(VARIABLES), Effect::Default).needs(AUTH_URL),
    integer("auth-keepalive", "0").since(1, 2, 0).needs(AUTH_URL),
    integer("auth-keepalive-requests", "1000").since(1, 2, 0).needs(AUTH_KEEPALIVE),
    bool("auth-keepalive-share-vars", "false").since(1, 9, 1).needs(AUTH_KEEPALIVE),
    row("auth-keepalive-timeout", "60").always(Seconds, Effect::Default).since(1, 2, 0).needs(AUTH_KEEPALIVE),
    row("auth-method", "").needs(AUTH_URL).checked(Holding(METHODS), Effect::Answers(503)).check(
        Word(METHODS),
        Effect::Answers(503),
        Some(Version(1, 14, 3)),
    ),
    row("auth-proxy-set-headers", "")
        .needs(AUTH_URL)
        .checked(Chars(BASIC), Effect::Default)
        .always(Qualified, Effect::Answers(503)),
    row("auth-realm", "").checked(Chars(BASIC), Effect::Refuse).needs(AUTH_TYPE),
    row("auth-request-redirect", "").checked(Chars(URL), NO_AUTH).needs(AUTH_URL),
    row("auth-response-headers", "").always(Headers, Effect::Answers(503)).needs(AUTH_URL),
    row("auth-secret", "").needs(AUTH_TYPE).checked(Chars(BASIC), Effect::Answers(503)).always(Reference, Effect::Answers(503)),
    row("auth-secret-type", "auth-file")
        .needs(AUTH_TYPE)
        .checked(Holding(&["auth-file", "auth-map"]), Effect::Refuse)
        .always(Word(&["auth-file", "auth-map"]), Effect::Answers(503)),
    row("auth-signin", "").checked(Chars(URL_AND_VARIABLES), Effect::Default).needs(AUTH_URL),
    row("auth-signin-redirect-param", "rd").checked(Chars(URL), Effect::Default).needs(Needs::Any(&["auth-signin"])),
    row("auth-snippet", "").needs(AUTH_URL),
    row("auth-tls-error-page", "").checked(Chars("-_./:@ "), Effect::Refuse).needs(AUTH_TLS),
    row("auth-tls-match-cn", "").checked(CommonName, Effect::Refuse).since(1, 2, 0).needs(AUTH_TLS),
    bool_parsed("auth-tls-pass-certificate-to-upstream").needs(AUTH_TLS),
    row("auth-tls-secret", "").checked(Chars(BASIC), Effect::Refuse).always(Qualified, Effect::Answers(403)),
    row("auth-tls-verify-client", "on")
        .always(Word(&["on", "off", "optional", "optional_no_ca"]), Effect::Default)
        .needs(AUTH_TLS),
    integer("auth-tls-verify-depth", "1").needs(AUTH_TLS),
    row("auth-type", "")
        .checked(Holding(&["basic", "digest"]), Effect::Refuse)
        .always(Holding(&["basic", "digest"]), Effect::Answers(503)),
    row("auth-url", "").checked(Chars(URL_AND_VARIABLES), Effect::Refuse).always(Url, Effect::Answers(503)),
    setting(&keys::BACKEND_PROTOCOL, "HTTP"),
    bool("canary", "false"),
    row("canary-by-cookie", "").checked(Chars(BASIC), Effect::Default).needs(CANARY),
    row("canary-by-header", "").checked(Chars(BASIC), Effect::Default).needs(CANARY),
    row("canary-by-header-pattern", "").checked(Chars(PATTERN), Effect::Default).needs(CANARY),
    row("canary-by-header-value", "").checked(Chars(BASIC), Effect::Default).needs(CANARY),
    integer("canary-weight", "0").needs(CANARY),
    integer("canary-weight-total", "100").since(1, 1, 1).needs(CANARY),
    row("client-body-buffer-size", "").checked(Size, Effect::Refuse).always(Units("kKmM"), Effect::DropDirective),
    row("configuration-snippet", ""),
    row("connection-proxy-header", "").checked(Word(&["close", "keep-alive"]), Effect::Refuse),
    bool("cors-allow-credentials", "true").needs(CORS),
    row("cors-allow-headers", CORS_HEADERS).always(Chars("-_, "), Effect::Default).needs(CORS),
    row("cors-allow-methods", "GET, PUT, POST, DELETE, PATCH, OPTIONS").always(Methods, Effect::Default).needs(CORS),
    row("cors-allow-origin", "*").checked(Origins, Effect::Default).needs(CORS),
    row("cors-expose-headers", "").always(Chars("-_*, "), Effect::Default).needs(CORS),
    row("cors-max-age", "1728000").always(Seconds, Effect::Default).needs(CORS),
    row("custom-headers", "")
        .since(1, 10, 1)
        .checked(Chars(BASIC), Effect::DropFeature("no header"))
        .always(Qualified, Effect::Answers(503)),
    row("custom-http-errors", "").checked(ErrorCodes, Effect::Refuse).always(Integers, NO_PAGE).until(
        PackedIntegers,
        NO_PAGE,
        Version(1, 12, 6),
    ),
    row("default-backend", "").checked(Service, Effect::Refuse),
    row("denylist-source-range", "").always(Networks, Effect::Answers(503)).since(1, 6, 4),
    bool("disable-proxy-intercept-errors", "false").since(1, 9, 5),
    bool("enable-access-log", "true"),
    bool("enable-cors", "false"),
    bool("enable-global-auth", "true"),
    bool("enable-modsecurity", "false").global(),
    bool("enable-opentelemetry", "false").global().since(1, 7, 0),
    bool("enable-owasp-core-rules", "false"),
    bool("enable-rewrite-log", "false"),
    row("fastcgi-index", "").checked(Chars(".-_ "), Effect::Refuse),
    row("fastcgi-params-configmap", "").checked(Chars(BASIC), Effect::Refuse).always(Reference, Effect::Answers(503)),
    bool("force-ssl-redirect", "false").global(),
    row("from-to-www-redirect", "false")
        .checked(Bool, Effect::Refuse)
        .check(Bool, NO_REDIRECT, Some(Version(1, 9, 1)))
        .always(Bool, Effect::Default),
    bool_parsed("http2-push-preload"),
    row("limit-allowlist", "").since(1, 9, 1).checked(Networks, Effect::Refuse).always(Networks, NO_LIMIT),
    integer("limit-burst-multiplier", "5").needs(Needs::Any(&["limit-rps", "limit-rpm"])),
    row("limit-connections", "0").parsed(Integer),
    integer("limit-rate", "0").global(),
    integer("limit-rate-after", "0").global(),
    row("limit-rpm", "0").parsed(Integer),
    row("limit-rps", "0").parsed(Integer),
    row("limit-whitelist", "")
        .needs(Needs::Without("limit-allowlist"))
        .checked(Networks, Effect::Refuse)
        .always(Networks, NO_LIMIT),
    row("load-balance", "round_robin").checked(Word(ALGORITHMS), Effect::Refuse).global(),
    row("mirror-host", "the host of mirror-target").checked(Servers, Effect::Default).needs(MIRROR),
    row("mirror-request-body", "on").always(ON_OFF, Effect::Default).needs(MIRROR),
    row("mirror-target", "").checked(Servers, Effect::Default),
    row("modsecurity-snippet", "").needs(MODSECURITY),
    row("modsecurity-transaction-id", "").checked(Chars(VARIABLES), Effect::Default).needs(MODSECURITY),
    row("opentelemetry-operation-name", "").checked(Chars("_- "), Effect::Refuse).since(1, 7, 0).needs(TRACING),
    bool("opentelemetry-trust-incoming-span", "true").global().since(1, 7, 0).needs(TRACING),
    row("permanent-redirect", "").checked(Chars(LINE), Effect::Refuse).needs(NO_TEMPORAL),
    row("permanent-redirect-code", "301").needs(NO_TEMPORAL).checked(Integer, Effect::Refuse).always(Integer, NO_REDIRECT),
    bool("preserve-trailing-slash", "false").global(),
    row("proxy-body-size", "1m").global().checked(Size, Effect::Default).always(Units("kKmMgG"), Effect::DropDirective),
    setting(&sizes::BUFFER_SIZE, "4k"),
    row("proxy-buffering", "off").checked(ON_OFF, Effect::Default).global(),
    setting(&sizes::BUFFERS_NUMBER, "4"),
    setting(&sizes::BUSY_BUFFERS_SIZE, "").since(1, 13, 0),
    setting(&keys::CONNECT_TIMEOUT, "5"),
    row("proxy-cookie-domain", "off").global().checked(Chars("-._~/: \t"), Effect::Default).check(
        CookieDomain,
        Effect::Default,
        Some(Version(1, 15, 0)),
    ),
    row("proxy-cookie-path", "off").checked(Chars(URL), Effect::Default).global(),
    row("proxy-http-version", "1.1").checked(Word(&["1.0", "1.1"]), Effect::Default).global(),
    setting(&sizes::MAX_TEMP_FILE_SIZE, "1024m"),
    setting(&keys::NEXT_UPSTREAM, "error timeout"),
    setting(&keys::NEXT_UPSTREAM_TIMEOUT, "0"),
    setting(&keys::NEXT_UPSTREAM_TRIES, "3"),
    setting(&keys::READ_TIMEOUT, "60"),
    row("proxy-redirect-from", "off").checked(Chars(URL), Effect::Default).global(),
    row("proxy-redirect-to", "off").checked(Chars(URL), Effect::Default).global().needs(Needs::Any(&["proxy-redirect-from"])),
    row("proxy-request-buffering", "on").checked(ON_OFF, Effect::Default).global(),
    setting(&keys::SEND_TIMEOUT, "60"),
    row("proxy-ssl-ciphers", "DEFAULT").checked(Chars("+:_-! "), Effect::Default).needs(PROXY_SSL),
    row("proxy-ssl-name", "").checked(Servers, Effect::Default).needs(PROXY_SSL),
    row("proxy-ssl-protocols", "TLSv1.2").checked(TlsVersions, Effect::Default).needs(PROXY_SSL),
    row("proxy-ssl-secret", "").checked(Chars(BASIC), Effect::Refuse).always(Qualified, Effect::Answers(503)),
    row("proxy-ssl-server-name", "off").always(ON_OFF, Effect::Default).needs(PROXY_SSL),
    row("proxy-ssl-verify", "off").always(ON_OFF, Effect::Default).needs(PROXY_SSL),
    integer("proxy-ssl-verify-depth", "1").needs(PROXY_SSL),
    row("relative-redirects", "false").since(1, 13, 0).check(Bool, Effect::Refuse, Some(Version(1, 13, 0))),
    row("rewrite-target", "").checked(Chars("-._~/:$"), Effect::Default),
    row("satisfy", "").always(Word(&["any", "all"]), Effect::Default),
    row("server-alias", "").checked(Servers, Effect::Refuse),
    row("server-snippet", ""),
    bool("service-upstream", "false"),
    bool("session-cookie-change-on-failure", "false").needs(COOKIE),
    bool("session-cookie-conditional-samesite-none", "false").needs(COOKIE),
    row("session-cookie-domain", "").checked(Chars(BASIC), Effect::Default).since(1, 4, 0).needs(COOKIE),
    row("session-cookie-expires", "").always(Age, Effect::Default).needs(COOKIE),
    row("session-cookie-max-age", "").always(Age, Effect::Default).needs(COOKIE),
    row("session-cookie-name", "INGRESSCOOKIE").checked(Chars(BASIC), Effect::Default).needs(COOKIE),
    row("session-cookie-path", "the path of the route").checked(Chars(URL), Effect::Default).needs(COOKIE),
    row("session-cookie-samesite", "").checked(AnyCase(&["None", "Lax", "Strict"]), Effect::Default).needs(COOKIE),
    bool("session-cookie-secure", "false").since(1, 0, 1).needs(COOKIE),
    row("ssl-ciphers", "").checked(Ciphers, Effect::Refuse),
    bool_parsed("ssl-passthrough"),
    bool("ssl-prefer-server-ciphers", ""),
    bool("ssl-redirect", "true").global(),
    row("stream-snippet", ""),
    row("temporal-redirect", "").checked(Chars(LINE), Effect::Refuse).always(HttpUrl, NO_REDIRECT),
    row("temporal-redirect-code", "302")
        .checked(Integer, Effect::Refuse)
        .since(1, 12, 0)
        .needs(Needs::Any(&["temporal-redirect"])),
    row("upstream-hash-by", "").checked(Chars("-_${} \n"), Effect::Refuse),
    bool_parsed("upstream-hash-by-subset"),
    row("upstream-hash-by-subset-size", "3").parsed(Integer),
    row("upstream-vhost", "").checked(Servers, Effect::Refuse),
    bool("use-port-in-redirects", "false").global(),
    bool("use-regex", "false"),
    row("whitelist-source-range", "").always(Networks, Effect::Answers(503)).needs(Needs::Without("allowlist-source-range")),
    row("x-forwarded-prefix", "").checked(Chars("-._~/:$ "), Effect::Refuse).needs(Needs::Any(&["rewrite-target"])),
];
