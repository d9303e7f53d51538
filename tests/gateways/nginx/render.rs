//! The part of ingress-nginx that stands between an annotation and a directive, written a second time, so that it can disagree
//! with the dialect. Held against `internal/ingress/annotations` and `nginx.tmpl` of the commit that the laboratory builds;
//! `proxy-busy-buffers-size`, which is newer than that, after its description. What both misread in the same way, no test here
//! finds: for that the controller itself would have to write the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

use no502::model::{Protocol, RouteSettings, Setting};
use no502::units::Duration;

/// Annotations by their names without the prefix.
pub(super) type Annotations = BTreeMap<&'static str, String>;

/// What the template needs to know for the directives that bear on time, retries and buffers.
struct Values {
    connect: i64,
    send: i64,
    read: i64,
    retry_time: i64,
    conditions: String,
    tries: i64,
    buffer: String,
    buffers: i64,
    busy: String,
    temp: String,
}

impl Values {
    /// What the controller makes of annotations, beside its own defaults.
    fn read(annotations: &Annotations) -> Self {
        let size = |name: &str, default: &str| match annotations.get(name).map(String::as_str) {
            Some(text) if is_size(text) => text.to_owned(),
            _ => default.to_owned(),
        };
        let conditions = annotations.get("proxy-next-upstream").filter(|text| are_conditions(text));
        Self {
            connect: number(annotations, "proxy-connect-timeout", 5),
            send: number(annotations, "proxy-send-timeout", 60),
            read: number(annotations, "proxy-read-timeout", 60),
            retry_time: number(annotations, "proxy-next-upstream-timeout", 0),
            conditions: conditions.map_or("error timeout", String::as_str).to_owned(),
            tries: number(annotations, "proxy-next-upstream-tries", 3),
            buffer: size("proxy-buffer-size", "4k"),
            buffers: number(annotations, "proxy-buffers-number", 4),
            busy: size("proxy-busy-buffers-size", ""),
            temp: size("proxy-max-temp-file-size", "1024m"),
        }
    }

    /// What no502 says that holds.
    fn held(settings: &RouteSettings) -> Self {
        let seconds = |setting: &Setting<Duration>| i64::try_from(known(setting).as_secs_ceil()).unwrap();
        Self {
            connect: seconds(&settings.connect),
            send: seconds(&settings.send),
            read: seconds(&settings.read),
            retry_time: seconds(&settings.retry_timeout),
            conditions: known(&settings.retry_conditions).to_string(),
            tries: i64::from(*known(&settings.retry_tries)),
            // It is not known where it does not count.
            buffer: settings.header_buffer.value().map_or_else(|| "4k".to_owned(), ToString::to_string),
            ..Self::read(&Annotations::new())
        }
    }

    fn directives(&self) -> String {
        let Self { connect, send, read, retry_time, conditions, tries, buffer, buffers, busy, temp } = self;
        let mut text = format!(
            "proxy_connect_timeout {connect}s;\nproxy_send_timeout {send}s;\nproxy_read_timeout {read}s;\n\
             proxy_buffering off;\nproxy_buffer_size {buffer};\nproxy_buffers {buffers} {buffer};\n"
        );
        if !busy.is_empty() {
            let _ = writeln!(text, "proxy_busy_buffers_size {busy};");
        }
        // isValidByteSize of template.go looks at it once more, with a g and without blanks.
        let digits = temp.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G']).unwrap_or(temp);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let _ = writeln!(text, "proxy_max_temp_file_size {temp};");
        }
        let _ = writeln!(
            text,
            "proxy_next_upstream {conditions};\nproxy_next_upstream_timeout {retry_time};\nproxy_next_upstream_tries {tries};"
        );
        text
    }
}

/// What has to be known here: a test that would have to guess is wrong.
fn known<T>(setting: &Setting<T>) -> &T {
    setting.value().expect("no502 knows what holds")
}

/// The location of an Ingress with these annotations.
pub(super) fn location(annotations: &Annotations) -> String {
    let mut text = Values::read(annotations).directives();
    if let Some(text_of) = annotations.get("proxy-cookie-path") {
        let _ = writeln!(text, "proxy_cookie_path {text_of};");
    }
    if let Some(value) = annotations.get("connection-proxy-header") {
        let _ = writeln!(text, "proxy_set_header Connection {value};");
    }
    if let Some(target) = annotations.get("rewrite-target") {
        let _ = writeln!(text, "rewrite \"(?i)/\" {target} break;");
    }
    if let Some(codes) = annotations.get("custom-http-errors") {
        let codes = codes.split(',').map(str::trim).filter(|code| !code.is_empty());
        text.extend(codes.map(|code| format!("error_page {code} = @custom;\n")));
    }
    if annotations.contains_key("limit-rps") {
        let burst = 5 * number(annotations, "limit-burst-multiplier", 5);
        let _ = writeln!(text, "limit_req zone=limit burst={burst} nodelay;");
    }
    text
}

