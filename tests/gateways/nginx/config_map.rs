//! nginx refuses exactly those texts of the ConfigMap that no502 calls poison.

use no502::dialect::Dialect;
use no502::dialect::ingress_nginx::IngressNginx;
use no502::model::{Global, Labels, NoteKind, Version};
use serde_json::{Map, json};

use super::refusal;

/// The directives of `nginx.tmpl` with these texts in the place of the keys, numbers as Go decodes them.
const TEMPLATE: &str = "
worker_shutdown_timeout {worker-shutdown-timeout} ;
events {}
http {
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    access_log off;
    keepalive_timeout {keep-alive}s;
    keepalive_requests {keep-alive-requests};
    client_header_buffer_size {client-header-buffer-size};
    client_header_timeout {client-header-timeout}s;
    large_client_header_buffers {large-client-header-buffers};
    client_body_buffer_size {client-body-buffer-size};
    client_body_timeout {client-body-timeout}s;
    limit_req_status {limit-req-status-code};
    limit_conn_status {limit-conn-status-code};
    upstream balancer {
        server 127.0.0.1:1;
        keepalive 320;
        keepalive_time {upstream-keepalive-time};
        keepalive_timeout {upstream-keepalive-timeout}s;
        keepalive_requests {upstream-keepalive-requests};
    }
    server {
        listen 127.0.0.1:1;
        error_page {custom-http-errors} = @errors;
        location @errors { return 500; }
        location / {
            proxy_connect_timeout {proxy-connect-timeout}s;
            proxy_send_timeout {proxy-send-timeout}s;
            proxy_read_timeout {proxy-read-timeout}s;
            proxy_buffering {proxy-buffering};
            proxy_buffer_size {proxy-buffer-size};
            proxy_buffers {proxy-buffers-number} {proxy-buffer-size};
            proxy_request_buffering {proxy-request-buffering};
            proxy_http_version {proxy-http-version};
            proxy_next_upstream {proxy-next-upstream};
            proxy_next_upstream_timeout {proxy-next-upstream-timeout};
            proxy_next_upstream_tries {proxy-next-upstream-tries};
            proxy_pass http://balancer;
        }
    }
}
";

/// What holds without the key, and texts that nginx refuses and takes.
const KEYS: &[Key] = &[
    ("client-body-buffer-size", "8k", &["8kb", "8 k", "1g", "-1"], &["16k", "8192", "1M"]),
    ("client-body-timeout", "60", &["-1"], &["0", "5"]),
    ("client-header-buffer-size", "1k", &["1 kb", "one"], &["2k", "1024"]),
    ("client-header-timeout", "60", &["-60"], &["0"]),
    ("custom-http-errors", "503", &["499", "200", "600"], &["404", "599"]),
    ("keep-alive", "75", &["-1"], &["0", "620"]),
    ("keep-alive-requests", "1000", &["-1"], &["0", "1"]),
    ("large-client-header-buffers", "4 8k", &["16k", "0 8k", "4 8kb", "4 8k 1"], &["4 16k", "8  1m"]),
    ("limit-conn-status-code", "503", &["200", "600"], &["429"]),
    ("limit-req-status-code", "503", &["399"], &["400", "599"]),
    ("proxy-buffer-size", "4k", &["16kb", "0", "1g"], &["16k"]),
    ("proxy-buffering", "off", &["true", "yes"], &["on", "OFF"]),
    ("proxy-buffers-number", "4", &["1", "2", "-4"], &["3", "8"]),
    ("proxy-connect-timeout", "5", &["-5"], &["0"]),
    ("proxy-http-version", "1.1", &["1", "2", "3.0"], &["1.0"]),
    ("proxy-next-upstream", "error timeout", &["error,timeout", "http_418"], &["error timeout http_502", "off"]),
    ("proxy-next-upstream-timeout", "0", &["-1"], &["10"]),
    ("proxy-next-upstream-tries", "3", &["-1"], &["0"]),
    ("proxy-read-timeout", "60", &["-1"], &["3600"]),
    ("proxy-request-buffering", "on", &["false"], &["off", "On"]),
    ("proxy-send-timeout", "60", &["-1"], &["0"]),
    ("upstream-keepalive-requests", "10000", &["-1"], &["100"]),
    ("upstream-keepalive-time", "1h", &["1 hour", "1x", "1h 30m"], &["3600", "1h30m", "500ms"]),
    ("upstream-keepalive-timeout", "60", &["-1"], &["4"]),
    ("worker-shutdown-timeout", "240s", &["4 minutes", "forever"], &["4m", "240", "1d"]),
];

fn rendered(key: &str, text: &str) -> String {
    KEYS.iter().fold(TEMPLATE.to_owned(), |file, (name, default, ..)| {
        file.replace(&format!("{{{name}}}"), if *name == key { text } else { default })
    })
}

#[test]
fn both_agree_on_the_texts_of_the_config_map() {
    agree(KEYS, rendered, &IngressNginx, Version(1, 15, 1));
}

/// A key of a `ConfigMap`, its default, and texts that nginx refuses and takes.
pub(crate) type Key = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

/// Asks both of each text: nginx of a file with it, and no502 of the `ConfigMap` of this version of the controller.
pub(crate) fn agree(keys: &[Key], rendered: impl Fn(&str, &str) -> String, dialect: &dyn Dialect, version: Version) {
    let is_poison = |key: &str, text: &str| {
        let texts = Labels::read(&json!(Map::from_iter([(key.to_owned(), json!(text))])));
        let notes = dialect.read_global(&texts, &dialect.gateway(Some(version), Global::Known(&texts)));
        notes.iter().any(|note| matches!(note.kind, NoteKind::Poison { .. }))
    };
    let mut faults = Vec::new();
    for (key, default, bad, good) in keys {
        let texts = bad.iter().map(|text| (*text, true)).chain(good.iter().chain([default]).map(|text| (*text, false)));
        for (text, wanted) in texts {
            let refused = refusal(&rendered(key, text));
            if refused.is_some() != wanted || is_poison(key, text) != wanted {
                faults.push(format!("{key} {text:?}: no502 poison: {}, nginx: {refused:?}", is_poison(key, text)));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
