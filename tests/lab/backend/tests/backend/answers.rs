//! What the query asks for.

use std::time::{Duration, Instant};

use crate::{
    process::Backend,
    wire::{End, Wire, get},
};

#[test]
#[allow(clippy::disallowed_methods, reason = "backends tell the time of day")]
fn every_answer_says_who_and_when_and_where() {
    let backend = Backend::http1(&[]);
    let mut first = Wire::open(backend.port());
    let answer = first.get("/anything?unknown=1");
    assert_eq!((answer.status(), answer.body.as_slice()), (200, b"hello from pod-1\n".as_slice()));
    assert_eq!(answer.header("x-backend"), Some("pod-1"));
    assert_eq!(answer.header("x-backend-app"), Some("shop"));
    assert_eq!(answer.header("x-backend-protocol"), Some("HTTP/1.1"));
    let arrived: u128 = answer.header("x-backend-arrived").expect("a time").parse().expect("a number");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_micros();
    assert!(now.abs_diff(arrived) < 2_000_000);
    let counts = |answer: crate::wire::Answer| {
        let count = |name| answer.header(name).map(str::to_owned);
        (count("x-backend-connection"), count("x-backend-request"))
    };
    let number = |text: &str| Some(text.to_owned());
    assert_eq!(counts(first.get("/")), (number("1"), number("2")));
    assert_eq!(counts(get(backend.port(), "/")), (number("2"), number("1")));
    assert_eq!(counts(first.get("/")), (number("1"), number("3")));
    assert!(backend.silent_about("aborted"));
}

#[test]
fn status_sizes_and_headers() {
    let backend = Backend::http1(&[]);
    let mut wire = Wire::open(backend.port());
    assert_eq!(wire.get("/a?status=503").status(), 503);
    let empty = wire.get("/a?status=204&body=10");
    assert_eq!((empty.status(), empty.body.len()), (204, 0));
    assert_eq!(wire.get("/a?body=0").body.len(), 0);
    assert_eq!(wire.get("/a?body=1000000").body, vec![b'x'; 1_000_000]);
    assert_eq!(wire.get("/a?header=70000").header("x-backend-big").map(str::len), Some(70_000));
    let many = wire.get("/a?headers=150&body=5");
    assert_eq!(many.head.lines().filter(|line| line.starts_with("x-backend-extra-")).count(), 150);
    let wrong = wire.get("/a?delay=soon");
    assert_eq!(wrong.status(), 400);
    assert!(String::from_utf8_lossy(&wrong.body).contains("delay=soon"));
    wire.send(b"HEAD /a?body=100 HTTP/1.1\r\nhost: test\r\n\r\n");
    assert!(wire.head().contains("content-length: 100"));
    assert_eq!(wire.get("/").status(), 200);
    assert!(backend.silent_about("aborted"));
}

#[test]
fn delays_leave_probes_alone() {
    let backend = Backend::http1(&["--answer-delay", "400ms"]);
    let mut wire = Wire::open(backend.port());
    let mut timed = |path| {
        let start = Instant::now();
        assert_eq!(wire.get(path).status(), 200);
        start.elapsed().as_millis()
    };
    assert!((400..1000).contains(&timed("/")));
    assert!((500..1000).contains(&timed("/?delay=100")));
    assert!(timed("/readyz") < 350);
    assert!((100..380).contains(&timed("/readyz?delay=100")));
}

#[test]
fn a_body_stalls_half_way() {
    let backend = Backend::http1(&[]);
    let mut wire = Wire::open(backend.port());
    let start = Instant::now();
    wire.ask("/?body=1000&stall=300");
    assert!(wire.head().contains("content-length: 1000"));
    wire.take(500);
    assert!(start.elapsed() < Duration::from_millis(150));
    wire.take(500);
    assert!((300..1000).contains(&start.elapsed().as_millis()));
}

#[test]
fn close_and_abort_end_the_connection() {
    let backend = Backend::http1(&[]);
    let mut wire = Wire::open(backend.port());
    let answer = wire.get("/?close");
    assert_eq!((answer.status(), answer.header("connection")), (200, Some("close")));
    assert_eq!(wire.end_within(Duration::from_secs(1)), End::Fin);
    assert!(backend.silent_about("aborted"));

    let mut wire = Wire::open(backend.port());
    wire.send(b"POST /order?abort&delay=100 HTTP/1.1\r\nhost: test\r\ncontent-length: 3\r\n\r\nabc");
    assert_eq!(wire.end_within(Duration::from_millis(50)), End::Open);
    assert_ne!(wire.end_within(Duration::from_secs(1)), End::Open);
    let line = backend.line("aborted");
    assert!(line.contains("stage=as-asked") && line.contains("method=POST uri=/order?abort&delay=100"), "{line}");
}

#[test]
fn a_client_that_leaves_is_logged() {
    let backend = Backend::http1(&[]);
    let mut wire = Wire::open(backend.port());
    wire.ask("/slow?delay=3000");
    std::thread::sleep(Duration::from_millis(50));
    drop(wire);
    assert!(backend.line("aborted").contains("stage=before-answer"));
    let mut wire = Wire::open(backend.port());
    wire.ask("/stalled?body=100&stall=3000");
    wire.head();
    drop(wire);
    assert!(backend.line("aborted").contains("stage=in-answer"));
}

#[test]
fn bodies_are_read_unless_told_otherwise() {
    let head = b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 6\r\n\r\nabc";
    let backend = Backend::http1(&[]);
    let mut wire = Wire::open(backend.port());
    wire.send(head);
    assert_eq!(wire.end_within(Duration::from_millis(100)), End::Open);
    wire.tcp.set_read_timeout(Some(Duration::from_secs(2))).expect("a time");
    wire.send(b"def");
    assert_eq!(wire.answer().status(), 200);
    assert_eq!(wire.get("/").status(), 200);

    let hasty = Backend::http1(&["--read-body", "none"]);
    let mut wire = Wire::open(hasty.port());
    wire.send(head);
    assert_eq!(wire.answer().status(), 200);
}
