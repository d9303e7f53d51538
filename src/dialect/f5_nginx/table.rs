//! Every annotation of the F5 controller: what its text has to be, what holds without it, and what becomes of a text that is
//! something else.
//!
//! Source: `internal/k8s/validation.go` and `internal/configs/annotations.go` of v3.7.0 to v5.5.4 and of what came after it.

#[allow(clippy::enum_glob_use, reason = "most rows of the table fit on a line so")]
use super::grammar::Grammar::{self, *};
use super::poison;
use crate::model::Version;

/// What becomes of a value that the grammar refuses.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Effect {
    /// The object is taken out of service.
    Removed,
    /// It is dropped with a line in the log, and the default holds.
    Default,
}

/// What else has to be on the object.
#[derive(Clone, Copy)]
pub(super) enum Needs {
    /// Nothing.
    Nothing,
    /// This, or the object is taken out of service.
    Beside(&'static str),
    /// This as a bool, or the object is taken out of service.
    BesideBool(&'static str),
    /// This as a bool that is true, or the object is taken out of service.
    BesideTrue(&'static str),
    /// This, or nobody looks at it.
    With(&'static str),
}

/// On which kinds of mergeable Ingresses it is looked at.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Place {
    /// On all.
    Any,
    /// Not on a master, which has no paths.
    NotOnMaster,
    /// Not on a minion, which has no host of its own.
    NotOnMinion,
}

/// Why NGINX refuses a text that the controller takes.
pub(super) type Poison = fn(&str) -> Option<&'static str>;

/// One annotation.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// The name behind `nginx.org/`, or the whole key.
    pub(super) name: &'static str,
    pub(super) grammar: Grammar,
    pub(super) effect: Effect,
    /// What holds without it; empty where that is nothing.
    pub(super) default: &'static str,
    /// Whether the `ConfigMap` has a key of the same name for what holds without it.
    pub(super) is_global: bool,
    /// The first version that knows it, where that is later than v3.7.0.
    pub(super) since: Option<Version>,
    /// The first version that checks it, where that is later.
    pub(super) checked_since: Option<Version>,
    pub(super) needs: Needs,
    pub(super) place: Place,
    /// Whether a minion without it takes what its master says.
    pub(super) is_inherited: bool,
    pub(super) poison: Option<Poison>,
}

impl Row {
    const fn global(self) -> Self {
        Self { is_global: true, ..self }
    }

    const fn since(self, major: u32, minor: u32) -> Self {
        let since = Some(Version(major, minor, 0));
        Self { since, checked_since: since, ..self }
    }

    const fn needs(self, needs: Needs) -> Self {
        Self { needs, ..self }
    }

    const fn not_on_master(self) -> Self {
        Self { place: Place::NotOnMaster, ..self }
    }

    const fn not_on_minion(self) -> Self {
        Self { place: Place::NotOnMinion, ..self }
    }

    const fn inherited(self) -> Self {
        Self { is_inherited: true, ..self }
    }

    const fn poison(self, poison: Poison) -> Self {
        Self { poison: Some(poison), ..self }
    }
}

const fn row(name: &'static str, grammar: Grammar, default: &'static str) -> Row {
    Row {
        name,
        grammar,
        effect: Effect::Removed,
        default,
        is_global: false,
        since: None,
        checked_since: None,
        needs: Needs::Nothing,
        place: Place::Any,
        is_inherited: false,
        poison: None,
    }
}

/// One of the limits of requests, which are only read with a rate, and whose faults go to the log.
const fn limit(name: &'static str, grammar: Grammar, default: &'static str) -> Row {
    let row = row(name, grammar, default).needs(Needs::With("limit-req-rate")).inherited();
    Row { effect: Effect::Default, ..row }
}

/// The row of this name.
pub(super) fn by_name(name: &str) -> Option<&'static Row> {
    ROWS.get(ROWS.binary_search_by(|row| row.name.cmp(name)).ok()?)
}

/// The row of this key, which has another prefix.
pub(super) fn by_key(key: &str) -> Option<&'static Row> {
    FOREIGN.get(FOREIGN.binary_search_by(|row| row.name.cmp(key)).ok()?)
}

const HEALTH_CHECKS: Needs = Needs::BesideTrue("nginx.com/health-checks");
const MANDATORY: Needs = Needs::BesideTrue("nginx.com/health-checks-mandatory");
const HSTS: Needs = Needs::BesideBool("hsts");
const REGEX: &[&str] = &["case_sensitive", "case_insensitive", "exact"];

