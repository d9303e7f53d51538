//! The load against servers that behave, stall, close, cut and lie.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

use super::servers::{self, GOOD};
use super::traffic::{Method, Protocol};
use super::*;

const MILLI: Duration = Duration::from_millis(1);

fn traffic(address: std::net::SocketAddr) -> Traffic {
    Traffic { address, timeout: no502::units::Duration::from_secs(2), ..Traffic::default() }
}

async fn run(traffic: &Traffic, time: Duration) -> Record {
    let load = Load::start(traffic).unwrap();
    sleep(time).await;
    load.stop().await
}

async fn failure(traffic: &Traffic) -> Failure {
    match once(traffic).await.unwrap().result {
        Reply::Failure(failure) => failure,
        answer @ Reply::Status { .. } => panic!("{answer:?}"),
    }
}

/// Every request came to this; returns how many there were.
fn all(record: &Record, outcome: &str) -> u64 {
    let count = u32::try_from(record.answers.len()).unwrap();
    assert_eq!(record.counts(Some("shop")), BTreeMap::from([(outcome.to_owned(), count)]));
    assert!(count > 3, "{count}");
    u64::from(count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rate_is_held() {
    let (address, seen) = servers::answering(GOOD, Duration::ZERO).await;
    for connections in [Connections::New, Connections::Reuse] {
        seen.store(0, Ordering::Relaxed);
        let record = run(&Traffic { rate: 200, connections, ..traffic(address) }, 2000 * MILLI).await;
        // However long a busy machine let it run.
        let due = record.lasted.as_millis() / 5;
        assert!(u128::from(all(&record, "200")).abs_diff(due) <= 4, "{} in {:?}", record.answers.len(), record.lasted);
        assert_eq!(usize::try_from(seen.load(Ordering::Relaxed)), Ok(record.answers.len()));
        assert_eq!(record.answers[199].sent, 995 * MILLI);
        let used = record.answers.iter().map(|answer| answer.connection).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(connections == Connections::New, used.len() == record.answers.len(), "{used:?}");
    }
}

#[tokio::test]
async fn a_stalling_server_does_not_slow_the_load() {
    let (address, seen) = servers::answering(GOOD, 900 * MILLI).await;
    let load = Load::start(&Traffic { rate: 100, connections: Connections::Reuse, ..traffic(address) }).unwrap();
    sleep(800 * MILLI).await;
    // A closed loop would have sent one.
    assert!(seen.load(Ordering::Relaxed) >= 40, "{seen:?}");
    let record = load.stop().await;
    assert_eq!(record.failures(None), 0);
    assert!(record.answers.iter().all(|answer| answer.took >= 900 * MILLI));
    assert!(record.longest_gap(None) >= 800 * MILLI);
}

#[tokio::test]
async fn an_answer_names_who_gave_it() {
    let (address, _) = servers::answering(GOOD, Duration::ZERO).await;
    let answer = once(&traffic(address)).await.unwrap();
    let (backend, app) = (Some("pod-1".to_owned()), Some("shop".to_owned()));
    assert_eq!(answer.result, Reply::Status { code: 200, backend, app, arrived: Some(1_700_000_000_000_000), grpc: None });
    assert_eq!(answer.connection, 1);
    assert_eq!(answer.result.outcome(Some("other")), "wrong backend");
}

#[tokio::test]
async fn connections_known_to_be_closed_are_replaced() {
    // No `connection: close`: the client learns of the end only by the end itself.
    let address = servers::cutting(GOOD, false).await;
    let record = run(&Traffic { rate: 50, connections: Connections::Reuse, ..traffic(address) }, 400 * MILLI).await;
    assert_eq!(record.failures(None), 0, "{:?}", record.counts(None));
    assert!(record.answers.last().unwrap().connection > 10);
}

#[tokio::test]
async fn a_connection_closed_on_a_written_request_is_a_failure_of_a_post() {
    let address = servers::listen(|mut stream, _| async move {
        servers::request(&mut stream).await;
        stream.write_all(GOOD.as_bytes()).await.unwrap();
        servers::request(&mut stream).await;
    });
    let traffic = Traffic { rate: 20, connections: Connections::Reuse, method: Method::Post, ..traffic(address.await) };
    let record = run(&traffic, 290 * MILLI).await;
    let outcomes: Vec<_> = record.answers.iter().map(|answer| answer.result.outcome(None)).collect();
    assert_eq!(outcomes[..4], ["200", "closed", "200", "closed"]);
    assert_eq!(record.answers[1].connection, 1);
    // What can be sent again is, as clients do.
    assert_eq!(record.resent, 0);
    let record = run(&Traffic { method: Method::Get, ..traffic }, 190 * MILLI).await;
    all(&record, "200");
    assert!(record.resent > 0);
}

#[tokio::test]
async fn http2_shares_one_connection_where_wanted() {
    let address = servers::http2(None).await;
    for connections in [Connections::Reuse, Connections::New] {
        let traffic = Traffic { protocol: Protocol::H2c, rate: 50, connections, ..traffic(address) };
        let record = run(&traffic, 90 * MILLI).await;
        let count = all(&record, "200");
        let last = record.answers.iter().map(|answer| answer.connection).max();
        assert_eq!(last, Some(if connections == Connections::New { count } else { 1 }));
    }
}

#[tokio::test]
async fn http2_that_goes_away_is_opened_again() {
    let address = servers::listen(|stream, _| async move {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            let response = hyper::Response::builder().header("x-backend-app", "shop").body(()).unwrap();
            respond.send_response(response, true).unwrap();
            connection.graceful_shutdown();
        }
    });
    let traffic = Traffic { protocol: Protocol::H2c, rate: 50, connections: Connections::Reuse, ..traffic(address.await) };
    let record = run(&traffic, 190 * MILLI).await;
    let count = all(&record, "200");
    assert!(record.answers.iter().any(|answer| answer.connection > count / 2));
}

#[tokio::test]
async fn grpc_is_judged_by_its_status() {
    for (status, outcome, good) in [(Some("0"), "200", true), (Some("14"), "grpc 14", false), (None, "grpc 2", false)] {
        let address = servers::http2(status).await;
        let answer = once(&Traffic { protocol: Protocol::Grpc, ..traffic(address) }).await.unwrap();
        assert_eq!(answer.result.outcome(Some("shop")), outcome);
        assert_eq!(answer.result.is_good(Some("shop")), good);
    }
}

#[tokio::test]
async fn websockets_echo() {
    let address = servers::websocket().await;
    let traffic = Traffic { protocol: Protocol::WebSocket, body: 300, ..traffic(address) };
    assert_eq!(once(&traffic).await.unwrap().result.outcome(Some("shop")), "101");
    let silent = Traffic { silence: no502::units::Duration::from_millis(300), ..traffic.clone() };
    let answer = once(&silent).await.unwrap();
    assert_eq!((&*answer.result.outcome(None), answer.took >= 300 * MILLI), ("101", true));
    let (plain, _) = servers::answering(GOOD, Duration::ZERO).await;
    assert_eq!(once(&Traffic { address: plain, ..traffic }).await.unwrap().result.outcome(None), "200");
}

#[tokio::test]
async fn tls_takes_any_certificate() {
    let address = servers::tls().await;
    let (protocol, host) = (Protocol::Https, "shop.example".to_owned());
    let record = run(&Traffic { protocol, host, connections: Connections::Reuse, ..traffic(address) }, 190 * MILLI).await;
    all(&record, "200");
}

#[tokio::test]
async fn what_is_cut_short_is_closed_or_reset() {
    for (answer, reset, expected) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", false, Failure::Closed),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n", false, Failure::Closed),
        ("HTTP/1.1 200 OK\r\nx-half: ", false, Failure::Closed),
        ("", false, Failure::Closed),
        ("", true, Failure::Reset),
    ] {
        let address = servers::cutting(answer, reset).await;
        assert_eq!(failure(&traffic(address)).await, expected, "{answer:?}");
    }
}

