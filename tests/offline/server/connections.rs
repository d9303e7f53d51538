//! Connections: kept, shared, slow, and what the API server adds to the path.

use std::time::Duration;

use super::client::{fed, feed, full, post, post2, send1, send2};
use super::process::Server;
use super::{DENIED, denied_with, harmless};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn one_http1_connection_serves_many_requests() {
    let server = Server::start(&[]);
    let mut kept = server.http1().await;
    for round in 0..100 {
        let uid = format!("uid-{round}");
        let path = ["/validate", "/mutate"][round % 2];
        let answer = send1(&mut kept, post(path, full(denied_with(&[("/uid", json!(uid))])))).await.unwrap();
        assert_eq!(answer.header("connection"), "", "the connection is kept");
        assert_eq!(answer.response()["uid"], uid);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_http2_connection_serves_many_requests_at_once() {
    let server = Server::start(&[]);
    let streams = server.http2().await;
    let asked = (0..150).map(|round| {
        let mut streams = streams.clone();
        async move {
            let uid = format!("uid-{round}");
            let answer = send2(&mut streams, post2("/validate", full(denied_with(&[("/uid", json!(uid))])))).await;
            assert_eq!(answer.unwrap().response()["uid"], uid);
        }
    });
    futures::future::join_all(asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_that_cannot_be_read_is_ignored() {
    let server = Server::start(&[]);
    let mut kept = server.http1().await;
    for query in [
        "timeout=3s",
        "timeout=0s",
        "timeout=",
        "timeout",
        "timeout=-1s",
        "timeout=soon",
        "timeout=99999999999999999999h",
        "timeout=%FF%00",
        "timeout=%",
        "timeout=1s&timeout=2s",
        "other=1&timeout=1s",
        "&&==&",
    ] {
        let answer = send1(&mut kept, post(&format!("/validate?{query}"), full(DENIED))).await.unwrap();
        assert_eq!(answer.status, 200, "?{query}: {}", answer.text());
        assert_eq!(answer.response()["allowed"], false, "?{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_hold_up_nobody() {
    let server = Server::start(&[]);
    let (slow, body) = fed();
    let mut other = server.http1().await;
    let mut streams = server.http2().await;
    let waiting = tokio::spawn(async move { send1(&mut other, post("/validate", body)).await });
    let (slow2, body) = fed();
    let mut same = streams.clone();
    let waiting2 = tokio::spawn(async move { send2(&mut same, post2("/validate", body)).await });
    let (head, tail) = DENIED.split_at(DENIED.len() / 2);
    for piece in head.as_bytes().chunks(200) {
        feed(&slow, str::from_utf8(piece).unwrap());
        feed(&slow2, str::from_utf8(piece).unwrap());
        let answer = server.post("/validate", harmless("quick")).await;
        assert_eq!(answer.response()["uid"], "quick");
        // Beside a slow stream of its own connection, too.
        let answer = send2(&mut streams, post2("/mutate", full(harmless("beside")))).await.unwrap();
        assert_eq!(answer.response()["uid"], "beside");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!waiting.is_finished() && !waiting2.is_finished());
    for (feeder, waiting) in [(slow, waiting), (slow2, waiting2)] {
        feed(&feeder, tail);
        drop(feeder);
        assert_eq!(waiting.await.unwrap().unwrap().response()["allowed"], false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_instead_of_tls_disturbs_nobody() {
    let mut server = Server::start(&[]);
    for noise in ["GET / HTTP/1.1\r\nhost: x\r\n\r\n", "\u{16}\u{3}\u{1}\u{ff}\u{ff}", "\0\0\0\0\0\0"] {
        let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        stream.writable().await.unwrap();
        stream.try_write(noise.as_bytes()).unwrap();
        assert_eq!(server.post("/validate", harmless("a")).await.response()["allowed"], true);
        drop(stream);
    }
    assert!(server.is_running());
}
