//! Every key of the `ConfigMap`: who reads its text, what it has to be, and what holds without it.
//!
//! Sources: `ParseConfigMap` in `internal/configs/configmaps.go` of v3.7.0 to v5.5.4 and of what came after it,
//! `internal/configs/config_params.go` (defaults), and `nginx.tmpl` and `nginx.ingress.tmpl` (what reaches NGINX).

#[allow(clippy::enum_glob_use, reason = "the rows of the table fit on a line so")]
use self::{Form::*, Raw::*};
#[allow(clippy::enum_glob_use, reason = "the rows of the table fit on a line so")]
use super::grammar::Grammar::{self, *};
use super::poison;
use super::table::Poison;
use crate::model::{About, Version};

/// Who reads the text of a key.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Form {
    /// Nobody, as far as is looked at here.
    Free,
    /// The controller, which drops what is no such text.
    Checked(Grammar),
    /// NGINX alone, in this directive.
    Handed(&'static str, Raw),
}

/// What NGINX has to be able to read.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Raw {
    /// A number without a sign.
    Number,
    /// A time in milliseconds.
    Milliseconds,
    /// A time in seconds.
    Seconds,
    /// How long a connection is kept, and what clients are told of it.
    KeepAlive,
    /// A size with k or m.
    Bytes,
    /// A size with k, m or g.
    Offset,
    /// The size of a zone, or 0 for none.
    Zone,
    /// How many buffers, and how large one is.
    Buffers,
    /// What is logged.
    Level,
    /// Versions of TLS.
    Protocols,
    /// Names of headers between commas.
    Headers,
    /// Addresses and networks between commas.
    Networks,
    /// A status, with a text or a URL behind it.
    Return,
}

impl Raw {
    /// What such a text looks like, to be read after "write".
    pub(super) fn expects(self) -> &'static str {
        match self {
            Self::Number => "a bare whole number, such as \"1024\"",
            Self::Milliseconds => "a time of NGINX in one word, such as \"60s\", \"1m30s\" or \"500ms\"",
            Self::Seconds => "a time of NGINX in one word and without ms, such as \"10s\"",
            Self::KeepAlive => "a time of NGINX in one word, such as \"75s\"",
            Self::Bytes => "a number with k or m behind it, such as \"16k\"",
            Self::Offset => "a number with k, m or g behind it, such as \"8m\"",
            Self::Zone => "a number with k or m behind it, from 32k up, such as \"256k\"",
            Self::Buffers => "how many buffers and how large one is, such as \"8 16k\"",
            Self::Level => "one of debug, info, notice, warn, error, crit, alert, emerg",
            Self::Protocols => "versions of TLS between blanks, such as \"TLSv1.2 TLSv1.3\"",
            Self::Headers => "names of headers between commas, such as \"X-User,X-Groups\"",
            Self::Networks => "addresses and networks between commas, such as \"10.0.0.0/8,192.168.0.1\"",
            Self::Return => {
                "a status, with a text or a URL behind it or without, such as \"404\" or \"302 https://shop.example.com/\""
            }
        }
    }
}

/// One key.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) form: Form,
    /// What holds without it; empty where that is nothing.
    pub(super) default: &'static str,
    /// The first version that knows it, where that is later than v3.7.0.
    pub(super) since: Option<Version>,
    /// The first version that checks it, where that is later. Before it, the text reached NGINX as this.
    pub(super) handed_before: Option<(Version, Raw)>,
    /// Whether an empty text is left out of the configuration; one that is checked never comes there.
    pub(super) may_be_empty: bool,
    pub(super) poison: Option<Poison>,
}

impl Row {
    const fn since(self, major: u32, minor: u32) -> Self {
        Self { since: Some(Version(major, minor, 0)), ..self }
    }

    const fn or_empty(self) -> Self {
        Self { may_be_empty: true, ..self }
    }

    const fn handed_before(self, version: Version, raw: Raw) -> Self {
        Self { handed_before: Some((version, raw)), ..self }
    }

