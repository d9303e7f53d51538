//! How long connections live.

use std::time::{Duration, Instant};

use crate::{
    process::Backend,
    wire::{End, Wire, curl},
};

#[test]
fn an_idle_connection_ends_on_time() {
    let backend = Backend::http1(&["--idle-timeout", "400ms"]);
    let mut used = Wire::open(backend.port());
    assert_eq!(used.get("/").status(), 200);
    std::thread::sleep(Duration::from_millis(250));
    // A request takes longer than the time of idleness, and starts it anew.
    assert_eq!(used.get("/?delay=600").status(), 200);
    let start = Instant::now();
    assert_eq!(used.end_within(Duration::from_secs(2)), End::Fin);
    assert!((370..800).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());

    let mut fresh = Wire::open(backend.port());
    let start = Instant::now();
    assert_eq!(fresh.end_within(Duration::from_secs(2)), End::Fin);
    assert!((370..800).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    assert!(backend.silent_about("aborted"));
}

#[test]
fn an_idle_connection_stays_without_the_flag() {
    let backend = Backend::http1(&[]);
    let mut wire = Wire::open(backend.port());
    wire.get("/");
    assert_eq!(wire.end_within(Duration::from_millis(600)), End::Open);
}

#[test]
fn a_connection_has_only_so_many_requests() {
    let backend = Backend::listening(&["http1", "h2"], &["--max-requests-per-connection", "2"]);
    let mut wire = Wire::open(backend.port());
    assert_eq!(wire.get("/").header("connection"), None);
    assert_eq!(wire.get("/").header("connection"), Some("close"));
    assert_eq!(wire.end_within(Duration::from_secs(1)), End::Fin);

    // HTTP/2 says goodbye, and a fast client slips in another request before it hears it.
    let address = format!("https://127.0.0.1:{}/?delay=20", backend.port_of(1));
    let seen = curl(&[["-k", "-D-"].as_slice(), &["-o/dev/null", &address].repeat(6)].concat());
    let text = String::from_utf8_lossy(&seen.stdout).replace('\r', "");
    let requests: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("x-backend-request: ")).collect();
    assert_eq!((requests.len(), &requests[..2]), (6, ["1", "2"].as_slice()));
    assert!(requests[2..].contains(&"1"), "{requests:?}");
}

#[test]
fn an_idle_connection_of_http2_gets_a_goodbye() {
    let backend = Backend::listening(&["h2c"], &["--idle-timeout", "300ms"]);
    let mut wire = Wire::open(backend.port());
    // The preface and empty SETTINGS; then nothing more, not even an answer to the PING that comes with GOAWAY.
    wire.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    let start = Instant::now();
    let mut kinds = Vec::new();
    while let Some(head) = wire.try_take(9) {
        kinds.push(head[3]);
        wire.take(usize::from(head[1]) * 256 + usize::from(head[2]));
    }
    assert!(kinds.contains(&7), "{kinds:?}");
    assert!((280..1500).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}
