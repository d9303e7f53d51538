//! What ingress-nginx does with connections, bodies and certificates: keys that bear on it, each judged elsewhere.

use serde_json::Value;

use super::super::key::{SaidBy, Source, global_text};
use super::super::nginx::offset;
use super::grammar::{bool_of, is_true};
use crate::model::{Global, Note, NoteKind, Permission, Protocol, Provenance, RouteSettings, Setting, Verification};
use crate::object::Address;
use crate::units::{Duration, Size, nginx_seconds};

/// Fills in what holds for the connections of an object's routes.
pub(super) fn read(source: &Source<'_>, settings: &mut RouteSettings) {
    settings.body_limit = body_limit(source);
    settings.upstream_idle = upstream_idle(source);
    settings.upgrades = upgrades(source);
    settings.client_http2 = global_text(source.gateway.global, "use-http2", SaidBy::Global, bool_of, true);
    settings.verification = verification(source);
    settings.cluster_ip = source.quiet("service-upstream", SaidBy::Both, bool_of, false);
    settings.permission = permission(source);
    if sticks(source) {
        let at = |name| Address::Key { prefix: source.gateway.prefix.clone(), name };
        settings.retry_elsewhere =
            Setting::written(false, at("affinity")).writable(at(CHANGE_ON_FAILURE), |moves| moves.to_string().into());
    }
}

/// Who is asked before each request. `auth_request` takes any answer but 2xx, 401 and 403 for a fault of the server.
fn permission(source: &Source<'_>) -> Setting<Permission> {
    // Then an address that is let in is asked for nothing else.
    let is_one_of_two = source.text("satisfy").is_some_and(|text| text.trim() == "any");
    let name = "auth-url";
    let Some(url) = source.text(name).map(str::trim).filter(|_| !is_one_of_two) else { return Setting::unknown() };
    Setting::written(
        Permission { url: url.into(), unanswered: 500 },
        Address::Key { prefix: source.gateway.prefix.clone(), name },
    )
}

/// Whether what the object says of its routes counts for nothing, or nobody can tell.
///
/// Where the controller runs with --enable-ssl-passthrough, TLS goes through to the pods and no other annotation of the host counts;
/// where it does not, that one counts for nothing. A canary has no location of its own: what the main object says holds for it.
pub(super) fn are_decided_elsewhere(source: &Source<'_>) -> bool {
    source.text("ssl-passthrough") == Some("true") || source.text("canary").is_some_and(is_true)
}

/// How long a client's idle connection is kept.
pub(super) fn client_idle(global: Global<'_>) -> Setting<Duration> {
    let setting = global_text(global, "keep-alive", SaidBy::Global, seconds, Duration::from_secs(75));
    setting.writable(Address::Data("keep-alive".into()), |span| span.as_secs_ceil().to_string().into())
}

fn seconds(text: &str) -> Option<Duration> {
    nginx_seconds(text).ok()
}

fn body_limit(source: &Source<'_>) -> Setting<Size> {
    let read = |text: &str| offset(text.trim());
    let name = "proxy-body-size";
    let address = Address::Key { prefix: source.gateway.prefix.clone(), name };
    source.quiet(name, SaidBy::Both, read, Size::from_bytes(1 << 20)).writable(address, |size| size.to_string().into())
}

/// One pool for all backends, in the block `upstream_balancer` of the template. A header of its own ends each connection, and
/// so does FastCGI, where `fastcgi_keep_conn` is never written.
pub(super) fn upstream_idle(source: &Source<'_>) -> Setting<Duration> {
    if are_decided_elsewhere(source) {
        return Setting::unknown();
    }
    let ends = [("connection-proxy-header", "close"), ("backend-protocol", "fcgi")];
    let ends = ends.into_iter().find(|(name, word)| source.text(name).is_some_and(|text| text.trim().eq_ignore_ascii_case(word)));
    match ends {
        Some((name, _)) => Setting::written(Duration::ZERO, Address::Key { prefix: source.gateway.prefix.clone(), name }),
        None => pool(source.gateway.global),
    }
}

