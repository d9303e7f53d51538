//! Failures that pages warn of, in a second or two: nothing but nginx, a pod and requests, with the values of an Ingress as no502
//! reads them. The laboratory shows rules with a whole cluster around them; here they are shown with nothing around them.

use serde_json::json;

use super::experiment::{Experiment, Mend, TWICE};
use super::objects::ingress;
use super::pods::Pod::{Far, Gone, Hangs, Says, Speaks, Unreachable};

const BAD_GATEWAY: &str = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const NO_ANSWER: &str = "";

#[test]
fn an_answer_slower_than_a_default_that_nobody_wrote() {
    Experiment {
        name: "timeout-unset",
        title: "An answer after 2.5 s, a default of 1 s, and nothing on the Ingress",
        rule: "timeout-unset",
        key: "proxy-read-timeout",
        objects: ingress(&json!({})).config(json!({"proxy-read-timeout": "1"})),
        mend: Mend::Meant("10"),
        pods: &[Speaks("http1")],
        traffic: json!({"rate": 20, "method": "POST", "path": "/?delay=2500"}),
        seconds: 3,
        fails: &["504"],
        at_least: 40,
        because: &["upstream timed out"],
    }
    .run();
}

#[test]
fn a_websocket_that_is_silent_for_longer_than_the_read_timeout() {
    Experiment {
        name: "websocket-cut-short",
        title: "A WebSocket that says nothing for 2 s, a default of 1 s, and nothing on the Ingress",
        rule: "websocket-cut-short",
        key: "timeout",
        objects: ingress(&json!({})).config(json!({"proxy-read-timeout": "1"})).declaring("websocket", "true"),
        mend: Mend::Advice,
        pods: &[Speaks("http1")],
        traffic: json!({"rate": 10, "protocol": "websocket", "path": "/ws", "body": 10, "silence": "2s"}),
        seconds: 3,
        fails: &["closed", "reset"],
        at_least: 25,
        because: &["upstream timed out"],
    }
    .run();
}

#[test]
fn a_read_timeout_of_0_is_no_time_and_not_no_limit() {
    Experiment {
        name: "timeout-out-of-range-read",
        title: "A read timeout of 0, meant as no limit",
        objects: ingress(&json!({"proxy-read-timeout": "0"})),
        ..zero("proxy-read-timeout")
    }
    .run();
}

#[test]
fn a_connect_timeout_of_0_is_no_time_and_not_no_limit() {
    Experiment {
        name: "timeout-out-of-range-connect",
        title: "A connect timeout of 0, meant as no limit",
        objects: ingress(&json!({"proxy-connect-timeout": "0"})),
        ..zero("proxy-connect-timeout")
    }
    .run();
}