/// The annotations under `nginx.org/`, sorted.
pub(super) static ROWS: &[Row] = &[
    row("add-header", HeaderValues, "").since(5, 5),
    row("add-header-inherit", AnyCase(&["on", "off", "merge"]), "").since(5, 5),
    row("app-root", AppRoot, "").since(5, 4).not_on_minion(),
    row("basic-auth-realm", Quoted, "").needs(Needs::Beside("basic-auth-secret")),
    row("basic-auth-secret", Name, ""),
    row("client-body-buffer-size", Size, "").global().since(5, 3),
    row("client-max-body-size", Offset, "1m").global().inherited(),
    row("custom-http-errors", ErrorCodes, "").since(5, 6),
    row("fail-timeout", Time, "10s").global().inherited().poison(poison::seconds),
    row("grpc-services", Services, "").not_on_master(),
    row("hsts", Bool, "false").global().not_on_minion(),
    row("hsts-behind-proxy", Bool, "false").global().needs(HSTS),
    row("hsts-include-subdomains", Bool, "false").global().needs(HSTS).not_on_minion(),
    row("hsts-max-age", Integer, "2592000").global().needs(HSTS).not_on_minion(),
    row("http-redirect-code", RedirectCode, "301").global().since(5, 4).not_on_minion(),
    row("keepalive", Integer, "0").global().not_on_minion(),
    row("lb-method", Balancing, "random two least_conn").global().inherited(),
    limit("limit-req-burst", Integer, "0").poison(poison::negative),
    limit("limit-req-delay", Integer, "0"),
    limit("limit-req-dry-run", Bool, "false"),
    Row {
        effect: Effect::Removed,
        checked_since: Some(Version(5, 5, 0)),
        ..limit("limit-req-key", Variables, "${binary_remote_addr}").needs(Needs::Nothing)
    },
    limit("limit-req-log-level", Word(&["info", "notice", "warn", "error"]), "error"),
    limit("limit-req-no-delay", Bool, "false"),
    limit("limit-req-rate", Rate, "").needs(Needs::Nothing),
    limit("limit-req-reject-code", Integer, "429").poison(poison::code),
    limit("limit-req-scale", Bool, "false"),
    limit("limit-req-zone-size", Size, "10m").poison(poison::zone),
    row("listen-ports", Ports, "80").not_on_minion().poison(poison::ports),
    row("listen-ports-ssl", Ports, "443").not_on_minion().poison(poison::ports),
    row("location-snippets", Any, "").global().inherited(),
    row("max-conns", Unsigned, "0").inherited(),
    row("max-fails", Unsigned, "1").global().inherited(),
    row("mergeable-ingress-type", Word(&["master", "minion"]), ""),
    row("path-regex", Word(REGEX), ""),
    row("policies", Policies, "").since(5, 4),
    row("proxy-buffer-size", Size, "4k").global().inherited(),
    row("proxy-buffering", Bool, "true").global().inherited(),
    row("proxy-buffers", Buffers, "8 4k").global().inherited(),
    row("proxy-busy-buffers-size", Size, "").global().since(5, 2).inherited(),
    row("proxy-connect-timeout", Time, "60s").global().inherited(),
    row("proxy-hide-headers", Headers, "").global().not_on_minion(),
    row("proxy-max-temp-file-size", Size, "1024m").global().inherited(),
    row("proxy-next-upstream", Conditions, "error timeout").since(5, 4),
    row("proxy-next-upstream-timeout", Time, "0").since(5, 4),
    row("proxy-next-upstream-tries", Unsigned, "0").since(5, 4),
    row("proxy-pass-headers", Headers, "").global().not_on_minion(),
    row("proxy-read-timeout", Time, "60s").global().inherited(),
    row("proxy-redirect-from", Redirect, "").since(5, 5),
    row("proxy-redirect-to", Redirect, "").since(5, 5).needs(Needs::Beside("proxy-redirect-from")),
    row("proxy-send-timeout", Time, "60s").global().inherited(),
    row("proxy-set-headers", HeaderValues, ""),
    row("redirect-to-https", Bool, "false").global().not_on_minion(),
    row("rewrite-target", Target, "").since(5, 3),
    row("rewrites", Rewrites, "").not_on_master(),
    row("server-snippets", Any, "").global().not_on_minion(),
    row("server-tokens", Quoted, "true").global().not_on_minion(),
    row("ssl-ciphers", Any, "").global().since(5, 3).not_on_minion(),
    Row { effect: Effect::Default, ..row("ssl-prefer-server-ciphers", Bool, "false").global().since(5, 3).not_on_minion() },
    row("ssl-redirect", Bool, "true").global().since(5, 4).not_on_minion(),
    row("ssl-services", Services, "").not_on_master(),
    row("sticky-cookie-services", Cookies, "").since(5, 4).not_on_master(),
    row("upstream-zone-size", Size, "256k").global().inherited().poison(poison::zone),
    row("use-cluster-ip", Bool, "false").not_on_master(),
    row("websocket-services", Services, "").not_on_master(),
];

/// The annotations under other prefixes, sorted: those of NGINX Plus, of App Protect, and an older name.
pub(super) static FOREIGN: &[Row] = &[
    row("appprotect.f5.com/app-protect-enable", Bool, ""),
    row("appprotect.f5.com/app-protect-policy", Qualified, ""),
    row("appprotect.f5.com/app-protect-security-log", Qualified, ""),
    row("appprotect.f5.com/app-protect-security-log-destination", LogTargets, ""),
    row("appprotect.f5.com/app-protect-security-log-enable", Bool, ""),
    row("appprotectdos.f5.com/app-protect-dos-resource", Qualified, "").not_on_minion(),
    row("ingress.kubernetes.io/ssl-redirect", Bool, "true").global().not_on_minion(),
    row("nginx.com/health-checks", Bool, "false").not_on_master(),
    row("nginx.com/health-checks-mandatory", Bool, "false").needs(HEALTH_CHECKS).not_on_master(),
    row("nginx.com/health-checks-mandatory-queue", Unsigned, "0").needs(MANDATORY).not_on_master(),
    row("nginx.com/jwt-key", Name, ""),
    row("nginx.com/jwt-login-url", Url, ""),
    row("nginx.com/jwt-realm", Quoted, ""),
    row("nginx.com/jwt-token", Token, ""),
    row("nginx.com/policies", Policies, "").since(5, 5),
    row("nginx.com/slow-start", Time, "0s"),
    row("nginx.com/sticky-cookie-services", Cookies, "").not_on_master(),
];
