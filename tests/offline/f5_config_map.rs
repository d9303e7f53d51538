//! What the F5 dialect makes of the keys of the ConfigMap, and what it knows from them.

use std::collections::BTreeSet;

use no502::dialect::Dialect;
use no502::dialect::f5_nginx::{F5Nginx, page};
use no502::model::{Global, Labels, Version};
use no502::units::Duration;
use serde_json::{Value, json};

use crate::annotations::shown;
use crate::f5_nginx::{VERSIONS, cells, read, said};

/// Texts from the project's own documentation and examples, and their like: every key has one.
const HEALTHY: &[(&str, &[&str])] = &[
    ("access-log", &["syslog:server=10.0.0.7:514 main"]),
    ("access-log-off", &["True", "false"]),
    ("add-header", &["X-Frame-Options:DENY:always,X-Team:shop"]),
    ("add-header-inherit", &["merge", "Off"]),
    ("app-protect-compressed-requests-action", &["drop"]),
    ("app-protect-cookie-seed", &["ABCDEFGHIJKLMNOP"]),
    ("app-protect-cpu-thresholds", &["high=80 low=60"]),
    ("app-protect-dos-arb-fqdn", &["arb.example.com"]),
    ("app-protect-dos-log-format", &["$remote_addr - \"$request\""]),
    ("app-protect-dos-log-format-escaping", &["json"]),
    ("app-protect-failure-mode-action", &["pass"]),
    ("app-protect-physical-memory-util-thresholds", &["high=100 low=100"]),
    ("app-protect-reconnect-period-seconds", &["0.5"]),
    ("client-body-buffer-size", &["16k", "8192"]),
    ("client-max-body-size", &["0", "8m", "2g"]),
    ("default-server-access-log-off", &["true"]),
    ("default-server-return", &["404", "444", "302 https://nginx.org", "404 \"nothing here\""]),
    ("disable-forwarded-headers", &["true"]),
    ("error-log-level", &["error", "debug"]),
    ("external-status-address", &["203.0.113.7"]),
    ("fail-timeout", &["10s", "0"]),
    ("hsts", &["true"]),
    ("hsts-behind-proxy", &["t"]),
    ("hsts-include-subdomains", &["1"]),
    ("hsts-max-age", &["31536000"]),
    ("http-redirect-code", &["308"]),
    ("http-snippets", &["map $uri $target {\n  default 0;\n}\n"]),
    ("http2", &["true"]),
    ("ingress-template", &["server {}"]),
    ("keepalive", &["32", "0"]),
    ("keepalive-requests", &["10000"]),
    ("keepalive-timeout", &["75s", "620", "75s 60s", "$idle"]),
    ("lb-method", &["round_robin", "least_time header", "hash $request_uri consistent"]),
    ("location-snippets", &["proxy_set_header X-Team shop;"]),
    ("log-format", &["'$remote_addr - $remote_user'\n'\"$request\"'"]),
    ("log-format-escaping", &["json"]),
    ("main-snippets", &["load_module modules/ngx_http_geoip_module.so;"]),
    ("main-template", &["worker_processes 1;"]),
    ("map-hash-bucket-size", &["512"]),
    ("map-hash-max-size", &["4096"]),
    ("max-fails", &["0", "5"]),
    ("oidc-access-tokens-timeout", &["1h"]),
    ("oidc-access-tokens-zone-size", &["2M"]),
    ("oidc-id-tokens-timeout", &["30m"]),
    ("oidc-id-tokens-zone-size", &["1M"]),
    ("oidc-pkce-timeout", &["90s"]),
    ("oidc-pkce-zone-size", &["128K"]),
    ("oidc-refresh-tokens-timeout", &["8h"]),
    ("oidc-refresh-tokens-zone-size", &["1M"]),
    ("oidc-sids-timeout", &["8h"]),
    ("oidc-sids-zone-size", &["1M"]),
    ("otel-exporter-endpoint", &["otel-collector.default.svc.cluster.local:4317"]),
    ("otel-exporter-header-name", &["X-Team"]),
    ("otel-exporter-header-value", &["shop"]),
    ("otel-service-name", &["ingress"]),
    ("otel-trace-in-http", &["true"]),
    ("proxy-buffer-size", &["8k"]),
    ("proxy-buffering", &["false"]),
    ("proxy-buffers", &["8 16k", "4 8K"]),
    ("proxy-busy-buffers-size", &["16k"]),
    ("proxy-connect-timeout", &["10s"]),
    ("proxy-hide-headers", &["Server,X-Powered-By"]),
    ("proxy-max-temp-file-size", &["0", "2048m"]),
    ("proxy-pass-headers", &["Server"]),
    ("proxy-protocol", &["true"]),
    ("proxy-read-timeout", &["3600s", "1h30m", "300"]),
    ("proxy-send-timeout", &["60s"]),
    ("real-ip-header", &["proxy_protocol", "X-Forwarded-For"]),
    ("real-ip-recursive", &["true"]),
    ("redirect-to-https", &["true"]),
    ("resolver-addresses", &["kube-dns.kube-system.svc.cluster.local"]),
    ("resolver-ipv6", &["false"]),
    ("resolver-timeout", &["5s"]),
    ("resolver-valid", &["5s"]),
    ("server-names-hash-bucket-size", &["128"]),
    ("server-names-hash-max-size", &["2048"]),
    ("server-snippets", &["location /ping {\n  return 200;\n}"]),
    ("server-tokens", &["False", "build"]),
    ("set-real-ip-from", &["0.0.0.0/0", "192.168.0.0/16, 10.1.2.3", "fd00::/8", "unix:", "proxy.example.com"]),
    ("ssl-ciphers", &["HIGH:!aNULL:!MD5"]),
    ("ssl-dhparam-file", &["-----BEGIN DH PARAMETERS-----"]),
    ("ssl-prefer-server-ciphers", &["True"]),
    ("ssl-protocols", &["TLSv1.2 TLSv1.3", "TLSv1 TLSv1.1 TLSv1.2"]),
    ("ssl-redirect", &["False"]),
    ("stream-log-format", &["'$remote_addr'"]),
    ("stream-log-format-escaping", &["default"]),
    ("stream-snippets", &["log_format one '$remote_addr';"]),
    ("transportserver-template", &["server {}"]),
    ("upstream-zone-size", &["0", "512k"]),
    ("variables-hash-bucket-size", &["256"]),
    ("variables-hash-max-size", &["4096"]),
    ("virtualserver-template", &["server {}"]),
    ("worker-connections", &["65536"]),
    ("worker-cpu-affinity", &["auto", "0001 0010"]),
    ("worker-processes", &["auto", "4"]),
    ("worker-rlimit-nofile", &["131072"]),
    ("worker-shutdown-timeout", &["5m"]),
    ("zone-sync", &["true"]),
    ("zone-sync-port", &["12345"]),
    ("zone-sync-resolver-addresses", &["kube-dns.kube-system.svc.cluster.local"]),
    ("zone-sync-resolver-ipv6", &["false"]),
    ("zone-sync-resolver-valid", &["5s"]),
];