/// A whole file around a location.
pub(super) fn file(location: &str) -> String {
    whole(&format!(
        "limit_req_zone $binary_remote_addr zone=limit:1m rate=5r/s;\nupstream upstream_balancer {{ server 127.0.0.1:9; }}\n\
         server {{\nlisten unix:nginx.sock;\nlocation @custom {{ return 200; }}\nlocation / {{\n{location}\
         proxy_pass http://upstream_balancer;\n}}\n}}\n"
    ))
}

/// A whole file that serves: what no502 says of the route of an Ingress, in front of pods. `plain` takes HTTP/1 and `http2` HTTP/2,
/// which nginx takes on one port since 1.25 only. `tries.log` tells for each request how much was sent at each try.
pub(super) fn site(settings: &RouteSettings, pods: &[SocketAddr], plain: SocketAddr, http2: SocketAddr) -> String {
    let mut upstream = String::new();
    for pod in pods {
        // The balancer of the template is written in Lua and forgets what failed.
        let _ = writeln!(upstream, "server {pod} max_fails=0;");
    }
    let idle = known(&settings.upstream_idle).as_secs_ceil();
    if idle > 0 {
        let _ = writeln!(upstream, "keepalive 320;\nkeepalive_time 1h;\nkeepalive_timeout {idle}s;\nkeepalive_requests 10000;");
    }
    let without = if idle > 0 { "''" } else { "close" };
    whole(&format!(
        "log_format tries '$request_method $upstream_bytes_sent';\n\
         map $http_upgrade $connection_upgrade {{ default upgrade; '' {without}; }}\nupstream upstream_balancer {{\n{upstream}}}\n\
         server {{\nlisten {plain};\nlisten {http2} http2;\naccess_log tries.log tries;\nlocation / {{\n{}{}}}\n}}\n",
        Values::held(settings).directives(),
        pass(settings)
    ))
}

/// How the template hands a request on.
fn pass(settings: &RouteSettings) -> String {
    let (kind, scheme) = match known(&settings.protocol) {
        Protocol::Http => ("proxy", "http"),
        Protocol::Https => ("proxy", "https"),
        Protocol::Grpc => ("grpc", "grpc"),
        Protocol::Grpcs => ("grpc", "grpcs"),
        Protocol::Other => panic!("no test speaks another protocol"),
    };
    let connection = if *known(&settings.upgrades) { "$connection_upgrade" } else { "close" };
    let mut text = format!(
        "{kind}_set_header Host $http_host;\n{kind}_set_header Upgrade $http_upgrade;\n{kind}_set_header Connection {connection};\n"
    );
    if kind == "grpc" {
        let Values { connect, send, read, .. } = Values::held(settings);
        let _ = writeln!(text, "grpc_connect_timeout {connect}s;\ngrpc_send_timeout {send}s;\ngrpc_read_timeout {read}s;");
    } else {
        text.push_str("proxy_http_version 1.1;\nproxy_redirect off;\n");
    }
    let _ = writeln!(text, "{kind}_pass {scheme}://upstream_balancer;");
    text
}

/// What every file needs, whoever starts nginx and where.
fn whole(http: &str) -> String {
    format!(
        "events {{}}\nhttp {{\naccess_log off;\nclient_body_temp_path body;\nproxy_temp_path proxy;\nfastcgi_temp_path fastcgi;\n\
         uwsgi_temp_path uwsgi;\nscgi_temp_path scgi;\n{http}}}\n"
    )
}

fn number(annotations: &Annotations, name: &str, default: i64) -> i64 {
    annotations.get(name).and_then(|text| atoi(text)).unwrap_or(default)
}

/// `strconv.Atoi`.
fn atoi(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// `SizeRegex`: `^(?i)\d+[bkmg]?$`, after `parser.CheckAnnotation…` has taken the blanks out of a copy.
fn is_size(text: &str) -> bool {
    let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let digits = packed.strip_suffix(|c: char| "bkmgBKMG".contains(c)).unwrap_or(&packed);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `^((error|timeout|...)\s?)+$`, which wants no blank between two of them.
fn are_conditions(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "error",
        "timeout",
        "invalid_header",
        "http_500",
        "http_502",
        "http_503",
        "http_504",
        "http_403",
        "http_404",
        "http_429",
        "non_idempotent",
        "off",
    ];
    let mut rest = text;
    while !rest.is_empty() {
        let Some(next) = WORDS.iter().find_map(|word| rest.strip_prefix(word)) else { return false };
        rest = next.strip_prefix(' ').unwrap_or(next);
    }
    true
}
