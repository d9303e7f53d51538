//! More reviews at once than are judged at once: the others are told when to come back.

use super::client::{Http2, eventually, fed, feed, full, post2, send2};
use super::process::Server;
use super::{DENIED, harmless};

/// How many are judged at once.
const PLACES: u32 = 1024;
/// How many streams one connection may have.
const STREAMS: u32 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn overload_says_when_to_come_back() {
    let server = Server::start(&["--log-level", "error"]);
    let mut connections: Vec<Http2> = Vec::new();
    for _ in 0..PLACES.div_ceil(STREAMS) {
        connections.push(server.http2().await);
    }
    let mut feeds = Vec::new();
    let mut waiting = Vec::new();
    for index in 0..PLACES {
        let (slow, body) = fed();
        let mut streams = connections[(index / STREAMS) as usize].clone();
        waiting.push(tokio::spawn(async move { send2(&mut streams, post2("/validate", body)).await }));
        feeds.push(slow);
    }
    eventually("all places are taken", async || server.metric("no502_inflight_requests").await == Some(f64::from(PLACES))).await;

    let mut one_more = server.http2().await;
    for path in ["/validate", "/mutate"] {
        let answer = send2(&mut one_more, post2(path, full(DENIED))).await.unwrap();
        assert_eq!((answer.status, answer.header("retry-after")), (429, "1"), "{}", answer.text());
        assert!(answer.text().contains("1024 reviews are being judged"), "{}", answer.text());
    }
    assert_eq!(server.metric("no502_admission_rejected_total{reason=\"overload\"}").await, Some(2.0));
    assert_eq!(server.get("/livez").await.status, 200, "a busy server is alive");

    for slow in feeds {
        feed(&slow, &harmless("held"));
    }
    for held in waiting {
        assert_eq!(held.await.unwrap().unwrap().response()["uid"], "held");
    }
    let answer = send2(&mut one_more, post2("/validate", full(DENIED))).await.unwrap();
    assert_eq!(answer.response()["allowed"], false, "places are free again");
    assert_eq!(server.metric("no502_inflight_requests").await, Some(0.0));
}