/// What is said of a key of the `ConfigMap` beside others.
fn said_of(name: &str, texts: &Value, version: Option<Version>) -> String {
    let texts = Labels::read(texts);
    let gateway = F5Nginx.gateway(version, Global::Known(&texts));
    let notes = F5Nginx.read_global(&texts, &gateway);
    let own: Vec<String> = notes.iter().filter(|note| *note.key == *name).map(|note| shown(&note.kind)).collect();
    if own.is_empty() { "-".to_owned() } else { own.join(", ") }
}

#[test]
fn no_healthy_text_of_the_config_map_is_found_fault_with() {
    let mut seen = BTreeSet::new();
    for &(name, texts) in HEALTHY {
        seen.insert(name);
        for text in texts {
            for version in [None, Some(Version(5, 6, 0))] {
                assert_eq!(said_of(name, &json!({ name: text }), version), "-", "{name}: {text:?} in {version:?}");
            }
        }
    }
    assert_eq!(seen, cells(&page(), "## Keys of the ConfigMap").collect());
}

#[test]
fn a_key_of_the_config_map_is_judged_by_who_reads_it() {
    let [unknown, old, new] = VERSIONS;
    for (name, text, version, wanted) in [
        ("http2", "on", new, "ignored: false -> true"),
        ("http2", "", new, "-"),
        ("proxy-read-timeout", "60 s", unknown, "poison"),
        ("proxy-read-timeout", "", unknown, "poison"),
        ("worker-shutdown-timeout", "", unknown, "-"),
        ("proxy-buffers", "8 16kb", unknown, "-"),
        ("proxy-buffers", "8 16kb", Some(Version(5, 1, 1)), "poison"),
        ("proxy-buffers", "8 16kb", old, "ignored"),
        ("max-fails", "-1", unknown, "poison"),
        ("http-redirect-code", "301", old, "unknown"),
        ("http-redirect-code", "303", unknown, "-"),
        ("http-redirect-code", "303", new, "ignored: 301"),
        ("proxy-next-upstream", "off", new, "unknown"),
        ("nginx.org/http2", "true", new, "unknown"),
        ("proxy-body-size", "8m", new, "unknown"),
        ("opentracing", "true", unknown, "-"),
        ("opentracing", "true", new, "unknown"),
        ("license-token-secret-name", "license-token", new, "-"),
    ] {
        assert_eq!(said_of(name, &json!({ name: text }), version), wanted, "{name}: {text:?} in {version:?}");
    }
}

