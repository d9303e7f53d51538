//! From the start to the first right answer, and what happens without any request.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use crate::{
    process::Backend,
    wire::{Wire, get},
};

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

#[test]
fn nothing_listens_before_the_delay() {
    let port = free_port();
    let backend = Backend::spawn(&["--listen", &format!("{port}=http1"), "--start-delay", "500ms"]);
    backend.line("start name=pod-1 app=shop");
    assert!(Wire::try_open(port).is_err());
    backend.line("listen ");
    assert!(backend.started.elapsed() >= Duration::from_millis(450));
    assert_eq!(get(port, "/readyz").status(), 200);
    backend.line("ready");
}

#[test]
fn the_first_answer_comes_soon() {
    let port = free_port();
    let backend = Backend::spawn(&["--listen", &format!("{port}=http1")]);
    while Wire::try_open(port).is_err() {
        assert!(backend.started.elapsed() < Duration::from_secs(2));
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(get(port, "/").status(), 200);
}

#[test]
fn it_listens_before_it_works() {
    let backend = Backend::http1(&["--ready-after", "600ms"]);
    let statuses = |paths: [&str; 3]| paths.map(|path| get(backend.port(), path).status());
    assert_eq!(statuses(["/livez", "/readyz", "/shop"]), [200, 503, 500]);
    backend.line("ready after_ms=6");
    assert_eq!(statuses(["/livez", "/readyz", "/shop"]), [200, 200, 200]);
}

#[test]
fn readiness_lies_and_readiness_fails() {
    let liar = Backend::http1(&["--ready-after", "5s", "--ready", "lies"]);
    assert_eq!(["/readyz", "/shop"].map(|path| get(liar.port(), path).status()), [200, 500]);
    let failing = Backend::http1(&["--ready-fails-after", "300ms"]);
    assert_eq!(get(failing.port(), "/readyz").status(), 200);
    failing.line("unready");
    assert_eq!(["/readyz", "/shop", "/livez"].map(|path| get(failing.port(), path).status()), [503, 200, 200]);
}

#[test]
fn it_crashes_and_it_grows() {
    let start = Instant::now();
    let mut backend = Backend::http1(&["--crash-every", "300ms"]);
    assert_eq!(backend.code(), 1);
    assert!((290..900).contains(&start.elapsed().as_millis()));
    let growing = Backend::http1(&["--grow", "50"]);
    let before = growing.memory();
    std::thread::sleep(Duration::from_millis(500));
    assert!((15_000..40_000).contains(&(growing.memory() - before)));
}

#[test]
fn flags_come_from_the_environment_and_faults_say_what_to_do() {
    let run = |name: &str, value: &str| {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_backend")).env(name, value).output().expect("it runs");
        assert!(!out.status.success());
        String::from_utf8(out.stderr).expect("text")
    };
    assert!(run("BACKEND_LISTEN", "8080=spdy").contains("https-auto"));
    assert!(run("BACKEND_ON_TERM", "serve-for").contains("serve-for=10s"));
    assert!(run("BACKEND_START_DELAY", "soon").contains("500ms"));
    let taken = TcpListener::bind("0.0.0.0:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    assert!(run("BACKEND_LISTEN", &format!("{port}=http1")).contains("choose another port"));
}
