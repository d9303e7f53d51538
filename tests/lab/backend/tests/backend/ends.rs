//! What SIGTERM does.

use std::time::{Duration, Instant};

use crate::{
    process::Backend,
    wire::{End, Wire, get},
};

const SOON: Duration = Duration::from_secs(1);

#[test]
fn exit_cuts_what_runs() {
    let mut backend = Backend::http1(&["--on-term", "exit"]);
    let mut wire = Wire::open(backend.port());
    wire.ask("/?delay=3000");
    std::thread::sleep(Duration::from_millis(50));
    backend.term();
    assert_ne!(wire.end_within(SOON), End::Open);
    assert_eq!(backend.code(), 143);
    assert!(backend.line("sigterm").contains("running=1 open=1"));
    assert!(backend.line("end code=143").contains("running=1 open=1"));
}

#[test]
fn exit_works_before_anything_listens() {
    let mut backend = Backend::spawn(&["--start-delay", "9s"]);
    backend.line("start");
    backend.term();
    assert_eq!(backend.code(), 143);
}

#[test]
fn drain_finishes_what_runs_and_refuses_the_rest() {
    let mut backend = Backend::listening(&["http1", "auto"], &["--on-term", "drain"]);
    let mut busy = Wire::open(backend.port());
    let mut idle = Wire::open(backend.port());
    let mut fresh = Wire::open(backend.port());
    let mut undecided = Wire::open(backend.port_of(1));
    idle.get("/");
    busy.ask("/?delay=700");
    std::thread::sleep(Duration::from_millis(50));
    backend.term();
    backend.line("sigterm");
    assert_eq!(idle.end_within(SOON), End::Fin);
    assert_eq!(fresh.end_within(SOON), End::Fin);
    assert_eq!(undecided.end_within(SOON), End::Fin);
    assert!(Wire::try_open(backend.port()).is_err());
    assert!(backend.runs());
    let answer = busy.answer();
    assert_eq!((answer.status(), answer.header("connection")), (200, Some("close")));
    assert_eq!(busy.end_within(SOON), End::Fin);
    assert_eq!(backend.code(), 0);
    assert!(backend.line("end code=0").contains("running=0 open=0"));
}

#[test]
fn drain_waits_for_streams_of_http2() {
    let mut backend = Backend::listening(&["h2c"], &["--on-term", "drain"]);
    let address = format!("http://127.0.0.1:{}/?delay=500", backend.port());
    let client =
        std::thread::spawn(move || crate::wire::curl(&["--http2-prior-knowledge", "-w%{http_code}", "-o/dev/null", &address]));
    std::thread::sleep(Duration::from_millis(200));
    backend.term();
    assert_eq!(client.join().expect("curl").stdout, b"200");
    assert_eq!(backend.code(), 0);
}

#[test]
fn ignore_goes_on() {
    let mut backend = Backend::http1(&["--on-term", "ignore"]);
    backend.term();
    backend.line("sigterm");
    backend.term();
    backend.line("sigterm");
    assert_eq!(get(backend.port(), "/").status(), 200);
    assert!(backend.runs());
}

#[test]
fn serve_for_a_while_then_drain() {
    let mut backend = Backend::http1(&["--on-term", "serve-for=500ms"]);
    backend.term();
    backend.line("sigterm");
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(get(backend.port(), "/").status(), 200);
    assert_eq!(backend.code(), 0);
    assert!((450..900).contains(&start.elapsed().as_millis()));
}