fn zero(key: &'static str) -> Experiment<'static> {
    Experiment {
        name: "",
        title: "",
        rule: "timeout-out-of-range",
        key,
        objects: ingress(&json!({})),
        mend: Mend::Advice,
        pods: &[Speaks("http1")],
        traffic: json!({"rate": 50}),
        seconds: 2,
        fails: &["504"],
        at_least: 90,
        because: &["upstream timed out"],
    }
}

#[test]
fn a_client_leaves_while_the_gateway_still_connects_to_a_dead_node() {
    let bounds = json!({"strict": {"rules": {"timeout-out-of-range": {"connect": {"max": "1s"}}}}});
    Experiment {
        name: "timeout-out-of-range-dead-node",
        title: "One node of two is gone, and the gateway tries to connect for 60 s; clients wait 5 s, and the policy allows 1 s",
        rule: "timeout-out-of-range",
        key: "proxy-connect-timeout",
        objects: ingress(&json!({"proxy-connect-timeout": "60"})).policy("profiles", bounds),
        mend: Mend::Advice,
        pods: &[Speaks("http1"), Unreachable],
        traffic: json!({"rate": 20, "timeout": "5s"}),
        seconds: 3,
        fails: &["timeout"],
        at_least: 20,
        because: &["client prematurely closed connection"],
    }
    .run();
}

#[test]
fn an_answer_with_a_head_larger_than_the_buffer() {
    Experiment {
        name: "header-buffer-small",
        title: "Answers with 6,000 bytes of headers",
        rule: "header-buffer-small",
        key: "proxy-buffer-size",
        objects: ingress(&json!({})),
        mend: Mend::Advice,
        pods: &[Speaks("http1")],
        traffic: json!({"rate": 50, "path": "/?header=6000"}),
        seconds: 2,
        fails: &["502"],
        at_least: 90,
        because: &["upstream sent too big header"],
    }
    .run();
}

#[test]
fn a_connection_that_the_backend_closes_while_the_next_request_is_on_its_way() {
    Experiment {
        name: "keepalive-outlives-backend",
        title: "Pods close connections that are idle for 1.4 s, and the gateway keeps them for 60 s",
        rule: "keepalive-outlives-backend",
        key: "keep-alive",
        objects: ingress(&json!({})).declaring("keep-alive", "1400ms"),
        mend: Mend::Pods(&[Far(90_000); 15]),
        ..kept()
    }
    .run();
}

#[test]
fn how_long_connections_are_kept_is_said_in_the_config_map() {
    Experiment {
        name: "key-without-effect-keep-alive",
        title: "Pods close connections that are idle for 1.4 s, and the gateway keeps them for 60 s, whatever the Ingress says",
        rule: "key-without-effect",
        key: "upstream-keepalive-timeout",
        objects: ingress(&json!({"upstream-keepalive-timeout": "1"})),
        mend: Mend::Advice,
        ..kept()
    }
    .run();
}

/// Each pod has a request every 1.5 s and closes after 1.4 s. What it says takes 0.1 s, and so does what it is asked: each second
/// request to it is on its way to a connection that is closed already.
fn kept() -> Experiment<'static> {
    Experiment {
        name: "",
        title: "",
        rule: "",
        key: "",
        objects: ingress(&json!({})),
        mend: Mend::Advice,
        pods: &[Far(1400); 15],
        traffic: json!({"rate": 10, "method": "POST", "body": 10}),
        seconds: 6,
        fails: &["502"],
        at_least: 5,
        because: &["prematurely closed", "reset by peer", "Broken pipe"],
    }
}

#[test]
fn http_to_a_server_of_grpc() {
    Experiment {
        name: "backend-protocol-mismatch-http-to-grpc",
        title: "Calls of gRPC reach a gRPC server as HTTP/1",
        objects: ingress(&json!({})).declaring("protocol", "grpc"),
        pods: &[Speaks("grpc")],
        traffic: json!({"rate": 50, "protocol": "grpc"}),
        // nginx takes the frames of HTTP/2 for an answer of HTTP/0.9, and there is none it could make of it for a client of HTTP/2.
        fails: &["closed", "reset"],
        because: &["upstream sent no valid HTTP/1.0 header"],
        ..mismatch()
    }
    .run();
}

#[test]
fn grpc_to_a_server_of_http() {
    Experiment {
        name: "backend-protocol-mismatch-grpc-to-http",
        title: "Requests reach an HTTP/1 server as gRPC",
        objects: ingress(&json!({"backend-protocol": "GRPC"})).declaring("protocol", "http1"),
        because: &["prematurely closed", "invalid http2"],
        ..mismatch()
    }
    .run();
}

#[test]
fn plain_text_to_a_server_of_tls() {
    Experiment {
        name: "backend-protocol-mismatch-plain-to-tls",
        title: "Requests reach a TLS server in plain text, and nginx hands its alert on as an answer of HTTP/0.9, without a status",
        objects: ingress(&json!({})).declaring("protocol", "https"),
        pods: &[Speaks("https")],
        fails: &["other", "closed"],
        because: &["upstream sent no valid HTTP/1.0 header"],
        ..mismatch()
    }
    .run();
}

#[test]
fn tls_to_a_server_of_plain_text() {
    Experiment {
        name: "backend-protocol-mismatch-tls-to-plain",
        title: "Requests reach a plain server over TLS",
        objects: ingress(&json!({"backend-protocol": "HTTPS"})).declaring("protocol", "http1"),
        because: &["SSL_do_handshake() failed"],
        ..mismatch()
    }
    .run();
}

