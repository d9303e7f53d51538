//! One experiment: objects that a rule finds fault with, requests that fail by it, and none that fails once what no502 says is
//! written. Both halves run at the same time, as those of the laboratory do, and leave what `lab evidence` reads.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::objects::{Objects, written};
use super::pods::{Pod, Pods, beside};
use super::render::site;
use super::server::{Server, free, refusal, version};

pub(super) struct Experiment<'e> {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// The rule that speaks, and the key that it says to write.
    pub(super) rule: &'static str,
    pub(super) key: &'static str,
    pub(super) objects: Objects,
    pub(super) mend: Mend,
    pub(super) pods: &'e [Pod],
    /// As an experiment of the laboratory writes it.
    pub(super) traffic: Value,
    pub(super) seconds: u64,
    /// The outcomes that count as its failure, and how many there are at least.
    pub(super) fails: &'e [&'e str],
    pub(super) at_least: u32,
    /// What nginx's own log says of it, one of these; nothing where the failure is the pod's answer.
    pub(super) because: &'e [&'e str],
}

/// What makes the second half of it.
#[derive(Clone, Copy)]
pub(super) enum Mend {
    /// The lines that no502 says to write, as they are.
    Advice,
    /// The line that no502 says to write, with the value that was meant: what is slow, only its author knows.
    Meant(&'static str),
    /// The lines that no502 says to write, and pods of which they are true.
    Pods(&'static [Pod]),
    /// Nothing is written: the objects are right, and no502 is silent. Only requests with this method get through.
    Method(&'static str),
}

/// The outcome of a request that was sent to more than one pod, and may not.
pub(super) const TWICE: &str = "sent twice";

/// A load that started a request so many milliseconds too late says more about the machine than about nginx.
const TOO_LATE: u64 = 300;

/// Directives of the template that an nginx may be too old for. Any other one that it does not know is a fault of ours.
const NEWER: [&str; 1] = ["keepalive_time"];

/// They shall not slow each other down.
static ALONE: Mutex<()> = Mutex::new(());

impl Experiment<'_> {
    pub(super) fn run(self) {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let result = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("target/lab/nginx/{}.json", self.name));
        let _ = std::fs::remove_file(&result);
        let (mended, other_traffic) = self.mended();
        let (before, after) = self.both(&mended, &other_traffic);
        let mut shown = json!({"experiment": self.name, "rule": self.rule, "title": self.title, "version": version()});
        match (before, after) {
            (Ok(before), Ok(after)) => {
                self.judge(&before, &after);
                shown["before"] = json!(before);
                shown["after"] = json!(after);
            }
            (Err(directive), _) | (_, Err(directive)) => {
                remark(&format!("{} is left out: {} has no {directive}", self.name, version()));
                shown["lacks"] = directive.into();
            }
        }
        std::fs::create_dir_all(result.parent().unwrap()).unwrap();
        std::fs::write(&result, shown.to_string()).unwrap();
    }

    /// Both halves; once more where the machine was too busy for the load, which is so before anybody has looked at the answers.
    fn both(&self, mended: &Objects, other_traffic: &Value) -> (Result<Half, String>, Result<Half, String>) {
        let other_pods = if let Mend::Pods(pods) = self.mend { pods } else { self.pods };
        let mut attempts = 0;
        loop {
            attempts += 1;
            let (before, after) = thread::scope(|scope| {
                let before = scope.spawn(|| self.half(&self.objects, self.pods, &self.traffic));
                let after = scope.spawn(|| self.half(mended, other_pods, other_traffic));
                (before.join().unwrap(), after.join().unwrap())
            });
            let lateness = [&before, &after].into_iter().flatten().map(|half| half.lateness).max().unwrap_or(0);
            if lateness < TOO_LATE || attempts == 3 {
                return (before, after);
            }
            remark(&format!("{} again: the machine was so busy that a request started {lateness} ms late", self.name));
        }
    }

    /// The objects after what no502 says is written, and the requests of that half.
    fn mended(&self) -> (Objects, Value) {
        let (mut mended, mut traffic) = (self.objects.clone(), self.traffic.clone());
        let advice = self.objects.advice(self.rule, self.key);
        if let Mend::Method(method) = self.mend {
            assert_eq!(advice, None, "{} has nothing to say", self.rule);
            traffic["method"] = method.into();
            return (mended, traffic);
        }
        for line in advice.unwrap_or_else(|| panic!("{} says nothing of {}", self.rule, self.key)) {
            match self.mend {
                Mend::Meant(text) => mended.write(&format!("{}: {}", written(&line).unwrap().0, json!(text))),
                Mend::Advice | Mend::Pods(_) | Mend::Method(_) => mended.write(&line),
            }
        }
        assert_eq!(mended.advice(self.rule, self.key), None, "{} goes on after what it says is written", self.rule);
        (mended, traffic)
    }

    /// Requests through an nginx that runs with these objects; or the directive that this nginx does not know.
    fn half(&self, objects: &Objects, pods: &[Pod], traffic: &Value) -> Result<Half, String> {
        let pods = Pods::start(pods);
        let [plain, http2] = free();
        let configuration = site(&objects.settings(), &pods.addresses, plain, http2);
        if let Some(why) = refusal(&configuration) {
            let lacks = NEWER.iter().find(|directive| why.contains(&format!("unknown directive \"{directive}\"")));
            return Err((*lacks.unwrap_or_else(|| panic!("{why}\n{configuration}"))).to_owned());
        }
        let nginx = Server::start(&configuration, plain);
        let is_http2 = traffic["protocol"].as_str().is_some_and(|protocol| ["grpc", "h2c"].contains(&protocol));
        let Sent { mut outcomes, lateness } = send(traffic, if is_http2 { http2 } else { plain }, self.seconds);
        let requests = outcomes.values().sum();
        if self.fails.contains(&TWICE) {
            outcomes = BTreeMap::from([(TWICE.to_owned(), twice(&nginx.log("tries.log")))]);
        }
        outcomes.retain(|outcome, count| *count > 0 && outcome != "101" && !outcome.starts_with('2'));
        let log = nginx.log("error.log");
        let end: Vec<&str> = log.lines().rev().take(5).collect();
        let reason = log.lines().find_map(|line| {
            let found = self.because.iter().any(|because| line.contains(because));
            // Before it stand the time and numbers of processes, behind it addresses.
            let said = line.split_once(": *")?.1.split_once(' ')?.1.split(", client: ").next()?;
            found.then(|| said.to_owned())
        });
        let [annotations, config, declared] = objects.lines();
        Ok(Half {
            annotations,
            config,
            declared,
            traffic: self.said(traffic),
            requests,
            failures: outcomes,
            reason,
            lateness,
            log: end.join("\n"),
        })
    }

    fn said(&self, traffic: &Value) -> String {
        let word = |key: &str, default: &str| traffic[key].as_str().unwrap_or(default).to_owned();
        let method = match &*word("protocol", "http1") {
            "grpc" => "gRPC".to_owned(),
            "websocket" => "WebSocket".to_owned(),
            _ => word("method", "GET"),
        };
        format!("{} {method} a second for {} s", traffic["rate"], self.seconds)
    }

    fn judge(&self, before: &Half, after: &Half) {
        let Self { name, fails, .. } = self;
        let count: u32 = before.failures.values().sum();
        let others = before.failures.keys().any(|outcome| !fails.contains(&&**outcome));
        assert!(
            !others && count >= self.at_least,
            "{name}: not {fails:?} at least {} times: {:?}",
            self.at_least,
            before.failures
        );
        assert!(
            self.because.is_empty() || before.reason.is_some(),
            "{name}: the log does not say {:?}:\n{}",
            self.because,
            before.log
        );
        assert!(
            after.failures.is_empty() && after.requests > 0,
            "{name}: requests failed after: {:?}\n{}",
            after.failures,
            after.log
        );
    }
}

/// What became of one half.
#[derive(Serialize)]
struct Half {
    annotations: Vec<String>,
    config: Vec<String>,
    declared: Vec<String>,
    traffic: String,
    requests: u32,
    failures: BTreeMap<String, u32>,
    reason: Option<String>,
    #[serde(skip)]
    lateness: u64,
    /// The end of nginx's log, the last line first.
    #[serde(skip)]
    log: String,
}

/// What the load prints.
#[derive(Deserialize)]
struct Sent {
    outcomes: BTreeMap<String, u32>,
    lateness: u64,
}

/// The load of the laboratory: how many requests came to which outcome.
fn send(traffic: &Value, address: std::net::SocketAddr, seconds: u64) -> Sent {
    let mut load = Command::new(beside("lab"));
    load.args(["load", &address.to_string(), &seconds.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut load = load.spawn().unwrap_or_else(|error| panic!("lab: {error}: run `make test-gateways`"));
    load.stdin.take().unwrap().write_all(traffic.to_string().as_bytes()).unwrap();
    let output = load.wait_with_output().unwrap();
    assert!(output.status.success(), "the load: {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// How many POSTs were sent to more than one pod: lines such as `POST 120, 120`.
fn twice(log: &str) -> u32 {
    let posts = log.lines().filter_map(|line| line.strip_prefix("POST "));
    let sent = posts.map(|tries| tries.split([',', ':']).filter(|bytes| !matches!(bytes.trim(), "0" | "-")).count());
    u32::try_from(sent.filter(|tries| *tries > 1).count()).unwrap()
}

/// Tells it past the test harness, which keeps to itself what a test prints that goes well.
fn remark(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
