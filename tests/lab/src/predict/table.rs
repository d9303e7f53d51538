//! Every annotation of ingress-nginx: what is drawn for it, and the directive that it is compared with; or why it is not.

use super::expect as to;
use super::place::Place::{Allowlist, Auth, Location, Locations, Mirror, Server, Signin, Www};
use super::read;
use super::row::{Row, never, row};

const BOOLS: &[&str] = &["true", "false", "TRUE", "1", "yes", ""];
const LUA: &str = "the balancer in Lua is told so, and no directive";
const CANARY: &str = "an object with canary: \"true\" has no block of its own, and the balancer in Lua is told the rest";
const SNIPPET: &str = "the laboratory's ConfigMap leaves allow-snippet-annotations at false, and snippets are dropped";
const MODSECURITY: &str = "the laboratory's nginx has no ModSecurity, and would not start";
const TRACING: &str = "the laboratory's nginx has no OpenTelemetry, and would not start";
const KEEPALIVE: &str = "the laboratory's ConfigMap leaves use-http2 at true, and with it this counts for nothing";
const NEWER: &str = "newer than the controller of the laboratory";

/// Groups of what belongs together: some of them are drawn for each Ingress.
pub(super) const GROUPS: &[&[Row]] = &[
    // How a request reaches a pod.
    &[
        row(
            "backend-protocol",
            &["HTTP", "HTTPS", "GRPC", "GRPCS", "https", "grpc", " GRPC", "HTTP2", "AUTO_HTTP", "FCGI"],
            Location,
            "{}_pass",
            to::scheme,
        ),
        row("connection-proxy-header", &["close", "keep-alive", ""], Location, "{}_set_header Connection", to::connection),
        row("proxy-connect-timeout", &["1", "75", "+5", "5s", "", " 5"], Location, "{}_connect_timeout", to::timeout).own("60s"),
        row("proxy-send-timeout", &["30", "0", "90s", "1h"], Location, "{}_send_timeout", to::timeout).own("60s"),
        row("proxy-read-timeout", &["30", "3600", "0", "120s", "2m", "60.0", "0x3c"], Location, "{}_read_timeout", to::timeout)
            .own("60s"),
        row("proxy-http-version", &["1.1", "1.0", ""], Location, "proxy_http_version", to::text),
        row("upstream-vhost", &["shop.example.com", "$service_name.default.svc", ""], Location, "{}_set_header Host", to::host),
        row("x-forwarded-prefix", &["/shop", "shop", ""], Location, "{}_set_header X-Forwarded-Prefix", to::forwarded_prefix),
        never("service-upstream", LUA),
        never("load-balance", LUA),
        never("upstream-hash-by", LUA),
        never("upstream-hash-by-subset", LUA),
        never("upstream-hash-by-subset-size", LUA),
        never(
            "ssl-passthrough",
            "the controller of the laboratory runs without --enable-ssl-passthrough, and no directive tells of it",
        ),
    ],
    // Another try.
    &[
        row(
            "proxy-next-upstream",
            &["error timeout http_502", "off", "error", "error timeout non_idempotent", ""],
            Location,
            "proxy_next_upstream",
            to::retry,
        ),
        row("proxy-next-upstream-timeout", &["10", "0", "10s", "1m"], Location, "proxy_next_upstream_timeout", to::retry),
        row("proxy-next-upstream-tries", &["1", "0", "5", "three", "3.0"], Location, "proxy_next_upstream_tries", to::retry),
    ],
    // Bodies and buffers.
    &[
        row("client-body-buffer-size", &["16k", "1M", "1g", "8kb", " 8k"], Location, "client_body_buffer_size", to::text),
        row("proxy-body-size", &["8m", "1g", "0", "512k", "8mb", "2048"], Location, "client_max_body_size", to::body_limit)
            .read(read::bytes)
            .own("1m"),
        row("proxy-buffer-size", &["8k", "16k", "4096", "32K", ""], Location, "proxy_buffer_size", to::header_buffer)
            .read(read::bytes),
        row("proxy-buffering", &["on", "off", ""], Location, "proxy_buffering", to::text),
        row("proxy-buffers-number", &["4", "8", "+6", "many", "4k"], Location, "proxy_buffers", to::buffers),
        row("proxy-max-temp-file-size", &["64m", "0", "1024m", "64mb"], Location, "proxy_max_temp_file_size", to::text)
            .read(read::bytes)
            .own("1024m"),
        row("proxy-request-buffering", &["on", "off", ""], Location, "proxy_request_buffering", to::text),
        never("proxy-busy-buffers-size", NEWER),
    ],
    // Hosts and paths.
    &[
        row(
            "server-alias",
            &["a.{host}", "b.{host}, a.{host},b.{host}", "*.{host}", "~^r[0-9]+\\.{host}$", " , ", ""],
            Server,
            "server_name",
            to::names,
        ),
        row("rewrite-target", &["/new", "/$1", "/", "/new?q=$1", ""], Location, "rewrite", to::rewrite),
        row("use-regex", BOOLS, Locations, "location", to::locations),
        row("app-root", &["/app", "app", "https://example.com/app", ""], Server, "return 302", to::app_root),
        row("ssl-redirect", BOOLS, Location, "ssl_redirect =", to::bool),
        row("force-ssl-redirect", BOOLS, Location, "force_ssl_redirect =", to::bool),
        row("preserve-trailing-slash", BOOLS, Location, "preserve_trailing_slash =", to::bool),
        row("use-port-in-redirects", BOOLS, Location, "port_in_redirect", to::on_off),
        never("relative-redirects", NEWER),
    ],
    // Answers of the gateway's own.
    &[
        row(
            "permanent-redirect",
            &["https://example.com$request_uri", "/gone", "https://example.com/a?b=c"],
            Location,
            "return",
            to::redirect,
        ),
        row("permanent-redirect-code", &["308", "302", "404", "+308", "308.0"], Location, "return", to::redirect),
        row(
            "temporal-redirect",
            &["https://example.com/soon", "ftp://example.com", "/soon", ""],
            Location,
            "return",
            to::redirect,
        ),
        row("from-to-www-redirect", BOOLS, Www, "server_name", to::www),
        row(
            "proxy-redirect-from",
            &["http://app/", "off", "default", "~^http://app(.*)$", ""],
            Location,
            "proxy_redirect",
            to::proxy_redirect,
        ),
        row("proxy-redirect-to", &["https://example.com/", "off", ""], Location, "proxy_redirect", to::proxy_redirect),
        never("temporal-redirect-code", NEWER),
    ],
    &[
        row("custom-http-errors", &["503", "404,503", "404, 503", "503,", "many"], Location, "error_page", to::error_pages)
            .read(read::first),
        row("disable-proxy-intercept-errors", BOOLS, Location, "proxy_intercept_errors", to::intercepted),
        row("default-backend", &["fallback", ""], Location, "set $proxy_upstream_name", to::backend),
        row("fastcgi-index", &["index.php", ""], Location, "fastcgi_index", to::text),
        row(
            "fastcgi-params-configmap",
            &["fastcgi", "predictions/fastcgi", "a/b/c"],
            Location,
            "fastcgi_param PREDICTED",
            to::parameters,
        ),
    ],
    // Who may ask, and how often.
    &[
        row(
            "allowlist-source-range",
            &["10.0.0.0/8,192.168.1.7", "10.0.0.0/8, 2001:db8::/32", "10.0.0.0/33", "10.0.0.1 10.0.0.2", ""],
            Location,
            "allow",
            to::allowed,
        ),
        row("whitelist-source-range", &["10.0.0.0/8", "office", ""], Location, "allow", to::allowed),
        row(
            "denylist-source-range",
            &["192.168.0.0/16", "10.0.0.1,10.0.0.2", "10.0.0.0/8;10.0.0.1", ""],
            Location,
            "deny",
            to::refused,
        ),
        row("satisfy", &["any", "all", "ANY", "both", ""], Location, "satisfy", to::text),
    ],
    &[
        row("limit-connections", &["10", "0", "+5", "ten", "-1"], Location, "limit_conn", to::connections).read(read::zone),
        row("limit-rps", &["10", "0", "10r/s", "+5"], Location, "limit_req", to::requests).read(read::zone),
        row("limit-rpm", &["60", "0", "60.0"], Location, "limit_req", to::requests).read(read::zone),
        row("limit-burst-multiplier", &["3", "1", "+2", "double"], Location, "limit_req", to::requests).read(read::zone),
        row("limit-rate", &["100", "0", "100k", "-1"], Location, "limit_rate", to::rate),
        row("limit-rate-after", &["500", "0", "1m"], Location, "limit_rate_after", to::rate),
        row("limit-allowlist", &["10.0.0.0/8", "10.0.0.1, 10.1.0.0/16", "home", ""], Allowlist, "", to::unlimited),
        row("limit-whitelist", &["192.168.0.0/16", "office"], Allowlist, "", to::unlimited),
    ],
    // Another service says who may.
    &[
        row(
            "auth-url",
            &[
                "https://auth.example.com/check",
                "http://10.240.0.1:8080/check?of=$host",
                "auth.example.com/check",
                "https:///check",
                "https://auth..example.com/",
            ],
            Auth,
            "set $target",
            to::text,
        ),
        row("auth-method", &["GET", "HEAD", ""], Auth, "proxy_method", to::with_auth),
        row(
            "auth-request-redirect",
            &["https://example.com/", ""],
            Auth,
            "proxy_set_header X-Auth-Request-Redirect",
            to::auth_redirect,
        ),
        row(
            "auth-response-headers",
            &["X-User", "X-User, X-Groups", "x_id,,", "X User", ""],
            Location,
            "auth_request_set",
            to::auth_headers,
        ),
        row(
            "auth-cache-key",
            &["$cookie_user", "$remote_user$http_authorization", ""],
            Auth,
            "set $tmp_cache_key",
            to::with_auth,
        )
        .read(read::cache_key),
        row(
            "auth-cache-duration",
            &["200 202 10m", "200 1m, 401 5s", "200 202 401", "5m 200", ""],
            Auth,
            "proxy_cache_valid",
            to::auth_cache,
        ),
        row("auth-always-set-cookie", BOOLS, Location, "add_header Set-Cookie", to::auth_cookie),
        row(
            "auth-signin",
            &["https://auth.example.com/start", "https://auth.example.com/start?x=y", ""],
            Signin,
            "return 302",
            to::signin,
        ),
        row("auth-signin-redirect-param", &["next", "rd", ""], Signin, "return 302", to::signin),
        row(
            "auth-proxy-set-headers",
            &["predictions/headers", "headers", "a/b/c", ""],
            Auth,
            "proxy_set_header X-Predicted",
            to::auth_sent,
        ),
        never("auth-snippet", SNIPPET),
        never("auth-keepalive", KEEPALIVE),
        never("auth-keepalive-requests", KEEPALIVE),
        never("auth-keepalive-share-vars", KEEPALIVE),
        never("auth-keepalive-timeout", KEEPALIVE),
        never("enable-global-auth", "the laboratory's ConfigMap has no global-auth-url, which this would switch off"),
    ],
    // Passwords and certificates do.
    &[
        row("auth-type", &["basic", "Basic", "none", ""], Location, "auth_basic", to::realm),
        row("auth-secret", &["users", "predictions/users", "a/b/c"], Location, "auth_basic_user_file", to::users)
            .read(read::file),
        row("auth-secret-type", &["auth-file", "auth-map", "file", ""], Location, "auth_basic_user_file", to::users)
            .read(read::file),
        row("auth-realm", &["Members only", ""], Location, "auth_basic", to::realm),
    ],
    &[
        row("auth-tls-secret", &["predictions/ca", "ca", "a/b/c", ""], Server, "ssl_client_certificate", to::file_if_said)
            .read(read::file),
        row(
            "auth-tls-verify-client",
            &["on", "off", "optional", "optional_no_ca", "yes", ""],
            Server,
            "ssl_verify_client",
            to::with_client_ca,
        ),
        row("auth-tls-verify-depth", &["2", "0", "+3", "two"], Server, "ssl_verify_depth", to::client_depth),
        row("auth-tls-error-page", &["https://example.com/denied", ""], Server, "error_page 495 496 =", to::with_client_ca),
        row("auth-tls-match-cn", &["CN=shop", ""], Server, "if ( $ssl_client_s_dn", to::client_names),
        row("auth-tls-pass-certificate-to-upstream", BOOLS, Location, "{}_set_header ssl-client-cert", to::client_certificate),
        row("ssl-ciphers", &["HIGH:!aNULL", ""], Server, "ssl_ciphers", to::text),
        row("ssl-prefer-server-ciphers", BOOLS, Server, "ssl_prefer_server_ciphers", to::on_off_if_said),
    ],
    // TLS to the pods.
    &[
        row(
            "proxy-ssl-secret",
            &["predictions/ca", "predictions/ca", "ca", "a/b/c", ""],
            Location,
            "proxy_ssl_trusted_certificate",
            to::file_if_said,
        )
        .read(read::file),
        row("proxy-ssl-ciphers", &["HIGH:!aNULL", ""], Location, "proxy_ssl_ciphers", to::with_pod_ca),
        row("proxy-ssl-name", &["shop.default.svc", ""], Location, "proxy_ssl_name", to::with_pod_ca),
        row("proxy-ssl-protocols", &["TLSv1.3", "TLSv1.3 TLSv1.2", ""], Location, "proxy_ssl_protocols", to::pod_protocols),
        row("proxy-ssl-server-name", &["on", "off", "true", ""], Location, "proxy_ssl_server_name", to::with_pod_ca),
        row("proxy-ssl-verify", &["on", "off", "true", ""], Location, "proxy_ssl_verify", to::verified),
        row("proxy-ssl-verify-depth", &["2", "0", "+3", "two"], Location, "proxy_ssl_verify_depth", to::pod_depth),
    ],
    // Cookies and headers.
    &[
        row("proxy-cookie-domain", &["app.lab example.com", "off", ""], Location, "proxy_cookie_domain", to::text),
        row("proxy-cookie-path", &["/app /", "off", ""], Location, "proxy_cookie_path", to::text),
        never(
            "custom-headers",
            "the laboratory's ConfigMap allows no header (global-allowed-response-headers), so that every path would answer 503",
        ),
        never("affinity", LUA),
        never("affinity-canary-behavior", LUA),
        never("affinity-mode", LUA),
        never("session-cookie-change-on-failure", LUA),
        never("session-cookie-conditional-samesite-none", LUA),
        never("session-cookie-domain", LUA),
        never("session-cookie-expires", LUA),
        never("session-cookie-max-age", LUA),
        never("session-cookie-name", LUA),
        never("session-cookie-path", LUA),
        never("session-cookie-samesite", LUA),
        never("session-cookie-secure", LUA),
    ],
    // Other sites.
    &[
        row("enable-cors", BOOLS, Location, "if ($request_method", to::cors),
        row(
            "cors-allow-origin",
            &["https://a.example.com", "*", "https://a.example.com, *", ""],
            Location,
            "set $http_origin",
            to::cors_origin,
        ),
        row(
            "cors-allow-methods",
            &["GET, POST", "GET;POST", ""],
            Location,
            "more_set_headers Access-Control-Allow-Methods:",
            to::cors_text,
        ),
        row(
            "cors-allow-headers",
            &["X-A,X-B", "X-A;X-B", ""],
            Location,
            "more_set_headers Access-Control-Allow-Headers:",
            to::cors_text,
        ),
        row(
            "cors-expose-headers",
            &["X-Total, X-Page", "*", "X-A;X-B", ""],
            Location,
            "more_set_headers Access-Control-Expose-Headers:",
            to::cors_text,
        ),
        row(
            "cors-allow-credentials",
            BOOLS,
            Location,
            "more_set_headers Access-Control-Allow-Credentials:",
            to::cors_credentials,
        ),
        row("cors-max-age", &["600", "+600", "10m", ""], Location, "more_set_headers Access-Control-Max-Age:", to::cors_number),
    ],
    // Copies and logs.
    &[
        row(
            "mirror-target",
            &["http://10.240.0.1:8080$request_uri", "https://copy.example.com/$host$request_uri", ""],
            Mirror,
            "proxy_pass",
            to::mirror_target,
        ),
        row("mirror-host", &["copy.example.com", ""], Mirror, "proxy_set_header Host", to::mirror_host),
        row("mirror-request-body", &["on", "off", "no", ""], Location, "mirror_request_body", to::mirror_body),
        row("enable-access-log", BOOLS, Location, "access_log", to::off),
        row("enable-rewrite-log", BOOLS, Location, "rewrite_log", to::on),
        row("http2-push-preload", BOOLS, Location, "http2_push_preload", to::on),
        never("enable-modsecurity", MODSECURITY),
        never("enable-owasp-core-rules", MODSECURITY),
        never("modsecurity-snippet", MODSECURITY),
        never("modsecurity-transaction-id", MODSECURITY),
        never("enable-opentelemetry", TRACING),
        never("opentelemetry-operation-name", TRACING),
        never("opentelemetry-trust-incoming-span", TRACING),
        never("configuration-snippet", SNIPPET),
        never("server-snippet", SNIPPET),
        never("stream-snippet", SNIPPET),
        never("canary", CANARY),
        never("canary-by-cookie", CANARY),
        never("canary-by-header", CANARY),
        never("canary-by-header-pattern", CANARY),
        never("canary-by-header-value", CANARY),
        never("canary-weight", CANARY),
        never("canary-weight-total", CANARY),
    ],
];
