//! What one decision costs, without sockets: `cargo bench --bench decision`.
//!
//! `evaluate` is the engine alone; `whole` goes from the bytes of a review to the bytes of the answer. Each for several
//! changes, with more and more objects in the cluster, under both shipped profiles. After divan's table come the growth
//! with the inventory, measured in turns, and the memory that the inventory takes in a fresh process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "benches may")]
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures are printed")]

#[allow(dead_code, reason = "the other benches use the rest")]
mod figures;
mod objects;
#[allow(dead_code, reason = "the other benches use the rest")]
mod reviews;

use std::fmt;
use std::hint::black_box;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Instant;

use divan::Bencher;
use jiff::civil::{Date, date};
use no502::admission;
use no502::engine::{Change, Plan, Verdict, evaluate as judge};
use no502::inventory::Inventory;
use no502::model::Model;
use no502::object::Object;
use serde_json::Value;

use figures::{median, memory};
use objects::{PLAIN, Shape, annotated, autoscaler, budget, class, deployment, ingress, namespace, service};

const TODAY: Date = date(2026, 3, 2);
const NAMESPACES: usize = 100;
/// How many Services, how many Ingresses and how many Deployments there are beside the neighbours.
const SIZES: [usize; 3] = [0, 1_000, 10_000];
/// The first argument of the process that measures its memory.
const MEMORY: &str = "memory";

static INVENTORIES: LazyLock<[Inventory; 3]> = LazyLock::new(|| SIZES.map(inventory));
static PLANS: LazyLock<[Plan; 2]> = LazyLock::new(|| ["baseline", "strict"].map(plan));

fn main() {
    if std::env::args().nth(1).as_deref() == Some(MEMORY) {
        return print_memory();
    }
    divan::main();
    // Only `cargo bench` passes this; tests of all targets shall not wait for the rest.
    if std::env::args().any(|argument| argument == "--bench") {
        print_growth();
        let own = std::env::current_exe().expect("this program has a path");
        Command::new(own).arg(MEMORY).status().expect("this program starts once more");
    }
}

/// What is changed.
#[derive(Clone, Copy, Debug)]
enum Subject {
    /// A healthy Deployment with one container, behind a Service and an Ingress, comes into being.
    Plain,
    /// The same with five containers.
    Five,
    /// An Ingress with fifty paths to fifty Services, each with a Deployment behind it, comes into being.
    Paths,
    /// The same Ingress with twenty annotations.
    Annotated,
    /// An Ingress with twenty annotations and fifty paths to one Service comes into being.
    OneService,
    /// A Deployment without a readiness probe and without a preStop hook comes into being.
    Faulty,
    /// Such a one, which was as bad before, gets a new image.
    FaultyUpdate,
}

#[derive(Clone, Copy)]
struct Case {
    subject: Subject,
    size: usize,
    profile: usize,
}

impl fmt::Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = match self.subject {
            Subject::Plain => "plain Deployment",
            Subject::Five => "5 containers",
            Subject::Paths => "Ingress, 50 paths",
            Subject::Annotated => "50 paths, 20 annotations",
            Subject::OneService => "the same to one Service",
            Subject::Faulty => "faulty Deployment",
            Subject::FaultyUpdate => "faulty, UPDATE",
        };
        write!(out, "{subject}, {}, {} x 3", ["baseline", "strict"][self.profile], SIZES[self.size])
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for profile in 0..2 {
        for subject in [Subject::Plain, Subject::Five, Subject::Paths] {
            cases.extend((0..SIZES.len()).map(|size| Case { subject, size, profile }));
        }
        let more = [Subject::Annotated, Subject::OneService, Subject::Faulty, Subject::FaultyUpdate];
        cases.extend(more.map(|subject| Case { subject, size: 2, profile }));
    }
    cases
}

impl Case {
    fn ground(self) -> (&'static Inventory, &'static Plan) {
        (&INVENTORIES[self.size], &PLANS[self.profile])
    }

