//! The end of a server: nobody who was asked to wait is left without an answer.

use std::time::Duration;

use super::client::{Http1, Http2, eventually, fed, feed, full, post, post2, send1, send2};
use super::process::{PATIENCE, Server};
use super::{DENIED, harmless};

/// "At once", on a machine that is busy. Requests in flight would be waited for for ten seconds.
const AT_ONCE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn while_it_drains_it_is_unready_and_still_serves() {
    let server = Server::start(&["--drain-delay", "5"]);
    let mut kept = server.http1().await;
    let mut streams = server.http2().await;
    let answer = send1(&mut kept, post("/validate", full(DENIED))).await.unwrap();
    assert_eq!(answer.header("connection"), "");
    server.terminate();
    eventually("unready", async || server.get("/readyz").await.status == 503).await;
    let report = server.get("/readyz?verbose").await;
    assert_eq!(report.status, 503);
    assert!(report.text().starts_with("[-] shutting down\n"), "{}", report.text());
    assert_eq!(server.get("/livez").await.status, 200, "it is alive until it ends");

    let answer = send1(&mut kept, post("/validate", full(DENIED))).await.unwrap();
    assert_eq!(answer.header("connection"), "close", "the client should open its next connection elsewhere");
    assert_eq!(answer.response()["allowed"], false);
    let answer = server.post("/mutate", harmless("new")).await;
    assert_eq!(answer.header("connection"), "close", "new connections are still taken");
    let answer = send2(&mut streams, post2("/validate", full(DENIED))).await.unwrap();
    assert_eq!(answer.response()["allowed"], false);
    assert_eq!(answer.header("connection"), "", "HTTP/2 has no such header");
    let (status, lines) = server.end(PATIENCE);
    assert_eq!(status.code(), Some(0), "{}", lines.join("\n"));
    assert!(lines.iter().any(|line| line.ends_with("INFO stopped")), "{}", lines.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_flight_get_their_answers() {
    let server = Server::start(&[]);
    let (head, tail) = DENIED.split_at(DENIED.len() / 2);
    let shared: Http2 = server.http2().await;
    let (mut feeds, mut waiting) = (Vec::new(), Vec::new());
    for index in 0..200 {
        let (slow, body) = fed();
        feed(&slow, head);
        feeds.push(slow);
        waiting.push(if index % 2 == 0 {
            let mut own: Http1 = server.http1().await;
            tokio::spawn(async move { send1(&mut own, post("/validate", body)).await })
        } else {
            let mut shared = shared.clone();
            tokio::spawn(async move { send2(&mut shared, post2("/validate", body)).await })
        });
    }
    eventually("200 in flight", async || server.metric("no502_inflight_requests").await == Some(200.0)).await;
    server.terminate();
    server.line(|line| line.contains("waiting for requests in flight"));
    assert!(waiting.iter().all(|waiting| !waiting.is_finished()), "nobody was sent away");
    for slow in feeds {
        feed(&slow, tail);
    }
    for waiting in waiting {
        let answer = waiting.await.unwrap().expect("an answer");
        assert_eq!(answer.response()["allowed"], false);
    }
    let (status, lines) = server.end(PATIENCE);
    assert_eq!(status.code(), Some(0), "{}", lines.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_hold_nothing_up() {
    let server = Server::start(&[]);
    let mut kept = server.http1().await;
    send1(&mut kept, post("/validate", full(DENIED))).await.unwrap();
    let mut streams = server.http2().await;
    send2(&mut streams, post2("/validate", full(DENIED))).await.unwrap();
    server.terminate();
    let (status, _) = server.end(AT_ONCE);
    assert_eq!(status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_at_once() {
    for delay in ["60", "0"] {
        let server = Server::start(&["--drain-delay", delay]);
        let (slow, body) = fed();
        let mut stuck = server.http1().await;
        feed(&slow, "{");
        let waiting = tokio::spawn(async move { send1(&mut stuck, post("/validate", body)).await });
        eventually("one in flight", async || server.metric("no502_inflight_requests").await == Some(1.0)).await;
        server.terminate();
        server.line(|line| line.contains("asked to stop"));
        if delay == "0" {
            server.line(|line| line.contains("waiting for requests in flight"));
        }
        server.terminate();
        let (status, lines) = server.end(AT_ONCE);
        assert!(status.code().is_some(), "it ended by itself: {}", lines.join("\n"));
        assert!(waiting.await.unwrap().is_err());
    }
}