#[tokio::test]
async fn streams_and_connections_of_http2_that_are_cut() {
    for (way, expected) in [("stream", Failure::Reset), ("reset", Failure::Closed), ("end", Failure::Closed)] {
        let address = servers::listen(move |stream, _| async move {
            if way == "reset" {
                stream.set_zero_linger().unwrap();
            }
            let mut connection = h2::server::handshake(stream).await.unwrap();
            let (_, mut respond) = connection.accept().await.unwrap().unwrap();
            if way == "stream" {
                respond.send_reset(h2::Reason::REFUSED_STREAM);
                while connection.accept().await.is_some() {}
            }
        });
        let traffic = Traffic { protocol: Protocol::H2c, ..traffic(address.await) };
        assert_eq!(failure(&traffic).await, expected, "{way}");
    }
}

#[tokio::test]
async fn a_port_without_a_listener_refuses() {
    let traffic = traffic(([127, 0, 0, 1], 1).into());
    let answer = once(&traffic).await.unwrap();
    assert_eq!((answer.result, answer.connection), (Reply::Failure(Failure::Refused), 0));
}

#[tokio::test]
async fn slow_answers_are_timeouts() {
    let (address, _) = servers::answering(GOOD, Duration::from_secs(20)).await;
    let timeout = no502::units::Duration::from_millis(150);
    let record = run(&Traffic { timeout, ..traffic(address) }, 110 * MILLI).await;
    all(&record, "timeout");
    assert!(record.answers.iter().all(|answer| (150 * MILLI..900 * MILLI).contains(&answer.took) && answer.connection > 0));
}