fn pool(global: Global<'_>) -> Setting<Duration> {
    let connections = |text: &str| text.parse::<i64>().ok();
    let kept = global_text(global, "upstream-keepalive-connections", SaidBy::Global, connections, 320);
    match kept.known {
        Some((..=0, provenance)) => Setting::from(Duration::ZERO, provenance),
        None if kept.presumed.is_none() => Setting::unknown(),
        _ => global_text(global, "upstream-keepalive-timeout", SaidBy::Global, seconds, Duration::from_secs(60)),
    }
}

/// The template writes `Upgrade` and `Connection` always; HTTP/1.0 and a `Connection` of one's own leave no room for it. Before
/// v1.12.0 any text was taken for such a header, the one that upgrades included.
fn upgrades(source: &Source<'_>) -> Setting<bool> {
    let name = "connection-proxy-header";
    match source.text(name).map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        None | Some("") => {}
        Some("close" | "keep-alive") => {
            return Setting::written(false, Address::Key { prefix: source.gateway.prefix.clone(), name });
        }
        Some(_) => return Setting::unknown(),
    }
    let version = |text: &str| match text.trim() {
        "1.1" => Some(true),
        "1.0" => Some(false),
        _ => None,
    };
    source.quiet("proxy-http-version", SaidBy::Both, version, true)
}

/// `proxyssl/main.go` reads nothing of it without a Secret, and the template compares with `$proxy_host`, the name of its own
/// upstream, where no other one is written. A snippet may say otherwise.
fn verification(source: &Source<'_>) -> Setting<Verification> {
    let name = "proxy-ssl-verify";
    let at = |name| Address::Key { prefix: source.gateway.prefix.clone(), name };
    let is_on = source.text(name).is_some_and(|text| text.trim() == "on");
    let speaks = |text: &str| text.contains("proxy_ssl_");
    let setting = match (is_on && source.text("proxy-ssl-secret").is_some(), source.text("proxy-ssl-name")) {
        (false, _) => Setting::from(Verification::Off, Provenance::GatewayDefault),
        (true, Some(own)) => Setting::written(Verification::Name(own.into()), at(name)),
        (true, None) if SNIPPETS.iter().any(|snippet| source.text(snippet).is_some_and(speaks)) => Setting::unknown(),
        (true, None) => Setting::written(Verification::NoName, at(name)),
    };
    setting.writable(at("proxy-ssl-name"), |verification| match verification {
        Verification::Name(own) => (&**own).into(),
        Verification::Off | Verification::NoName => Value::Null,
    })
}

/// Notes a redirect that NGINX works out from `proxy_pass`, where the protocol has another directive in its place, or a variable in
/// it.
pub(super) fn redirect(source: &mut Source<'_>, protocol: Option<Protocol>) {
    let name = "proxy-redirect-from";
    let Some(text) = source.text(name).filter(|text| text.trim() == "default") else { return };
    let is = |word: &str| source.text("backend-protocol").is_some_and(|text| text.trim().eq_ignore_ascii_case(word));
    let because = match protocol {
        Some(protocol) if protocol.is_grpc() => NO_PASS,
        Some(Protocol::Other) if is("FCGI") => NO_PASS,
        Some(Protocol::Other) if is("AUTO_HTTP") => {
            "proxy_redirect default of NGINX takes no proxy_pass with variables, and that of AUTO_HTTP has one."
        }
        _ => return,
    };
    let address = Address::Key { prefix: source.gateway.prefix.clone(), name };
    let kind = NoteKind::Poison {
        written: text.into(),
        because: because.into(),
        expects: "\"off\", or two URLs with proxy-redirect-to".into(),
        rewrite: None,
    };
    source.notes.push(Note { address, key: name.into(), kind });
}

const NO_PASS: &str = "proxy_redirect default of NGINX stands behind a proxy_pass, and this protocol has none.";

/// What is put into the configuration of a route as it is.
const SNIPPETS: [&str; 2] = ["configuration-snippet", "server-snippet"];

/// Whether a request whose answer is lost may go to another pod, as far as stickiness lets it.
pub(super) fn sticks(source: &Source<'_>) -> bool {
    source.text("affinity").is_some_and(|text| text.trim() == "cookie") && !source.text(CHANGE_ON_FAILURE).is_some_and(is_true)
}

/// What lets a client leave a pod that fails.
pub(super) const CHANGE_ON_FAILURE: &str = "session-cookie-change-on-failure";
