//! nginx refuses exactly those texts of the ConfigMap of the F5 controller that no502 calls poison, and takes those that pass.

use no502::dialect::f5_nginx::F5Nginx;
use no502::model::Version;

use super::config_map::{Key, agree};

/// The directives of `nginx.tmpl` and of `nginx.ingress.tmpl` of v5.5.4, with texts in the place of the keys.
const TEMPLATE: &str = "
worker_processes {worker-processes};
[worker_rlimit_nofile {worker-rlimit-nofile};]
[worker_shutdown_timeout {worker-shutdown-timeout};]
error_log stderr {error-log-level};
events { worker_connections {worker-connections}; }
http {
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    access_log off;
    map_hash_max_size {map-hash-max-size};
    map_hash_bucket_size {map-hash-bucket-size};
    keepalive_timeout {keepalive-timeout};
    keepalive_requests {keepalive-requests};
    server_names_hash_max_size {server-names-hash-max-size};
    [server_names_hash_bucket_size {server-names-hash-bucket-size};]
    [ssl_protocols {ssl-protocols};]
    upstream web {
        zone web {upstream-zone-size};
        server 127.0.0.1:9 max_fails={max-fails} fail_timeout={fail-timeout} max_conns=0;
    }
    server {
        listen 127.0.0.1:1;
        <set-real-ip-from|set_real_ip_from>
        <proxy-hide-headers|proxy_hide_header>
        <proxy-pass-headers|proxy_pass_header>
        location / {
            proxy_connect_timeout {proxy-connect-timeout};
            proxy_read_timeout {proxy-read-timeout};
            proxy_send_timeout {proxy-send-timeout};
            client_max_body_size {client-max-body-size};
            [proxy_buffers {proxy-buffers};]
            [proxy_buffer_size {proxy-buffer-size};]
            [proxy_busy_buffers_size {proxy-busy-buffers-size};]
            [proxy_max_temp_file_size {proxy-max-temp-file-size};]
            proxy_pass http://web;
        }
        location /nothing {
            [return {default-server-return};]
        }
    }
}
";

/// What holds without the key, and texts that nginx refuses and takes.
const KEYS: &[Key] = &[
    ("client-max-body-size", "1m", &["8mb", "8 m", "-1", ""], &["8m", "1g", "0", "1048576"]),
    ("default-server-return", "404", &["nothing", "1000", "404 no such page"], &["302 https://shop.example.com/", "444", ""]),
    ("error-log-level", "notice", &["warning", "5"], &["debug", "emerg", ""]),
    ("fail-timeout", "10s", &["500ms", "ten", "10 s", ""], &["1m30s", "0", "1M"]),
    ("keepalive-requests", "1000", &["-1"], &["0", "1"]),
    ("keepalive-timeout", "75s", &["75sec", "1M", "75s 1 2", ""], &["0", "620", "75s 60s", "75s\n"]),
    ("map-hash-bucket-size", "256", &["1k", ""], &["128"]),
    ("map-hash-max-size", "2048", &["-1", "2k", ""], &["4096"]),
    ("max-fails", "1", &["-1"], &["0", "3"]),
    ("proxy-buffer-size", "", &["16k"], &["8k", "14k"]),
    ("proxy-buffers", "", &["2 4k", "8 0", "0 8k"], &["8 16k", "3 4k"]),
    ("proxy-busy-buffers-size", "", &["1k", "64k"], &["8k", "28k"]),
    ("proxy-connect-timeout", "60s", &["1 minute", "5M", ""], &["0", "1500ms"]),
    ("proxy-hide-headers", "X-Powered-By", &["X-One,", "X-One,,X-Two", "X-One X-Two", ""], &["X-One, X-Two"]),
    ("proxy-max-temp-file-size", "", &["1g", "16kb", "1k"], &["0", "512m"]),
    ("proxy-pass-headers", "Server", &["Server,", "X-One X-Two"], &["Server,Date"]),
    ("proxy-read-timeout", "60s", &["60sec", "1h 30m", "-1", "1y"], &["1h30m", "3600", "60s\n"]),
    ("proxy-send-timeout", "60s", &["s", "1.5s"], &["1m"]),
    ("server-names-hash-bucket-size", "256", &["1k"], &["512", ""]),
    ("server-names-hash-max-size", "1024", &["big", ""], &["4096"]),
    (
        "set-real-ip-from",
        "10.0.0.0/8",
        &["10.0.0.0/33", "10.0.0.0/8,", "10.0.0.1 10.0.0.2", ""],
        &["::/0", "10.0.0.1, 10.1.0.0/16"],
    ),
    ("ssl-protocols", "TLSv1.2", &["TLSv1.4", "TLSv1.2,TLSv1.3", "TLS1.2"], &["TLSv1.2 TLSv1.3", "tlsv1.3", ""]),
    ("upstream-zone-size", "256k", &["31k", "1 m", "1g", ""], &["32k", "1m"]),
    ("worker-connections", "1024", &["10k", ""], &["65536"]),
    ("worker-processes", "auto", &["-1"], &["4"]),
    ("worker-rlimit-nofile", "", &["64k"], &["65536"]),
    ("worker-shutdown-timeout", "", &["4 minutes", "forever"], &["240s", "1d"]),
];

/// The file with this text, as the templates leave lines out and repeat them.
fn rendered(key: &str, text: &str) -> String {
    let mut file = String::new();
    for line in TEMPLATE.lines() {
        let (mut line, mut is_empty) = (line.to_owned(), false);
        for (name, default, ..) in KEYS {
            let own = if *name == key { text } else { default };
            let (place, list) = (format!("{{{name}}}"), format!("<{name}|"));
            is_empty |= line.contains(&place) && own.is_empty();
            line = line.replace(&place, own);
            if let Some((_, directive)) = line.trim().trim_end_matches('>').split_once(&*list) {
                line = format!("{directive} {};", own.split(',').collect::<Vec<_>>().join(&format!(";\n{directive} ")));
            }
        }
        let optional = line.trim().strip_prefix('[').and_then(|line| line.strip_suffix(']')).map(str::to_owned);
        match optional {
            Some(_) if is_empty => {}
            Some(own) => file.push_str(&own),
            None => file.push_str(&line),
        }
        file.push('\n');
    }
    file
}

#[test]
fn both_agree_on_the_texts_of_the_config_map() {
    agree(KEYS, rendered, &F5Nginx, Version(5, 5, 4));
}