    fn review(self) -> Vec<u8> {
        let team = team(0);
        let faulty = deployment(&team, "web", Shape { is_healthy: false, ..PLAIN });
        match self.subject {
            Subject::Plain => reviews::create(&deployment(&team, "web", PLAIN)),
            Subject::Five => reviews::create(&deployment(&team, "five", Shape { containers: 5, ..PLAIN })),
            Subject::Paths => reviews::create(&ingress(&team, "parts", &parts())),
            Subject::Annotated => reviews::create(&annotated(ingress(&team, "parts", &parts()))),
            Subject::OneService => {
                let mut one = annotated(ingress(&team, "parts", &parts()));
                for path in one["spec"]["rules"][0]["http"]["paths"].as_array_mut().unwrap() {
                    path["backend"]["service"]["name"] = "web".into();
                }
                reviews::create(&one)
            }
            Subject::Faulty => reviews::create(&faulty),
            Subject::FaultyUpdate => {
                let mut after = faulty.clone();
                after["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example.com/shop/part-0:1.5".into();
                reviews::update(&faulty, &after)
            }
        }
    }

    /// The review, once it is sure that the case is what its name says.
    fn checked(self) -> Vec<u8> {
        let review = self.review();
        let (inventory, plan) = self.ground();
        let reviewed = admission::read(&review).expect("a review");
        let outcome = judge(reviewed.change.as_ref().expect("a change"), inventory, plan, TODAY);
        let expected = match (self.subject, self.profile) {
            (Subject::Plain | Subject::Five | Subject::Paths | Subject::Annotated | Subject::OneService, _) => Verdict::Allow,
            (Subject::Faulty, 1) => Verdict::Deny,
            (Subject::Faulty | Subject::FaultyUpdate, _) => Verdict::Warn,
        };
        assert_eq!(outcome.verdict, expected, "{self}: {outcome:#?}");
        assert_eq!(outcome.profiles.len(), 1, "{self}: a profile holds");
        review
    }
}

#[divan::bench(args = cases(), sample_count = 200, sample_size = 10)]
fn evaluate(bencher: Bencher, case: Case) {
    let review = case.checked();
    let reviewed = admission::read(&review).expect("a review");
    let change = reviewed.change.as_ref().expect("a change");
    let (inventory, plan) = case.ground();
    bencher.bench_local(|| judge(black_box(change), inventory, plan, TODAY));
}

#[divan::bench(args = cases(), sample_count = 200, sample_size = 10)]
fn whole(bencher: Bencher, case: Case) {
    let review = case.checked();
    let (inventory, plan) = case.ground();
    bencher.bench_local(|| decide(black_box(&review), inventory, plan));
}

fn decide(review: &[u8], inventory: &Inventory, plan: &Plan) -> Vec<u8> {
    let reviewed = admission::read(review).expect("a review");
    let change = reviewed.change.as_ref().expect("a change");
    let outcome = judge(change, inventory, plan, TODAY);
    admission::respond(&reviewed, &outcome, &plan.hash, 7)
}

fn plan(profile: &str) -> Plan {
    let text = format!(
        "apiVersion: no502.dev/v1alpha1\nkind: Policy\ndefaults: {{enforce: {profile}}}\n\
         gateways: [{{class: nginx, dialect: ingress-nginx, configMap: none}}]\n"
    );
    let mut plan = Plan::parse(&text).unwrap_or_else(|error| panic!("{error}: {:?}", error.0));
    plan.has_cluster = true;
    plan
}

fn team(index: usize) -> String {
    format!("team-{:02}", index % NAMESPACES)
}

fn parts() -> Vec<String> {
    (0..50).map(|index| format!("part-{index}")).collect()
}

/// The neighbours of all that is changed here, and `size` more of each kind, spread over all namespaces.
fn inventory(size: usize) -> Inventory {
    let mut inventory = Inventory::new();
    // Each object is read and dropped before the next one is made, as a watch does it.
    let mut put = |raw: Value| inventory.apply(Model::read(&Object::new(raw, "").expect("a kind that is read")));
    put(class());
    for index in 0..NAMESPACES {
        let team = team(index);
        put(namespace(&team));
        for name in ["web", "five"] {
            put(service(&team, name));
            put(ingress(&team, name, &[name.to_owned()]));
            put(autoscaler(&team, name));
            put(budget(&team, name));
        }
    }
    for name in parts() {
        put(service(&team(0), &name));
        put(deployment(&team(0), &name, PLAIN));
        put(autoscaler(&team(0), &name));
        put(budget(&team(0), &name));
    }
    for index in 0..size {
        let (team, name) = (team(index), format!("app-{index}"));
        put(deployment(&team, &name, PLAIN));
        put(service(&team, &name));
        put(ingress(&team, &name, std::slice::from_ref(&name)));
    }
    inventory
}

/// How much longer an evaluation takes in a larger cluster. All sizes take turns, so that whatever else the machine
/// does meets all of them.
fn print_growth() {
    const ROUNDS: usize = 300;
    println!("\ngrowth of evaluate with the inventory (plain Deployment, strict; median of {ROUNDS} rounds in turns)");
    for (name, namespaces) in [("always the same namespace", 1), ("another of 100 namespaces each time", NAMESPACES)] {
        let changes: Vec<Change> = (0..namespaces).map(|index| change(&team(index))).collect();
        let mut times: [Vec<f64>; 3] = [const { Vec::new() }; 3];
        for round in 0..ROUNDS {
            for turn in 0..SIZES.len() {
                let size = (round + turn) % SIZES.len();
                times[size].push(time(&changes, &INVENTORIES[size]));
            }
        }
        let medians = times.map(median);
        print!("  {name:<36}");
        for (size, micros) in SIZES.iter().zip(&medians) {
            print!("  {size} x 3: {micros:.2} us ({:+.1} %)", (micros / medians[0] - 1.0) * 100.0);
        }
        println!();
    }
}

fn change(team: &str) -> Change {
    let raw = deployment(team, "web", PLAIN);
    Change::create(Object::new(raw, team).expect("a Deployment"))
}

/// Microseconds for one evaluation.
fn time(changes: &[Change], inventory: &Inventory) -> f64 {
    const TIMES: usize = 300;
    let start = Instant::now();
    for change in changes.iter().cycle().take(TIMES) {
        black_box(judge(black_box(change), inventory, &PLANS[1], TODAY));
    }
    start.elapsed().as_secs_f64() * 1e6 / TIMES as f64
}

fn print_memory() {
    let show = |when: &str| {
        println!("  {when:<36}  VmRSS {:6.1} MiB  VmHWM {:6.1} MiB", memory("self", "VmRSS"), memory("self", "VmHWM"));
    };
    println!("\nmemory of a process with nothing but the inventory");
    show("at the start");
    let inventory = inventory(SIZES[2]);
    show("with 10,000 x 3 objects");
    black_box(&inventory);
}
