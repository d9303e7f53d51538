//! The keys of the `ConfigMap` that no setting of the model depends on, with what their texts have to be and what holds without.
//!
//! Sources: `internal/ingress/controller/config/config.go` and `internal/ingress/defaults/main.go` (types and `NewDefault`), and
//! `nginx.tmpl` for what NGINX meets.

#[allow(clippy::enum_glob_use, reason = "the rows of the table fit on a line so")]
use self::Form::*;
use crate::model::About;

/// What the text of a key has to be.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Form {
    /// Any text, as far as is looked at here.
    Any,
    /// What Go's `strconv.ParseBool` takes.
    Bool,
    /// A number. NGINX takes each, or not all of them reach it.
    Integer,
    /// A number of things from 0 up.
    Count,
    /// A number of seconds from 0 up.
    Seconds,
    /// A number between these.
    Within(i64, i64),
    /// Status codes between commas.
    ErrorCodes,
    /// `on` or `off`.
    OnOff,
    /// `1.0` or `1.1`.
    HttpVersion,
    /// A size with k or m.
    Size,
    /// A number of buffers and the size of one.
    Sizes,
    /// A size with k, m or g, left out of the configuration where it is none.
    Offset,
    /// A time with its unit.
    Time,
}

impl Form {
    /// What such a text looks like, to be read after "expects" and after "write".
    pub(super) fn expects(self) -> &'static str {
        match self {
            Any => "any text",
            Bool => "\"true\" or \"false\"",
            Integer => "a bare whole number, such as \"5\"",
            Count => "a bare whole number from 0 up, such as \"100\"",
            Seconds => "a bare number of seconds, such as \"60\"",
            Within(..) => "a status from 400 to 599, such as \"429\"",
            ErrorCodes => "status codes from 300 to 599 without 499, such as \"503,504\"",
            OnOff => "\"on\" or \"off\"",
            HttpVersion => "\"1.0\" or \"1.1\"",
            Size => "a number with k or m behind it, such as \"16k\"",
            Sizes => "a number and a size, such as \"4 16k\"",
            Offset => "a number with k, m or g behind it, such as \"8m\"",
            Time => "a time with its unit, such as \"240s\"",
        }
    }
}

/// One key.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) form: Form,
    /// What holds without it; empty where that is nothing, or differs from version to version.
    pub(super) default: &'static str,
}

const fn row(name: &'static str, form: Form, default: &'static str) -> Row {
    Row { name, form, default }
}

impl Row {
    /// What the key is about.
    pub(super) fn about(&self) -> About {
        match self.name {
            _ if self.form == Seconds => About::Timeout,
            "disable-proxy-intercept-errors"
            | "grpc-buffer-size-kb"
            | "keep-alive-requests"
            | "proxy-body-size"
            | "proxy-ssl-location-only"
            | "retry-non-idempotent"
            | "service-upstream"
            | "upstream-keepalive-connections"
            | "upstream-keepalive-requests"
            | "use-http2"
            | "use-proxy-protocol" => About::Exchange,
            _ => About::Other,
        }
    }
}

/// The row of this name.
pub(super) fn by_name(name: &str) -> Option<&'static Row> {
    ROWS.get(ROWS.binary_search_by(|row| row.name.cmp(name)).ok()?)
}

