//! SIGTERM while people work: nobody notices.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use serde_json::{Value, json};

use crate::fault::{Result, fault};
use crate::forwarder::Forwarder;
use crate::http;
use crate::instance::{Ground, Namespace};
use crate::manifests::healthy;
use crate::register::Failure;
use crate::shared::{ENFORCE, binary, cluster};
use crate::tls::{Half, trusting};
use crate::wait::{SOON, until};

const POLICY: &str = "apiVersion: no502.dev/v1alpha1\nkind: Policy\n";
const EXIT: Duration = Duration::from_mins(1);
const IN_FLIGHT: usize = 200;

/// A stream of applies, and what became of them.
#[derive(Default)]
struct Stream {
    over: AtomicBool,
    done: AtomicUsize,
    failed: Mutex<Vec<String>>,
}

impl Stream {
    /// Repeats one step until the stream is over.
    fn run(&self, step: impl Fn(usize) -> std::result::Result<(), String>) {
        while !self.over.load(Ordering::Relaxed) {
            let number = self.done.fetch_add(1, Ordering::Relaxed);
            if let Err(story) = step(number) {
                self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(story);
            }
        }
    }

    /// Waits until a number of applies has passed from now on.
    fn more(&self, number: usize) -> Result {
        let goal = self.done.load(Ordering::Relaxed) + number;
        until(&format!("{number} applies pass"), EXIT, || {
            let done = self.done.load(Ordering::Relaxed);
            Ok(if done >= goal { Ok(()) } else { Err(format!("{done} of {goal}")) })
        })
    }
}

/// Real kubectl, one apply after the other, each of them a change.
fn applies(namespace: &Namespace, number: usize) -> std::result::Result<(), String> {
    let manifest = healthy("kubectl").replace("shop:1", &format!("shop:{number}"));
    let answer = namespace.apply(&manifest).map_err(|error| error.to_string())?;
    if answer.code == 0 { Ok(()) } else { Err(format!("{answer:?}")) }
}

/// The same through `kubectl proxy`, which is much faster than a process for each.
fn posts(proxy: std::net::SocketAddr, namespace: &str, number: usize) -> std::result::Result<(), String> {
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments?dryRun=All");
    let manifest = healthy(&format!("posted-{number}"));
    match http::send(proxy, "POST", &path, "application/yaml", &manifest) {
        Ok(reply) if reply.status == 201 => Ok(()),
        Ok(reply) => Err(format!("{reply:?}")),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn one_of_two_servers_goes_and_not_one_apply_fails() -> Result {
    let cluster = cluster()?;
    let ground = Ground::prepare(cluster, binary(), "one-of-two", POLICY)?;
    let (leaving, staying) = (ground.serve()?, ground.serve()?);
    let front = Forwarder::to_ready(&[(leaving.webhook, leaving.admin), (staying.webhook, staying.admin)])?;
    let instance = ground.register(staying, &[&leaving], front.address, Failure::Closed)?;
    let namespace = instance.namespace("busy", &[(ENFORCE, "baseline")])?;
    let (_proxy, proxy) = cluster.proxy()?;
    let stream = Stream::default();
    let outcome = scope(|threads| {
        threads.spawn(|| stream.run(|number| applies(&namespace, number)));
        for _ in 0..4 {
            threads.spawn(|| stream.run(|number| posts(proxy, "busy", number)));
        }
        let story = || -> Result<i32> {
            stream.more(200)?;
            let asked = leaving.metric("no502_admission_requests_total", &[])?;
            if asked == 0.0 {
                return Err(fault("the server that is to go was never asked"));
            }
            leaving.terminate()?;
            let code = leaving.exit_code(EXIT)?;
            stream.more(200)?;
            Ok(code)
        };
        let outcome = story();
        stream.over.store(true, Ordering::Relaxed);
        outcome
    });
    let failed = stream.failed.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(failed.is_empty(), "{} of {:?} failed: {failed:#?}", failed.len(), stream.done);
    assert_eq!(outcome?, 0, "{}", leaving.log());
    assert_eq!(front.ready(), 1);
    Ok(())
}

#[test]
fn requests_in_flight_at_the_signal_get_their_answers() -> Result {
    let ground = Ground::prepare(cluster()?, binary(), "in-flight", POLICY)?;
    let server = ground.serve()?;
    let config = trusting(&ground.certificates.authority())?;
    let started: Vec<(String, Half)> = (0..IN_FLIGHT)
        .map(|number| {
            let uid = format!("review-{number}");
            let half = Half::send(&config, server.webhook, "/validate", &review(&uid).to_string())?;
            Ok((uid, half))
        })
        .collect::<Result<_>>()?;
    // Whether half a request counts as one is the server's choice, so this only gives it the time to read them.
    for _ in 0..20 {
        if server.metric("no502_inflight_requests", &[])? >= 200.0 {
            break;
        }
        sleep(Duration::from_millis(100));
    }
    server.terminate()?;
    until("the server says that it is not ready", SOON, || {
        let ready = http::get(server.admin, "/readyz").is_ok_and(|reply| reply.status == 200);
        Ok(if ready { Err("still ready".to_owned()) } else { Ok(()) })
    })?;
    let mut lost = Vec::new();
    for (uid, half) in started {
        match half.finish() {
            Ok(answer) if answer.starts_with("HTTP/1.1 200") && answer.contains(&format!("\"{uid}\"")) => {}
            Ok(answer) => lost.push(answer),
            Err(error) => lost.push(format!("{uid}: {error}")),
        }
    }
    assert!(lost.is_empty(), "{} of {IN_FLIGHT} without an answer: {:#?}", lost.len(), lost.first());
    let code = server.exit_code(EXIT)?;
    if code == 0 { Ok(()) } else { Err(fault(format!("exit code {code}\n{}", server.log()))) }
}

fn review(uid: &str) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": uid, "operation": "CREATE", "namespace": "default", "name": "web", "dryRun": false,
            "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
            "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
            "userInfo": {"username": "somebody"}, "oldObject": null, "options": null,
            "object": {
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
                "spec": {
                    "replicas": 1, "selector": {"matchLabels": {"app": "web"}},
                    "template": {
                        "metadata": {"labels": {"app": "web"}},
                        "spec": {"containers": [{"name": "app", "image": "registry.example/shop:1"}]},
                    },
                },
            },
        },
    })
}