#[tokio::test]
async fn heads_are_read_up_to_what_clients_take() {
    for (size, outcome) in [(100_000, "200"), (3_000_000, "too large")] {
        let head = format!("HTTP/1.1 200 OK\r\nx-large: {}\r\ncontent-length: 0\r\n\r\n", "x".repeat(size));
        let (address, _) = servers::answering(head.leak(), Duration::ZERO).await;
        assert_eq!(once(&traffic(address)).await.unwrap().result.outcome(None), outcome);
    }
}

#[tokio::test]
async fn an_early_refusal_of_a_large_body_is_read() {
    let address = servers::listen(|mut stream, _| async move {
        servers::request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        stream.shutdown().await.unwrap();
        // As gateways do: what still comes is read for a while, so that no reset overtakes the answer.
        let _ = tokio::time::timeout(300 * MILLI, tokio::io::copy(&mut stream.take(100_000), &mut tokio::io::sink())).await;
    });
    let traffic = Traffic { method: Method::Post, body: 8_000_000, ..traffic(address.await) };
    assert_eq!(once(&traffic).await.unwrap().result.outcome(None), "413");
}

#[test]
fn traffic_is_written_as_people_write_it() {
    let text = r#"{"host": "shop.example", "path": "/?delay=5", "method": "POST", "rate": 20, "body": 100, "connections": "reuse",
        "timeout": "300ms", "protocol": "https", "headers": [["x-a", "b"]]}"#;
    let traffic: Traffic = serde_json::from_str(text).unwrap();
    assert_eq!((traffic.method, traffic.rate, traffic.timeout.as_millis()), (Method::Post, 20, 300));
    assert_eq!(traffic.protocol, Protocol::Https);
    for (text, protocol) in [("h2c", Protocol::H2c), ("websocket", Protocol::WebSocket), ("grpcs", Protocol::Grpcs)] {
        let traffic: Traffic = serde_json::from_str(&format!(r#"{{"protocol": "{text}"}}"#)).unwrap();
        assert_eq!(traffic.protocol, protocol);
    }
    assert!(serde_json::from_str::<Traffic>(r#"{"rates": 1}"#).is_err());
}

#[tokio::test]
async fn bad_traffic_is_refused_before_anything_is_sent() {
    let base = Traffic::default();
    let path = Traffic { path: "no slash".to_owned(), ..base.clone() };
    assert_eq!(once(&path).await.err(), Some(BadTraffic::Uri("no slash".to_owned())));
    let header = Traffic { headers: vec![("a b".to_owned(), String::new())], ..base };
    assert_eq!(Load::start(&header).err(), Some(BadTraffic::Header("a b".to_owned())));
}

fn status(sent: u64, took: u64, code: u16, backend: &str) -> Answer {
    let app = backend.split('-').next().map(str::to_owned);
    let arrived = Some(1_000_000 + sent * 1000);
    let result = Reply::Status { code, backend: Some(backend.to_owned()), app, arrived, grpc: None };
    Answer { sent: Duration::from_millis(sent), took: Duration::from_millis(took), connection: 1, result }
}

fn record() -> Record {
    let answers = vec![
        status(0, 10, 200, "shop-1"),
        status(100, 30, 200, "shop-2"),
        status(150, 20, 200, "shop-1"),
        status(200, 20, 502, "shop-2"),
        status(300, 20, 200, "blog-1"),
        status(400, 50, 204, "shop-1"),
    ];
    let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    Record { started, lasted: 500 * MILLI, lateness: Duration::ZERO, resent: 0, answers }
}

#[test]
fn a_record_adds_up() {
    let record = record();
    let shop = Some("shop");
    let counts = [("200", 3), ("204", 1), ("502", 1), ("wrong backend", 1)].map(|(outcome, count)| (outcome.to_owned(), count));
    assert_eq!(record.counts(shop), BTreeMap::from(counts));
    assert_eq!((record.failures(shop), record.failures(None)), (2, 1));
    assert_eq!((record.longest_gap(shop), record.longest_gap(None)), (280 * MILLI, 150 * MILLI));
    let arrivals = [("blog-1", 300), ("shop-1", 400), ("shop-2", 200)].map(|(pod, at)| (pod.to_owned(), at * MILLI));
    assert_eq!(record.last_arrivals(), BTreeMap::from(arrivals));
}

#[test]
fn a_timeline_is_short_and_read_back() {
    let timeline = record().timeline(Some("shop"));
    assert_eq!(timeline.totals(), BTreeMap::from([("200", 3), ("204", 1), ("502", 1), ("wrong backend", 1)]));
    let text = serde_json::to_string(&timeline).unwrap();
    let expected = r#"{"bin":"100ms","bins":{"200":"1 2 0*3","204":"0*4 1","502":"0*2 1 0*2","wrong backend":"0*3 1 0"}}"#;
    assert_eq!(text, expected);
    assert_eq!(serde_json::from_str::<Timeline>(&text).unwrap(), timeline);
    assert!(serde_json::from_str::<Timeline>(&text.replace("0*4", "0*9999999999")).is_err());
}
