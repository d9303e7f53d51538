//! How what no502 says of an annotation is written in nginx.conf: the template of ingress-nginx in small.

use no502::model::{Protocol, Verification};

use super::said::Said;

/// What stands behind the directive, each time it is written; `None` where no502 says nothing of it.
pub(super) type Expect = fn(&Said<'_>, &str) -> Option<Vec<String>>;

#[allow(clippy::unnecessary_wraps, reason = "what is said may be nothing")]
fn known(values: impl IntoIterator<Item = String>) -> Option<Vec<String>> {
    Some(values.into_iter().collect())
}

fn items(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    let mut items: Vec<String> = text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect();
    items.sort();
    items
}

/// The text itself.
pub(super) fn text(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known(said.text(name))
}

/// `true` or `false`.
pub(super) fn bool(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known([said.is_true(name).to_string()])
}

/// `on` or `off`.
pub(super) fn on_off(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known([if said.is_true(name) { "on" } else { "off" }.to_owned()])
}

/// The same, where anything is said.
pub(super) fn on_off_if_said(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    if said.text(name).is_some() { on_off(said, name) } else { known([]) }
}

/// `on`, or nothing.
pub(super) fn on(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known(said.is_true(name).then(|| "on".to_owned()))
}

/// `off`, or nothing.
pub(super) fn off(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known((!said.is_true(name)).then(|| "off".to_owned()))
}

/// A header that is set for the pods, as far as it reaches them.
fn header(said: &Said<'_>, value: Option<String>) -> Option<Vec<String>> {
    known(value.filter(|_| !said.is_half_applied()))
}

/// The text, or what the controller takes from the request itself.
pub(super) fn host(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    header(said, said.text(name).or_else(|| Some("$best_http_host".to_owned())))
}

pub(super) fn connection(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    header(said, said.text(name).or_else(|| Some("$connection_upgrade".to_owned())))
}

// Timeouts, retries, buffers: what the model holds.

pub(super) fn scheme(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    let scheme = match said.protocol()? {
        Protocol::Http => "http",
        Protocol::Https => "https",
        Protocol::Grpc => "grpc",
        Protocol::Grpcs => "grpcs",
        Protocol::Other => return None,
    };
    known([format!("{scheme}://upstream_balancer")])
}

pub(super) fn timeout(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let settings = said.settings();
    let setting = match name {
        "proxy-connect-timeout" => &settings.connect,
        "proxy-send-timeout" => &settings.send,
        _ => &settings.read,
    };
    known([format!("{}s", setting.value()?.as_secs_ceil())])
}

/// What is written for HTTP stands in the block of a gRPC backend too, and counts for nothing there.
pub(super) fn retry(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let settings = said.settings();
    if said.family() == "grpc" {
        return None;
    }
    known([match name {
        "proxy-next-upstream" => settings.retry_conditions.value()?.to_string(),
        "proxy-next-upstream-tries" => settings.retry_tries.value()?.to_string(),
        _ => settings.retry_timeout.value()?.as_secs_ceil().to_string(),
    }])
}

pub(super) fn body_limit(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    known([said.settings().body_limit.value()?.as_bytes().to_string()])
}

pub(super) fn header_buffer(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    known([said.settings().header_buffer.value()?.as_bytes().to_string()])
}

pub(super) fn buffers(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known([format!("{} {}", said.number(name)?, said.text("proxy-buffer-size")?)])
}

// Hosts and paths.

pub(super) fn names(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let mut names = items(said.text(name));
    names.dedup();
    known([[vec![said.host.clone()], names].concat().join(" ")])
}

pub(super) fn locations(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    known(said.locations()?.concat())
}

pub(super) fn rewrite(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    known(said.rewrite().map(|(path, target)| format!("(?i){path} {target} break")))
}

pub(super) fn forwarded_prefix(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    header(said, said.text(name).filter(|_| said.rewrite().is_some()))
}

pub(super) fn app_root(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known(said.text(name).map(|root| format!("$scheme://$http_host{root}")))
}

const REDIRECTS: [&str; 3] = ["temporal-redirect", "permanent-redirect-code", "from-to-www-redirect"];

/// A redirect of the whole location, and the answer to what a browser asks first.
pub(super) fn redirect(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    let preflight = said.is_true("enable-cors").then(|| "204".to_owned());
    if REDIRECTS.iter().any(|name| said.drops_all(name)) {
        return known(preflight);
    }
    let code = said.number("permanent-redirect-code").filter(|code| (300..=308).contains(code)).unwrap_or(301);
    let temporal = said.text("temporal-redirect").map(|to| format!("302 {to}"));
    let own = temporal.or_else(|| Some(format!("{code} {}", said.text("permanent-redirect")?)));
    known(preflight.into_iter().chain(own))
}

pub(super) fn www(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let is_on = said.is_true(name) && !REDIRECTS.iter().any(|name| said.drops_all(name));
    known(is_on.then(|| format!("www.{}", said.host)))
}

pub(super) fn proxy_redirect(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    let (from, to) = (said.text("proxy-redirect-from")?, said.text("proxy-redirect-to").unwrap_or_else(|| "off".to_owned()));
    known(match (&*from, &*to) {
        ("off" | "default", _) => Some(from),
        (_, "off") => None,
        _ => Some(format!("{from} {to}")),
    })
}

// Who may ask, and how often.

pub(super) fn allowed(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    let name = ["allowlist-source-range", "whitelist-source-range"].into_iter().find(|name| said.written(name).is_some());
    known(items(name.and_then(|name| said.text(name))))
}

pub(super) fn refused(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let has_list = allowed(said, name).is_some_and(|list| !list.is_empty());
    known(items(said.text(name)).into_iter().chain(has_list.then(|| "all".to_owned())))
}

fn drops_limits(said: &Said<'_>) -> bool {
    ["limit-allowlist", "limit-whitelist"].iter().any(|name| said.drops_all(name))
}

fn limit(said: &Said<'_>, name: &str) -> Option<i64> {
    said.number(name).filter(|limit| *limit > 0 && !drops_limits(said))
}

pub(super) fn requests(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    let times = said.number("limit-burst-multiplier")?;
    let one = |name, zone| limit(said, name).map(|limit| format!("{zone} burst={} nodelay", limit * times));
    known(one("limit-rps", "rps").into_iter().chain(one("limit-rpm", "rpm")))
}

pub(super) fn connections(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known(limit(said, name).map(|limit| format!("conn {limit}")))
}

pub(super) fn rate(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known(limit(said, name).map(|limit| format!("{limit}k")))
}

pub(super) fn unlimited(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    let has_limit = ["limit-rps", "limit-rpm", "limit-connections"].iter().any(|name| said.number(name) != Some(0));
    let name = ["limit-allowlist", "limit-whitelist"].into_iter().find(|name| said.written(name).is_some());
    known(items(name.and_then(|name| said.text(name)).filter(|_| has_limit && !drops_limits(said))))
}

// Authentication.

/// A text that counts beside `auth-url`.
pub(super) fn with_auth(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known(said.text(name).filter(|_| said.text("auth-url").is_some()))
}

pub(super) fn auth_redirect(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let own = said.text(name).unwrap_or_else(|| "$request_uri".to_owned());
    known(said.text("auth-url").map(|_| own))
}

pub(super) fn auth_cache(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let is_kept = said.text("auth-url").is_some() && said.text("auth-cache-key").is_some();
    known(items(said.text(name).filter(|_| is_kept)))
}

pub(super) fn auth_cookie(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let own = if said.is_true(name) { "$auth_cookie always" } else { "$auth_cookie" };
    known(said.text("auth-url").map(|_| own.to_owned()))
}

pub(super) fn auth_headers(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    if said.text("auth-url").is_none() {
        return known([]);
    }
    let headers = said.text(name).unwrap_or_default();
    let headers = headers
        .split(',')
        .map(str::trim)
        .filter(|header| !header.is_empty())
        .enumerate()
        .map(|(index, header)| format!("$authHeader{index} $upstream_http_{}", header.to_lowercase().replace('-', "_")));
    known(["$auth_cookie $upstream_http_set_cookie".to_owned()].into_iter().chain(headers))
}

pub(super) fn auth_sent(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known(said.text(name).filter(|_| said.text("auth-url").is_some()).map(|_| "yes".to_owned()))
}

pub(super) fn signin(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    let Some(url) = said.text("auth-url").and_then(|_| said.text("auth-signin")) else { return known([]) };
    let mark = if url.contains('?') { '&' } else { '?' };
    let back = said.text("auth-signin-redirect-param")?;
    known([format!("{url}{mark}{back}=$pass_access_scheme://$http_host$escaped_request_uri")])
}

pub(super) fn realm(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    known(said.text("auth-type").map(|_| said.text("auth-realm").unwrap_or_default()))
}

pub(super) fn users(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    known(said.text("auth-type").map(|_| "a file".to_owned()))
}

/// A text that counts beside `auth-tls-secret`.
pub(super) fn with_client_ca(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known(said.text(name).filter(|_| said.text("auth-tls-secret").is_some()))
}

/// A depth of 0 is none.
pub(super) fn client_depth(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let depth = said.number(name)?.max(1).to_string();
    known(said.text("auth-tls-secret").map(|_| depth))
}

pub(super) fn client_names(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let own = said.text(name).filter(|_| said.text("auth-tls-secret").is_some());
    known(own.map(|own| format!("!~ {own} )")))
}

pub(super) fn client_certificate(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let is_passed = said.is_true(name) && said.text("auth-tls-secret").is_some();
    header(said, is_passed.then(|| "$ssl_client_escaped_cert".to_owned()))
}

pub(super) fn file_if_said(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known(said.text(name).map(|_| "a file".to_owned()))
}

// TLS to the pods.

/// A text that counts beside `proxy-ssl-secret`.
pub(super) fn with_pod_ca(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known(said.text(name).filter(|_| said.text("proxy-ssl-secret").is_some()))
}

pub(super) fn pod_depth(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let depth = said.number(name)?.max(1).to_string();
    known(said.text("proxy-ssl-secret").map(|_| depth))
}

pub(super) fn pod_protocols(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let text = said.text(name)?;
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    known(said.text("proxy-ssl-secret").map(|_| words.join(" ")))
}

/// No directive of gRPC is ever written, so the model says that nothing is verified there.
pub(super) fn verified(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    if said.family() == "grpc" {
        return None;
    }
    let own = match said.settings().verification.value()? {
        Verification::Off => "off",
        Verification::NoName | Verification::Name(_) => "on",
    };
    known(said.text("proxy-ssl-secret").map(|_| own.to_owned()))
}

// Other sites.

fn with_cors(said: &Said<'_>, value: Option<String>) -> Option<Vec<String>> {
    known(value.filter(|_| said.is_true("enable-cors")))
}

pub(super) fn cors(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    with_cors(said, Some("= OPTIONS)".to_owned()))
}

pub(super) fn cors_origin(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    with_cors(said, items(said.text(name)).into_iter().find(|origin| origin == "*"))
}

pub(super) fn cors_text(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    with_cors(said, said.text(name))
}

pub(super) fn cors_number(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    with_cors(said, Some(said.number(name)?.to_string()))
}

pub(super) fn cors_credentials(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    with_cors(said, said.is_true(name).then(|| "true".to_owned()))
}

fn mirrored(said: &Said<'_>, value: impl FnOnce(String) -> String) -> Option<Vec<String>> {
    known(said.text("mirror-target").map(value))
}

pub(super) fn mirror_target(said: &Said<'_>, _: &str) -> Option<Vec<String>> {
    mirrored(said, |target| target)
}

pub(super) fn mirror_host(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let own = said.written(name).and_then(|_| said.text(name));
    mirrored(said, |target| {
        let behind_scheme = target.split_once("://").map_or(&*target, |(_, rest)| rest);
        own.unwrap_or_else(|| behind_scheme.split(['/', ':', '$']).next().unwrap_or_default().to_owned())
    })
}

pub(super) fn mirror_body(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let own = said.text(name).unwrap_or_default();
    mirrored(said, |_| own)
}

// Pages for errors.

pub(super) fn error_pages(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let signin = said.text("auth-url").and_then(|_| said.text("auth-signin")).map(|_| "401".to_owned());
    known(items(said.text(name)).into_iter().chain(signin))
}

pub(super) fn intercepted(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let is_on = said.text("custom-http-errors").is_some() && !said.is_true(name);
    known(is_on.then(|| "on".to_owned()))
}

/// The Service has endpoints, and the one of the paths has none.
pub(super) fn backend(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    let own = said.text(name).map(|service| format!("custom-default-backend-{}-{service}", super::NAMESPACE));
    known([own.unwrap_or_else(|| format!("{}-app-80", super::NAMESPACE))])
}

pub(super) fn parameters(said: &Said<'_>, name: &str) -> Option<Vec<String>> {
    known(said.text(name).map(|_| "yes".to_owned()))
}