/// All keys that are not settings, sorted.
pub(super) static ROWS: &[Row] = &[
    row("access-log-params", Any, ""),
    row("access-log-path", Any, ""),
    row("add-headers", Any, ""),
    row("allow-backend-server-header", Bool, "false"),
    row("allow-cross-namespace-resources", Bool, ""),
    row("allow-snippet-annotations", Bool, ""),
    row("annotation-value-word-blocklist", Any, ""),
    row("annotations-risk-level", Any, ""),
    row("app-root", Any, ""),
    row("bind-address", Any, ""),
    row("bind-address-ipv4", Any, ""),
    row("bind-address-ipv6", Any, ""),
    row("block-cidrs", Any, ""),
    row("block-referers", Any, ""),
    row("block-user-agents", Any, ""),
    row("brotli-level", Integer, "4"),
    row("brotli-min-length", Integer, "20"),
    row("brotli-types", Any, ""),
    row("client-body-buffer-size", Size, "8k"),
    row("client-body-timeout", Seconds, "60"),
    row("client-header-buffer-size", Size, "1k"),
    row("client-header-timeout", Seconds, "60"),
    row("compute-full-forwarded-for", Bool, "false"),
    row("custom-http-errors", ErrorCodes, ""),
    row("debug-connections", Any, ""),
    row("default-type", Any, ""),
    row("denylist-source-range", Any, ""),
    row("disable-access-log", Bool, "false"),
    row("disable-http-access-log", Bool, "false"),
    row("disable-ipv6", Bool, "false"),
    row("disable-ipv6-dns", Bool, "false"),
    row("disable-proxy-intercept-errors", Bool, "false"),
    row("disable-stream-access-log", Bool, "false"),
    row("enable-access-log-for-default-backend", Bool, "false"),
    row("enable-aio-write", Bool, "true"),
    row("enable-auth-access-log", Bool, "false"),
    row("enable-brotli", Bool, "false"),
    row("enable-modsecurity", Bool, "false"),
    row("enable-multi-accept", Bool, "true"),
    row("enable-ocsp", Bool, "false"),
    row("enable-opentelemetry", Bool, "false"),
    row("enable-owasp-modsecurity-crs", Bool, "false"),
    row("enable-real-ip", Bool, "false"),
    row("enable-serial-reloads", Bool, "false"),
    row("enable-syslog", Bool, "false"),
    row("enable-underscores-in-headers", Bool, "false"),
    row("error-log-level", Any, ""),
    row("error-log-path", Any, ""),
    row("force-ssl-redirect", Bool, "false"),
    row("forwarded-for-header", Any, ""),
    row("forwarded-for-proxy-protocol-header", Any, ""),
    row("forwarded-host-header", Any, ""),
    row("generate-request-id", Bool, "true"),
    row("geoip2-autoreload-in-minutes", Integer, "0"),
    row("global-allowed-response-headers", Any, ""),
    row("global-auth-always-set-cookie", Any, ""),
    row("global-auth-cache-duration", Any, ""),
    row("global-auth-cache-key", Any, ""),
    row("global-auth-method", Any, ""),
    row("global-auth-request-redirect", Any, ""),
    row("global-auth-response-headers", Any, ""),
    row("global-auth-signin", Any, ""),
    row("global-auth-signin-redirect-param", Any, ""),
    row("global-auth-snippet", Any, ""),
    row("global-auth-url", Any, ""),
    row("global-external-auth", Any, ""),
    row("grpc-buffer-size-kb", Integer, "0"),
    row("gzip-disable", Any, ""),
    row("gzip-level", Integer, "1"),
    row("gzip-min-length", Integer, "256"),
    row("gzip-types", Any, ""),
    row("hide-headers", Any, ""),
    row("hsts", Bool, "true"),
    row("hsts-include-subdomains", Bool, "true"),
    row("hsts-max-age", Any, ""),
    row("hsts-preload", Bool, "false"),
    row("http-access-log-path", Any, ""),
    row("http-redirect-code", Any, ""),
    row("http-snippet", Any, ""),
    row("http2-max-concurrent-streams", Integer, "128"),
    row("http2-max-field-size", Any, ""),
    row("http2-max-header-size", Any, ""),
    row("http2-max-requests", Integer, "0"),
    row("ignore-invalid-headers", Bool, "true"),
    row("keep-alive", Seconds, "75"),
    row("keep-alive-requests", Count, "1000"),
    row("large-client-header-buffers", Sizes, "4 8k"),
    row("limit-conn-status-code", Within(400, 599), "503"),
    row("limit-conn-zone-variable", Any, ""),
    row("limit-rate", Integer, "0"),
    row("limit-rate-after", Integer, "0"),
    row("limit-req-status-code", Within(400, 599), "503"),
    row("load-balance", Any, ""),
    row("location-snippet", Any, ""),
    row("log-format-escape-json", Bool, "false"),
    row("log-format-escape-none", Bool, "false"),
    row("log-format-stream", Any, ""),
    row("log-format-upstream", Any, ""),
    row("lua-shared-dicts", Any, ""),
    row("main-snippet", Any, ""),
    row("map-hash-bucket-size", Integer, "64"),
    row("max-worker-connections", Integer, "16384"),
    row("max-worker-open-files", Integer, "0"),
    row("modsecurity-snippet", Any, ""),
    row("nginx-status-ipv4-whitelist", Any, ""),
    row("nginx-status-ipv6-whitelist", Any, ""),
    row("no-auth-locations", Any, ""),
    row("no-tls-redirect-locations", Any, ""),
    row("opentelemetry-config", Any, ""),
    row("opentelemetry-operation-name", Any, ""),
    row("opentelemetry-trust-incoming-span", Bool, "true"),
    row("otel-max-export-batch-size", Integer, "512"),
    row("otel-max-queuesize", Integer, "2048"),
    row("otel-sampler", Any, ""),
    row("otel-sampler-parent-based", Bool, "true"),
    row("otel-sampler-ratio", Any, ""),
    row("otel-schedule-delay-millis", Integer, "5000"),
    row("otel-service-name", Any, ""),
    row("otlp-collector-host", Any, ""),
    row("otlp-collector-port", Any, ""),
    row("preserve-trailing-slash", Bool, "false"),
    row("proxy-add-original-uri-header", Bool, "false"),
    row("proxy-body-size", Offset, "1m"),
    row("proxy-buffering", OnOff, "off"),
    row("proxy-cookie-domain", Any, ""),
    row("proxy-cookie-path", Any, ""),
    row("proxy-headers-hash-bucket-size", Integer, "64"),
    row("proxy-headers-hash-max-size", Integer, "512"),
    row("proxy-http-version", HttpVersion, "1.1"),
    row("proxy-protocol-header-timeout", Any, ""),
    row("proxy-real-ip-cidr", Any, ""),
    row("proxy-redirect-from", Any, ""),
    row("proxy-redirect-to", Any, ""),
    row("proxy-request-buffering", OnOff, "on"),
    row("proxy-set-headers", Any, ""),
    row("proxy-ssl-location-only", Bool, "false"),
    row("proxy-stream-next-upstream", Bool, "true"),
    row("proxy-stream-next-upstream-timeout", Any, ""),
    row("proxy-stream-next-upstream-tries", Integer, "3"),
    row("proxy-stream-responses", Any, ""),
    row("proxy-stream-timeout", Any, ""),
    row("relative-redirects", Any, ""),
    row("retry-non-idempotent", Bool, "false"),
    row("reuse-port", Bool, "true"),
    row("server-name-hash-bucket-size", Integer, "0"),
    row("server-name-hash-max-size", Integer, "1024"),
    row("server-snippet", Any, ""),
    row("server-tokens", Bool, "false"),
    row("service-upstream", Bool, "false"),
    row("skip-access-log-urls", Any, ""),
    row("ssl-buffer-size", Any, ""),
    row("ssl-ciphers", Any, ""),
    row("ssl-dh-param", Any, ""),
    row("ssl-early-data", Bool, "false"),
    row("ssl-ecdh-curve", Any, ""),
    row("ssl-protocols", Any, ""),
    row("ssl-redirect", Bool, "true"),
    row("ssl-reject-handshake", Bool, "false"),
    row("ssl-session-cache", Bool, "true"),
    row("ssl-session-cache-size", Any, ""),
    row("ssl-session-ticket-key", Any, ""),
    row("ssl-session-tickets", Bool, "false"),
    row("ssl-session-timeout", Any, ""),
    row("stream-access-log-path", Any, ""),
    row("stream-snippet", Any, ""),
    row("strict-validate-path-type", Bool, ""),
    row("syslog-host", Any, ""),
    row("syslog-port", Integer, "514"),
    row("upstream-hash-by", Any, ""),
    row("upstream-hash-by-subset", Bool, "false"),
    row("upstream-hash-by-subset-size", Integer, "0"),
    row("upstream-keepalive-connections", Integer, "320"),
    row("upstream-keepalive-requests", Count, "10000"),
    row("upstream-keepalive-time", Time, "1h"),
    row("upstream-keepalive-timeout", Seconds, "60"),
    row("use-forwarded-headers", Bool, "false"),
    row("use-geoip2", Bool, "false"),
    row("use-gzip", Bool, "false"),
    row("use-http2", Bool, "true"),
    row("use-port-in-redirects", Bool, "false"),
    row("use-proxy-protocol", Bool, "false"),
    row("variables-hash-bucket-size", Integer, "256"),
    row("variables-hash-max-size", Integer, "2048"),
    row("whitelist-source-range", Any, ""),
    row("worker-cpu-affinity", Any, ""),
    row("worker-processes", Any, ""),
    row("worker-shutdown-timeout", Time, "240s"),
];