    const fn poison(self, poison: Poison) -> Self {
        Self { poison: Some(poison), ..self }
    }

    /// What the key is about.
    pub(super) fn about(&self) -> About {
        match self.name {
            "http2"
            | "keepalive"
            | "keepalive-requests"
            | "max-fails"
            | "proxy-buffer-size"
            | "proxy-buffering"
            | "proxy-buffers"
            | "proxy-busy-buffers-size"
            | "proxy-protocol" => About::Exchange,
            _ => About::Other,
        }
    }
}

const fn row(name: &'static str, form: Form, default: &'static str) -> Row {
    Row { name, form, default, since: None, handed_before: None, may_be_empty: false, poison: None }
}

const fn free(name: &'static str) -> Row {
    row(name, Free, "")
}

const fn checked(name: &'static str, grammar: Grammar, default: &'static str) -> Row {
    row(name, Checked(grammar), default)
}

const fn handed(name: &'static str, directive: &'static str, raw: Raw, default: &'static str) -> Row {
    row(name, Handed(directive, raw), default)
}

/// The row of this name.
pub(super) fn by_name(name: &str) -> Option<&'static Row> {
    ROWS.get(ROWS.binary_search_by(|row| row.name.cmp(name)).ok()?)
}

const PASS_OR_DROP: Grammar = Word(&["pass", "drop"]);
const V5_2: Version = Version(5, 2, 0);