fn mismatch() -> Experiment<'static> {
    Experiment {
        name: "",
        title: "",
        rule: "backend-protocol-mismatch",
        key: "backend-protocol",
        objects: ingress(&json!({})),
        mend: Mend::Advice,
        pods: &[Speaks("http1")],
        traffic: json!({"rate": 50}),
        seconds: 2,
        fails: &["502"],
        at_least: 90,
        because: &[],
    }
}

#[test]
fn a_dead_pod_is_seen_without_retries() {
    Experiment {
        name: "retry-missing-off",
        title: "One pod of two is gone, and retries are off",
        objects: ingress(&json!({"proxy-next-upstream": "off"})),
        pods: &[Speaks("http1"), Gone],
        because: &["Connection refused"],
        ..one_try()
    }
    .run();
}

#[test]
fn a_pod_that_answers_502_is_seen_without_that_condition() {
    Experiment {
        name: "retry-missing-502",
        title: "One pod of two answers 502 itself: a sidecar without its application",
        pods: &[Speaks("http1"), Says(BAD_GATEWAY)],
        ..one_try()
    }
    .run();
}

#[test]
fn a_dead_node_is_seen_without_that_condition() {
    Experiment {
        name: "retry-missing-timeout",
        title: "One node of two is gone, and no other pod is tried after a timeout",
        objects: ingress(&json!({"proxy-connect-timeout": "1", "proxy-next-upstream": "error"})),
        pods: &[Speaks("http1"), Unreachable],
        fails: &["504"],
        because: &["upstream timed out"],
        ..one_try()
    }
    .run();
}

fn one_try() -> Experiment<'static> {
    Experiment {
        name: "",
        title: "",
        rule: "retry-missing",
        key: "proxy-next-upstream",
        objects: ingress(&json!({})),
        mend: Mend::Advice,
        pods: &[],
        traffic: json!({"rate": 20}),
        seconds: 3,
        fails: &["502"],
        at_least: 20,
        because: &[],
    }
}

#[test]
fn what_was_posted_is_not_tried_again() {
    Experiment {
        name: "retry-missing-post",
        title: "One pod of two crashes over each request. Retries are on: they help a GET, and not a POST, which was sent already",
        objects: ingress(&json!({"proxy-next-upstream": "error timeout http_502"})),
        mend: Mend::Method("GET"),
        pods: &[Speaks("http1"), Says(NO_ANSWER)],
        traffic: json!({"rate": 20, "method": "POST"}),
        because: &["prematurely closed", "reset by peer"],
        ..one_try()
    }
    .run();
}

#[test]
fn what_was_posted_and_is_tried_again_is_done_twice() {
    Experiment {
        name: "retry-repeats-writes",
        title: "One pod of two hangs over a POST, and another one gets it too. Once mended, each goes to one pod, and a client of the one that hangs gets 504",
        rule: "retry-repeats-writes",
        key: "proxy-next-upstream",
        objects: ingress(&json!({"proxy-read-timeout": "1", "proxy-next-upstream": "error timeout non_idempotent"})),
        mend: Mend::Advice,
        pods: &[Speaks("http1"), Hangs],
        traffic: json!({"rate": 20, "method": "POST"}),
        seconds: 3,
        fails: &[TWICE],
        at_least: 20,
        because: &["upstream timed out"],
    }
    .run();
}

#[test]
fn the_last_of_many_tries_is_for_nobody() {
    Experiment {
        name: "retry-outlasts-client",
        title: "Two pods of three hang, and clients leave after 6 s, before the third is asked",
        rule: "retry-outlasts-client",
        key: "proxy-read-timeout",
        objects: ingress(&json!({"proxy-read-timeout": "4"})).policy("clients", json!({"timeout": "6s"})),
        mend: Mend::Advice,
        pods: &[Speaks("http1"), Hangs, Hangs],
        traffic: json!({"rate": 20, "timeout": "6s"}),
        seconds: 2,
        fails: &["timeout"],
        at_least: 10,
        because: &["upstream timed out"],
    }
    .run();
}
