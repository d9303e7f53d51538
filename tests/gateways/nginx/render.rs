//! The part of ingress-nginx that stands between an annotation and a directive, written a second time, so that it can disagree
//! with the dialect. Held against `internal/ingress/annotations` and `nginx.tmpl` of the commit that the laboratory builds;
//! `proxy-busy-buffers-size`, which is newer than that, after its description. What both misread in the same way, no test here
//! finds: for that the controller itself would have to write the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Annotations by their names without the prefix.
pub(super) type Annotations = BTreeMap<&'static str, String>;

/// The location of an Ingress with these annotations.
pub(super) fn location(annotations: &Annotations) -> String {
    let number = |name: &str, default: i64| annotations.get(name).and_then(|text| atoi(text)).unwrap_or(default);
    let size = |name: &str, default: &str| match annotations.get(name).map(String::as_str) {
        Some(text) if is_size(text) => text.to_owned(),
        _ => default.to_owned(),
    };
    let mut text = String::new();
    for (name, directive, default) in [
        ("proxy-connect-timeout", "proxy_connect_timeout", 5),
        ("proxy-send-timeout", "proxy_send_timeout", 60),
        ("proxy-read-timeout", "proxy_read_timeout", 60),
        ("proxy-next-upstream-timeout", "proxy_next_upstream_timeout", 0),
    ] {
        let unit = if name == "proxy-next-upstream-timeout" { "" } else { "s" };
        let _ = writeln!(text, "{directive} {}{unit};", number(name, default));
    }
    let one = size("proxy-buffer-size", "4k");
    let _ = writeln!(
        text,
        "proxy_buffering off;\nproxy_buffer_size {one};\nproxy_buffers {} {one};",
        number("proxy-buffers-number", 4)
    );
    let busy = size("proxy-busy-buffers-size", "");
    if !busy.is_empty() {
        let _ = writeln!(text, "proxy_busy_buffers_size {busy};");
    }
    // isValidByteSize of template.go looks at it once more, with a g and without blanks.
    let temp = size("proxy-max-temp-file-size", "1024m");
    let digits = temp.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G']).unwrap_or(&temp);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let _ = writeln!(text, "proxy_max_temp_file_size {temp};");
    }
    let conditions = annotations.get("proxy-next-upstream").filter(|text| are_conditions(text));
    let _ = writeln!(text, "proxy_next_upstream {};", conditions.map_or("error timeout", String::as_str));
    let _ = writeln!(text, "proxy_next_upstream_tries {};", number("proxy-next-upstream-tries", 3));
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
        let burst = 5 * number("limit-burst-multiplier", 5);
        let _ = writeln!(text, "limit_req zone=limit burst={burst} nodelay;");
    }
    text
}

/// A whole file around a location.
pub(super) fn file(location: &str) -> String {
    format!(
        "events {{}}\nhttp {{\naccess_log off;\nclient_body_temp_path body;\nproxy_temp_path proxy;\nfastcgi_temp_path fastcgi;\n\
         uwsgi_temp_path uwsgi;\nscgi_temp_path scgi;\nlimit_req_zone $binary_remote_addr zone=limit:1m rate=5r/s;\n\
         upstream upstream_balancer {{ server 127.0.0.1:9; }}\nserver {{\nlisten unix:nginx.sock;\n\
         location @custom {{ return 200; }}\nlocation / {{\n{location}proxy_pass http://upstream_balancer;\n}}\n}}\n}}\n"
    )
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
