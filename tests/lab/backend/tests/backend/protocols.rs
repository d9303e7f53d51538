//! What is spoken at a port, and what is refused there.

use std::time::Duration;

use crate::{
    process::Backend,
    wire::{End, Wire, curl, get},
};

/// The version of HTTP that curl got an answer in, or nothing.
fn version(port: u16, scheme: &str, flags: &[&str]) -> String {
    let address = format!("{scheme}://127.0.0.1:{port}/");
    let all: Vec<_> = ["-k", "-o/dev/null", "-w%{http_version}", &address].into_iter().chain(flags.iter().copied()).collect();
    let out = curl(&all);
    if out.status.success() { String::from_utf8(out.stdout).expect("text") } else { String::new() }
}

#[test]
fn each_port_speaks_its_own() {
    let backend = Backend::listening(&["http1", "h2c", "auto", "h2", "https", "https-auto"], &[]);
    let seen = |index, scheme| {
        let prior: &[&str] = if scheme == "http" { &["--http2-prior-knowledge"] } else { &["--http2"] };
        [version(backend.port_of(index), scheme, &["--http1.1"]), version(backend.port_of(index), scheme, prior)]
    };
    assert_eq!(seen(0, "http"), ["1.1", ""]);
    assert_eq!(seen(1, "http"), ["", "2"]);
    assert_eq!(seen(2, "http"), ["1.1", "2"]);
    assert_eq!(seen(3, "https"), ["", "2"]);
    assert_eq!(seen(4, "https"), ["1.1", "1.1"]);
    assert_eq!(seen(5, "https"), ["1.1", "2"]);
    assert_eq!(version(backend.port_of(0), "https", &[]), "");
    assert_eq!(version(backend.port_of(4), "http", &[]), "");
}

#[test]
fn a_certificate_that_is_mounted_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("tls.crt"), made.cert.pem()).expect("a file");
    std::fs::write(at("tls.key"), made.signing_key.serialize_pem()).expect("a file");
    let is_trusted = |backend: &Backend| {
        let address = format!("https://localhost:{}/", backend.port());
        curl(&["--cacert", &at("tls.crt"), &address]).status.success()
    };
    assert!(is_trusted(&Backend::listening(&["https"], &["--certificate", &at("")])));
    assert!(!is_trusted(&Backend::listening(&["https"], &[])));
}

#[test]
fn http_1_0_closes() {
    let backend = Backend::listening(&["http1.0"], &[]);
    let mut wire = Wire::open(backend.port());
    let answer = wire.get("/?body=20000");
    assert_eq!((answer.line.as_str(), answer.body.len()), ("HTTP/1.0 200 OK", 20_000));
    assert_eq!(answer.header("transfer-encoding"), None);
    assert_eq!(wire.end_within(Duration::from_secs(1)), End::Fin);
}

/// A call by curl: all headers and trailers, and the body.
fn call(port: u16, path: &str) -> (String, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let (body, request) = (folder.path().join("answer"), folder.path().join("request"));
    std::fs::write(&request, [0; 5]).expect("a file");
    let (out, data) = (body.display().to_string(), format!("@{}", request.display()));
    let flags = [
        "--http2-prior-knowledge",
        "-D-",
        "-Hcontent-type: application/grpc",
        "-Hte: trailers",
        "--data-binary",
        &data,
        "-o",
        &out,
    ];
    let address = format!("http://127.0.0.1:{port}{path}");
    let seen = curl(&[flags.as_slice(), &[&address]].concat());
    (String::from_utf8_lossy(&seen.stdout).into_owned(), std::fs::read(body).unwrap_or_default())
}

#[test]
fn grpc_answers_health_and_nothing_else() {
    let backend = Backend::listening(&["grpc"], &["--ready-after", "500ms"]);
    let check = || call(backend.port(), "/grpc.health.v1.Health/Check");
    assert_eq!(check().1, [0, 0, 0, 0, 2, 8, 2]);
    assert!(call(backend.port(), "/shop.Shop/Buy").0.contains("grpc-status: 14"));
    backend.line("ready");
    let (head, body) = check();
    assert_eq!(body, [0, 0, 0, 0, 2, 8, 1]);
    assert!(
        head.contains("grpc-status: 0") && head.contains("x-backend: pod-1") && head.contains("x-backend-protocol: HTTP/2.0"),
        "{head}"
    );
    let (head, body) = call(backend.port(), "/shop.Shop/Buy");
    assert!(body.is_empty());
    assert!(head.contains("HTTP/2 200") && head.contains("grpc-status: 12") && head.contains("x-backend-app: shop"), "{head}");
}

#[test]
fn an_abort_of_http2_cuts_the_connection() {
    let backend = Backend::listening(&["h2c"], &[]);
    let address = format!("http://127.0.0.1:{}/?abort", backend.port());
    assert!(!curl(&["--http2-prior-knowledge", &address]).status.success());
    assert!(backend.line("aborted").contains("stage=as-asked"));
}

fn upgrade(port: u16) -> Wire {
    let mut wire = Wire::open(port);
    wire.send(
        b"GET /ws HTTP/1.1\r\nhost: test\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    let head = wire.head();
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    assert!(head.contains("x-backend: pod-1"), "{head}");
    wire
}

#[test]
fn web_sockets_echo() {
    let mut backend = Backend::http1(&["--on-term", "drain", "--idle-timeout", "200ms"]);
    assert_eq!(get(backend.port(), "/ws").status(), 426);
    let mut wire = upgrade(backend.port());
    // No idleness: that is for requests.
    std::thread::sleep(Duration::from_millis(400));
    // A masked text frame; the mask is zero.
    wire.send(b"\x81\x82\0\0\0\0hi");
    assert_eq!(wire.take(4), b"\x81\x02hi");
    backend.term();
    assert_eq!(wire.take(4), b"\x88\x0a\x03\xe9");
    wire.take(8);
    wire.send(b"\x88\x82\0\0\0\0\x03\xe9");
    assert_eq!(wire.end_within(Duration::from_secs(1)), End::Fin);
    assert_eq!(backend.code(), 0);
}

#[test]
fn threads_serve_too() {
    let backend = Backend::http1(&["--threads", "2"]);
    assert_eq!(get(backend.port(), "/").status(), 200);
}
