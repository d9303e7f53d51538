//! nginx as Debian packages it, with its own defaults; its configuration is written by [`rendered`].
//!
//! The annotation `lab.no502.dev/nginx` of an Ingress goes into its `location` blocks verbatim. In it, `UPSTREAM` stands for
//! the name of the upstream; a text with a `_pass` directive of its own replaces ours: `grpc_pass grpc://UPSTREAM;`.
//! HTTP/2 without TLS is taken on port 8593: this nginx cannot tell it from HTTP/1 on one port.
//!
//! A failed request has a line with its Host, and before it the reason from the error log:
//!
//! ```text
//! [error] 71#71: *9 connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: x.lab,
//!   request: "GET / HTTP/1.1", upstream: "http://10.244.0.5:8080/", host: "x.lab"
//! {"status":502,"host":"x.lab","request":"GET / HTTP/1.1","upstream":"10.244.0.5:8080","upstream_status":"502",...,"reason":""}
//! ```
//!
//! Where no endpoint is ready the answer is 503, and `reason` says so.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;

use futures::FutureExt;
use futures::future::{BoxFuture, LocalBoxFuture, ready};
use tokio::process::Command;

use super::rendered::{self, Rendered, Route};
use super::{Gateway, RouteKind};
use crate::cluster::{Parts, Stay};
use crate::fault::Result;
use crate::kubectl::Kubectl;
use crate::process::{command, outcome};

/// nginx, without a controller of its own.
pub(super) struct Nginx;

impl Gateway for Nginx {
    fn name(&self) -> &'static str {
        "nginx"
    }

    fn parts(&self) -> &'static [&'static str] {
        &["debian"]
    }

    fn version<'a>(&'a self, _: &'a Parts) -> BoxFuture<'a, Result<String>> {
        async {
            let said = outcome(command("/usr/sbin/nginx", ["-v"])).await?.err;
            Ok(said.trim().trim_start_matches("nginx version: ").replace('/', " "))
        }
        .boxed()
    }

    fn class(&self) -> &'static str {
        "plain-nginx"
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 8093))
    }

    fn routes(&self) -> &'static [RouteKind] {
        &[RouteKind::Ingress]
    }

    fn start<'a>(&'a self, _: &'a Parts, kubectl: &'a Kubectl, stay: &'a mut Stay) -> LocalBoxFuture<'a, Result> {
        rendered::start(self, kubectl, stay).boxed_local()
    }
}

impl Rendered for Nginx {
    fn render(&self, routes: &[Route], folder: &Path) -> String {
        let mut text = head(folder);
        let mut names = Vec::new();
        for upstream in routes.iter().map(|route| &route.upstream).filter(|upstream| !upstream.endpoints.is_empty()) {
            if names.contains(&&upstream.name) {
                continue;
            }
            names.push(&upstream.name);
            let servers: String = upstream.endpoints.iter().fold(String::new(), |all, one| all + " server " + one + ";");
            let _ = writeln!(text, "  upstream {} {{{servers} }}", upstream.name);
        }
        let mut hosts: Vec<&str> = vec![""];
        hosts.extend(routes.iter().map(|route| route.host.as_str()));
        hosts.sort_unstable();
        hosts.dedup();
        for host in hosts {
            let of_host: Vec<&Route> = routes.iter().filter(|route| route.host == host).collect();
            server(&mut text, host, &of_host);
        }
        text + "}\n"
    }

    fn program(&self, file: &Path) -> Command {
        let mut program = nginx(file);
        program.args(["-g", "daemon off;"]);
        program
    }

    fn check(&self, file: &Path) -> Command {
        let mut check = nginx(file);
        check.args(["-t", "-q"]);
        check
    }

    fn reload(&self) -> &'static str {
        "-HUP"
    }

    fn follows<'a>(&'a self, _: &'a str, _: &'a Path) -> BoxFuture<'a, bool> {
        // Its master remembers a signal that comes while it is at the one before.
        ready(true).boxed()
    }
}

fn nginx(file: &Path) -> Command {
    let mut nginx = command("/usr/sbin/nginx", ["-e", "stderr", "-c"]);
    nginx.arg(file);
    nginx
}

/// What is not ours to choose stays away: timeouts, retries, buffers, protocol and keep-alive are nginx's own.
fn head(folder: &Path) -> String {
    let folder = folder.display();
    let format = r#"'{"status":$status,"host":"$http_host","request":"$request","upstream":"$upstream_addr",'
    '"upstream_status":"$upstream_status","upstream_time":"$upstream_response_time","time":$request_time,"reason":"$reason"}'"#;
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .fold(String::new(), |all, kind| all + &format!("  {kind}_temp_path {folder}/{kind};\n"));
    // `Host` as the client sent it, which every controller does; a location with headers of its own does not take it over.
    format!(
        "user root;\npid {folder}/pid;\nerror_log stderr info;\nevents {{ worker_connections 4096; }}\nhttp {{\n{temporary}  \
         log_format lab escape=json {format};\n  access_log /dev/stdout lab;\n  server_names_hash_bucket_size 256;\n  \
         proxy_set_header Host $http_host;\n"
    )
}

fn server(text: &mut String, host: &str, routes: &[&Route]) {
    let (name, default) = if host.is_empty() { ("_", " default_server") } else { (host, "") };
    let _ = writeln!(
        text,
        "  server {{\n    listen 127.0.0.1:8093{default};\n    listen 127.0.0.1:8593 http2{default};\n    server_name {name};\n    \
         set $reason \"\";"
    );
    for route in routes {
        let body = body(route);
        let path = quoted(&route.path);
        let own_exact = route.exact || routes.iter().any(|other| other.exact && other.path == route.path);
        if route.exact {
            let path = if path.is_empty() { "/" } else { &path };
            let _ = writeln!(text, "    location = \"{path}\" {{ {body} }}");
            continue;
        }
        if !own_exact && !path.is_empty() {
            let _ = writeln!(text, "    location = \"{path}\" {{ {body} }}");
        }
        let _ = writeln!(text, "    location \"{path}/\" {{ {body} }}");
    }
    if !routes.iter().any(|route| route.path.is_empty() && !route.exact) {
        text.push_str("    location / { set $reason \"no route\"; return 404; }\n");
    }
    text.push_str("  }\n");
}

fn body(route: &Route) -> String {
    let upstream = &route.upstream;
    if upstream.endpoints.is_empty() {
        return format!("set $reason \"no ready endpoint of {}\"; return 503;", upstream.name);
    }
    let pass = if upstream.settings.contains("_pass ") { String::new() } else { format!("proxy_pass http://{};", upstream.name) };
    format!("{} {pass}", upstream.settings.replace("UPSTREAM", &upstream.name))
}

fn quoted(path: &str) -> String {
    path.replace('\\', "\\\\").replace('"', "\\\"")
}
