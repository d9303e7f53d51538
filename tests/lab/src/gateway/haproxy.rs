//! HAProxy as Debian packages it; its configuration is written by [`rendered`]. Timeouts are said, since it demands them:
//! 5 s to connect, 60 s for the client and the server. All else is its own default.
//!
//! The annotation `lab.no502.dev/haproxy` of an Ingress goes into its `backend` sections verbatim, before the servers, so
//! `default-server proto h2` works too.
//!
//! A failed request has one line, with its Host, the server's `ip:port`, and the reason as HAProxy's termination state:
//!
//! ```text
//! {"status":503,"state":"SC--","host":"x.lab","path":"/","backend":"default.x.x.80","server":"10.244.0.5:8080","retries":"3",...}
//! ```
//!
//! The first two letters matter. `SC`: the server refused the connection, or there is none (`server` is then `<NOSRV>`); `sC`:
//! connecting took too long; `SH`: the server closed before a whole head, `sH`: none came in time; `SD`, `sD`: the same
//! within the body; `PH`: a head that HAProxy refused (too large, not HTTP); `PR`: a request it answered itself; `CH`, `CD`:
//! the client went away.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, LocalBoxFuture};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::time::timeout;

use super::rendered::{self, Rendered, Route};
use super::{Gateway, RouteKind};
use crate::cluster::{Parts, Stay};
use crate::fault::Result;
use crate::kubectl::Kubectl;
use crate::process::{command, run};

/// HAProxy, without a controller of its own.
pub(super) struct HaProxy;

const MARK: &str = "  description lab-";

impl Gateway for HaProxy {
    fn name(&self) -> &'static str {
        "haproxy"
    }

    fn parts(&self) -> &'static [&'static str] {
        &["debian"]
    }

    fn version<'a>(&'a self, _: &'a Parts) -> BoxFuture<'a, Result<String>> {
        async {
            let said = run(command("/usr/sbin/haproxy", ["-v"])).await?;
            Ok(format!("haproxy {}", said.split_whitespace().nth(2).unwrap_or_default()))
        }
        .boxed()
    }

    fn class(&self) -> &'static str {
        "haproxy"
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 8094))
    }

    fn routes(&self) -> &'static [RouteKind] {
        &[RouteKind::Ingress]
    }

    fn start<'a>(&'a self, _: &'a Parts, kubectl: &'a Kubectl, stay: &'a mut Stay) -> LocalBoxFuture<'a, Result> {
        rendered::start(self, kubectl, stay).boxed_local()
    }
}

impl Rendered for HaProxy {
    fn render(&self, routes: &[Route], folder: &Path) -> String {
        let mut text = String::new();
        for route in routes {
            let (host, name) = (host(&route.host), &route.upstream.name);
            let path = quoted(&route.path);
            if route.path.is_empty() {
                let only = if route.exact { "{ path / }" } else { "{ always_true }" };
                let _ = writeln!(text, "  use_backend {name} if {host} {only}");
                continue;
            }
            let _ = writeln!(text, "  use_backend {name} if {host} {{ path {path} }}");
            if !route.exact {
                let _ = writeln!(text, "  use_backend {name} if {host} {{ path -m beg {path}/ }}");
            }
        }
        text.push_str("  default_backend none\nbackend none\n  http-request return status 404\n");
        let backends: BTreeMap<_, _> = routes.iter().map(|route| (&route.upstream.name, &route.upstream)).collect();
        for (name, upstream) in backends {
            let _ = writeln!(text, "backend {name}");
            for line in upstream.settings.lines() {
                let _ = writeln!(text, "  {}", line.trim());
            }
            for address in &upstream.endpoints {
                let _ = writeln!(text, "  server {address} {address}");
            }
        }
        // By its mark one configuration is told from another, see `follows`.
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        format!("global\n{MARK}{:016x}\n{}{text}", hasher.finish(), head(folder))
    }

    fn program(&self, file: &Path) -> Command {
        // A master that starts new workers, and hands them the sockets.
        let mut program = command("/usr/sbin/haproxy", ["-W", "-db", "-f"]);
        program.arg(file);
        program
    }

    fn check(&self, file: &Path) -> Command {
        let mut check = command("/usr/sbin/haproxy", ["-c", "-f"]);
        check.arg(file);
        check
    }

    fn reload(&self) -> &'static str {
        "-USR2"
    }

    fn follows<'a>(&'a self, configuration: &'a str, folder: &'a Path) -> BoxFuture<'a, bool> {
        // Its master forgets a signal that comes while it starts itself again.
        async move {
            let mark = configuration.lines().find_map(|line| line.strip_prefix(MARK));
            let said = timeout(Duration::from_secs(1), information(&folder.join("socket"))).await;
            let Ok(Ok(said)) = said else { return false };
            mark.is_some() && said.lines().find_map(|line| line.strip_prefix("description: lab-")) == mark
        }
        .boxed()
    }
}

/// What a worker says of itself: the newest one, once it has taken the socket over.
async fn information(socket: &Path) -> std::io::Result<String> {
    let mut connection = UnixStream::connect(socket).await?;
    connection.write_all(b"show info\n").await?;
    let mut text = String::new();
    connection.read_to_string(&mut text).await?;
    Ok(text)
}

fn head(folder: &Path) -> String {
    let format = concat!(
        r#"{"status":%ST,"state":"%tsc","host":"%[var(txn.host),json]","path":"%[var(txn.path),json]","method":"%HM","#,
        r#""backend":"%b","server":"%s","retries":"%rc","request_time":%TR,"queue_time":%Tw,"connect_time":%Tc,"#,
        r#""answer_time":%Tr,"all_time":%Ta,"bytes":%B}"#
    );
    format!(
        "  log stdout format raw daemon\n  stats socket {}/socket mode 600 level admin expose-fd listeners\n\
         defaults\n  mode http\n  log global\n  log-format '{format}'\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n\
         frontend http\n  bind 127.0.0.1:8094\n  http-request set-var(txn.host) req.hdr(host)\n  \
         http-request set-var(txn.path) path\n",
        folder.display()
    )
}

fn host(host: &str) -> String {
    const NAME: &str = "req.hdr(host),field(1,:),lower";
    match host.strip_prefix('*') {
        _ if host.is_empty() => String::new(),
        Some(end) => format!("{{ {NAME} -m end {end} }}"),
        None => format!("{{ {NAME} -m str {host} }}"),
    }
}

/// In the quotes that take everything as it is.
fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', "'\\''"))
}