#[test]
fn what_a_template_or_a_snippet_may_say_otherwise_is_not_judged() {
    let of = |name: &str, texts: Value| said_of(name, &texts, VERSIONS[2]);
    assert_eq!(of("fail-timeout", json!({"fail-timeout": "never"})), "poison");
    assert_eq!(of("fail-timeout", json!({"fail-timeout": "never", "main-template": "events {}"})), "-");
    assert_eq!(of("proxy-buffer-size", json!({"proxy-buffer-size": "16k"})), "poison");
    let snippet = "proxy_busy_buffers_size 24k;";
    assert_eq!(of("proxy-buffer-size", json!({"proxy-buffer-size": "16k", "http-snippets": snippet})), "-");
    let beside = |snippet| said("proxy-buffer-size", &[("proxy-buffer-size", "16k"), snippet], VERSIONS[2], Global::None);
    assert_eq!(beside(("location-snippets", snippet)), "-");
    assert_eq!(beside(("location-snippets", "proxy_set_header X-Team shop;")), "poison");
}

#[test]
fn what_is_known_of_bodies_and_idle_connections() {
    let large = Labels::read(&json!({"client-max-body-size": "2g", "keepalive": "32", "keepalive-timeout": "65s 60s"}));
    let bodies = |annotations: &[(&str, &str)], global| {
        read(annotations, VERSIONS[2], global).settings.body_limit.value().map(ToString::to_string)
    };
    assert_eq!(bodies(&[], Global::None).as_deref(), Some("1m"));
    assert_eq!(bodies(&[("client-max-body-size", "8m")], Global::Known(&large)).as_deref(), Some("8m"));
    assert_eq!(bodies(&[], Global::Known(&large)).as_deref(), Some("2048m"));
    assert_eq!(bodies(&[("mergeable-ingress-type", "minion")], Global::Known(&large)), None, "its master may say it");
    let http2 = Labels::read(&json!({"http2": "true", "client-max-body-size": "2g"}));
    assert_eq!(
        bodies(&[("grpc-services", "web,api")], Global::Known(&http2)).as_deref(),
        Some("1m"),
        "it is not written for gRPC"
    );

    let idle = |annotations: &[(&str, &str)], version, global| {
        read(annotations, version, global).settings.upstream_idle.value().map(|idle| idle.as_secs_ceil())
    };
    let [unknown, old, new] = VERSIONS;
    assert_eq!(idle(&[], old, Global::None), Some(0));
    assert_eq!(idle(&[], new, Global::None), None, "NGINX keeps them unasked, and NGINX Plus may not");
    assert_eq!(idle(&[], unknown, Global::None), None);
    assert_eq!(idle(&[("keepalive", "32")], unknown, Global::None), Some(60));
    assert_eq!(idle(&[], unknown, Global::Known(&large)), Some(60));
    assert_eq!(idle(&[("keepalive", "32"), ("websocket-services", "web,api")], new, Global::None), Some(0));
    assert_eq!(idle(&[("keepalive", "32"), ("websocket-services", "api")], new, Global::None), Some(60));
    assert_eq!(F5Nginx.client_idle(Global::Known(&large)).value(), Some(&Duration::from_secs(65)));
    assert_eq!(F5Nginx.client_idle(Global::None).value(), Some(&Duration::from_secs(75)));
}