/// All keys, sorted.
pub(super) static ROWS: &[Row] = &[
    checked("access-log", Syslog, "/dev/stdout main"),
    checked("access-log-off", Bool, "false"),
    free("add-header").since(5, 5),
    checked("add-header-inherit", AnyCase(&["on", "off", "merge"]), "").since(5, 5),
    checked("app-protect-compressed-requests-action", PASS_OR_DROP, ""),
    free("app-protect-cookie-seed"),
    free("app-protect-cpu-thresholds"),
    free("app-protect-dos-arb-fqdn"),
    free("app-protect-dos-log-format"),
    free("app-protect-dos-log-format-escaping"),
    checked("app-protect-failure-mode-action", PASS_OR_DROP, ""),
    free("app-protect-physical-memory-util-thresholds"),
    free("app-protect-reconnect-period-seconds"),
    checked("client-body-buffer-size", Size, "").since(5, 3),
    handed("client-max-body-size", "client_max_body_size", Raw::Offset, "1m"),
    checked("default-server-access-log-off", Bool, "false"),
    handed("default-server-return", "return", Return, "404").or_empty(),
    checked("disable-forwarded-headers", Bool, "false").since(5, 6),
    handed("error-log-level", "error_log", Level, "notice").or_empty(),
    free("external-status-address"),
    handed("fail-timeout", "server … fail_timeout", Seconds, "10s"),
    checked("hsts", Bool, "false"),
    checked("hsts-behind-proxy", Bool, "false"),
    checked("hsts-include-subdomains", Bool, "false"),
    checked("hsts-max-age", Integer, "2592000"),
    checked("http-redirect-code", RedirectCode, "301").since(5, 4),
    free("http-snippets"),
    checked("http2", Bool, "false"),
    free("ingress-template"),
    checked("keepalive", Integer, "0"),
    checked("keepalive-requests", Integer, "1000").poison(poison::negative),
    handed("keepalive-timeout", "keepalive_timeout", KeepAlive, "75s"),
    checked("lb-method", Balancing, "random two least_conn"),
    free("location-snippets"),
    free("log-format"),
    free("log-format-escaping"),
    free("main-snippets"),
    free("main-template"),
    handed("map-hash-bucket-size", "map_hash_bucket_size", Number, "256"),
    handed("map-hash-max-size", "map_hash_max_size", Number, "2048"),
    checked("max-fails", Integer, "1").poison(poison::negative),
    checked("oidc-access-tokens-timeout", Time, "1h").since(5, 3),
    checked("oidc-access-tokens-zone-size", Size, "1M").since(5, 4),
    checked("oidc-id-tokens-timeout", Time, "1h").since(5, 3),
    checked("oidc-id-tokens-zone-size", Size, "1M").since(5, 4),
    checked("oidc-pkce-timeout", Time, "90s").since(5, 3),
    checked("oidc-pkce-zone-size", Size, "128K").since(5, 4),
    checked("oidc-refresh-tokens-timeout", Time, "8h").since(5, 3),
    checked("oidc-refresh-tokens-zone-size", Size, "1M").since(5, 4),
    checked("oidc-sids-timeout", Time, "8h").since(5, 3),
    checked("oidc-sids-zone-size", Size, "1M").since(5, 4),
    free("otel-exporter-endpoint").since(5, 1),
    free("otel-exporter-header-name").since(5, 1),
    free("otel-exporter-header-value").since(5, 1),
    free("otel-service-name").since(5, 1),
    checked("otel-trace-in-http", Bool, "false").since(5, 1),
    checked("proxy-buffer-size", Size, "").handed_before(V5_2, Bytes),
    checked("proxy-buffering", Bool, "true"),
    checked("proxy-buffers", Grammar::Buffers, "").handed_before(V5_2, Raw::Buffers).poison(poison::buffers),
    checked("proxy-busy-buffers-size", Size, "").since(5, 2),
    handed("proxy-connect-timeout", "proxy_connect_timeout", Milliseconds, "60s"),
    handed("proxy-hide-headers", "proxy_hide_header", Raw::Headers, ""),
    handed("proxy-max-temp-file-size", "proxy_max_temp_file_size", Bytes, "").or_empty(),
    handed("proxy-pass-headers", "proxy_pass_header", Raw::Headers, ""),
    checked("proxy-protocol", Bool, "false"),
    handed("proxy-read-timeout", "proxy_read_timeout", Milliseconds, "60s"),
    handed("proxy-send-timeout", "proxy_send_timeout", Milliseconds, "60s"),
    free("real-ip-header"),
    checked("real-ip-recursive", Bool, "false"),
    checked("redirect-to-https", Bool, "false"),
    free("resolver-addresses"),
    checked("resolver-ipv6", Bool, "true"),
    free("resolver-timeout"),
    free("resolver-valid"),
    handed("server-names-hash-bucket-size", "server_names_hash_bucket_size", Number, "256").or_empty(),
    handed("server-names-hash-max-size", "server_names_hash_max_size", Number, "1024"),
    free("server-snippets"),
    free("server-tokens"),
    handed("set-real-ip-from", "set_real_ip_from", Networks, ""),
    free("ssl-ciphers"),
    free("ssl-dhparam-file"),
    checked("ssl-prefer-server-ciphers", Bool, "false"),
    handed("ssl-protocols", "ssl_protocols", Protocols, "").or_empty(),
    checked("ssl-redirect", Bool, "true"),
    free("stream-log-format"),
    free("stream-log-format-escaping"),
    free("stream-snippets"),
    free("transportserver-template"),
    handed("upstream-zone-size", "zone", Zone, "256k"),
    checked("variables-hash-bucket-size", Unsigned, "256"),
    checked("variables-hash-max-size", Unsigned, "1024"),
    free("virtualserver-template"),
    handed("worker-connections", "worker_connections", Number, "1024"),
    free("worker-cpu-affinity"),
    checked("worker-processes", Workers, "auto").poison(poison::workers),
    handed("worker-rlimit-nofile", "worker_rlimit_nofile", Number, "").or_empty(),
    handed("worker-shutdown-timeout", "worker_shutdown_timeout", Milliseconds, "").or_empty(),
    checked("zone-sync", Bool, "false").since(5, 0),
    checked("zone-sync-port", Integer, "12345").since(5, 0),
    free("zone-sync-resolver-addresses").since(5, 0),
    checked("zone-sync-resolver-ipv6", Bool, "").since(5, 0),
    checked("zone-sync-resolver-valid", Time, "5s").since(5, 0),
];
