//! One verdict everywhere: what `check` says of a file, a server-side dry run on a real API server says of its objects, for all cases
//! of all rules. (That `check` and the engine of `serve` agree, without an API server, is in `tests/offline/verdicts.rs`.)
//!
//! Each case is put into an API server in which nothing happens by itself. Then each of its objects is created once more as a dry
//! run: webhooks are asked before the storage says that it is there already.
//!
//! A denial tells rule, object and field. A warning tells rule, object and the beginning of its message, which stands for the field.
#![allow(clippy::print_stderr, reason = "what is left out is said, and how much was compared")]

mod heard;
#[path = "../offline/staged.rs"]
mod staged;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::fault::{Result, fault};
use crate::http::{Reply, send};
use crate::instance::Ground;
use crate::no502::No502;
use crate::register::{Failure, INSTANCE, Registration};
use crate::shared::{ENFORCE, binary};
use crate::wait::{SOON, until};
use crate::{definitions, http};
use heard::{Difference, Heard};
use staged::{Case, Said, cases};

const NAME: &str = "verdicts";

/// How long the watch may take.
const LIMIT: Duration = Duration::from_secs(5);

/// What is taken where a case brings no policy: what `check` takes, too.
const NO_POLICY: &str = "apiVersion: no502.dev/v1alpha1
kind: Policy
gateways: [{class: nginx, dialect: ingress-nginx, configMap: none}]
";

const READS_CONFIG_MAPS: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: no502-config-maps}
rules: [{apiGroups: [\"\"], resources: [configmaps], verbs: [get, list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: no502-config-maps}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: no502-config-maps}
subjects: [{kind: ServiceAccount, name: no502, namespace: no502-system}]
";

/// Where objects of a kind live.
struct Resource {
    path: String,
    is_namespaced: bool,
}

/// The cluster, and the no502 that it asks about dry runs.
struct Stage<'c> {
    // The registration goes first: a configuration without a server would hold up others.
    _registration: Registration,
    _cluster: &'c Cluster,
    proxy: SocketAddr,
    server: No502,
    policy: PathBuf,
    resources: BTreeMap<(String, String), Resource>,
    /// The namespaces as they are.
    namespaces: BTreeMap<String, Value>,
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn namespace_of(raw: &Value) -> &str {
    let namespace = text(raw, "/metadata/namespace");
    if namespace.is_empty() { "default" } else { namespace }
}

fn kind_of(raw: &Value) -> (String, String) {
    (text(raw, "/apiVersion").to_owned(), text(raw, "/kind").to_owned())
}

/// The definitions of the kinds that a controller would bring, as far as the API server needs them: those of the Gateway API are real.
fn definitions_of(all: &[Case]) -> Vec<Value> {
    let mut kinds: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (version, kind) in all.iter().flat_map(|case| &case.objects).map(kind_of) {
        let Some((group, version)) = version.split_once('/') else { continue };
        if group.contains('.') && !group.ends_with("k8s.io") || group == "autoscaling.k8s.io" {
            kinds.entry((group.to_owned(), kind)).or_default().insert(version.to_owned());
        }
    }
    let open = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let definition = |((group, kind), versions): (&(String, String), &BTreeSet<String>)| {
        let singular = kind.to_lowercase();
        let plural = singular.strip_suffix('y').map_or_else(|| format!("{singular}s"), |stem| format!("{stem}ies"));
        let first = versions.first();
        let versions: Vec<Value> = versions
            .iter()
            .map(|own| json!({"name": own, "served": true, "storage": Some(own) == first, "schema": open}))
            .collect();
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.{group}"), "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"}},
            "spec": {
                "group": group, "scope": if kind.contains("Clusterwide") { "Cluster" } else { "Namespaced" },
                "names": {"kind": kind, "plural": plural, "singular": singular}, "versions": versions,
            },
        })
    };
    kinds.iter().map(definition).collect()
}

impl<'c> Stage<'c> {
    /// Brings the kinds, starts a server, and has it asked about dry runs alone, and only by `/validate`.
    fn new(cluster: &'c Cluster, proxy: SocketAddr, all: &[Case], ground: &Ground<'_>, policy: PathBuf) -> Result<Self> {
        let kubectl = cluster.admin();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": definitions_of(all)});
        kubectl.feed(&["create", "-f", "-"], &list.to_string())?.fine()?;
        kubectl.run(&["wait", "crds", "--all", "--for=condition=Established", "--timeout=50s"])?.fine()?;
        // The component lets no502 read the ConfigMap of one gateway; here policies name several.
        kubectl.feed(&["create", "-f", "-"], READS_CONFIG_MAPS)?.fine()?;
        let server = ground.serve()?;
        let authority = ground.certificates.authority();
        let registration = Registration::apply(&kubectl, NAME, server.webhook, &authority, Failure::Closed)?;
        let own = format!("no502-{NAME}");
        kubectl.run(&["delete", "mutatingwebhookconfiguration", &own])?.fine()?;
        let configuration = kubectl.get(&["validatingwebhookconfiguration", &own])?;
        let count = configuration.pointer("/webhooks").and_then(Value::as_array).map_or(0, Vec::len);
        let only = json!([{"name": "dry-runs", "expression": "has(request.dryRun) && request.dryRun"}]);
        let patch: Vec<Value> = (0..count)
            .map(|index| json!({"op": "add", "path": format!("/webhooks/{index}/matchConditions"), "value": only}))
            .collect();
        let patch = Value::from(patch).to_string();
        kubectl.run(&["patch", "validatingwebhookconfiguration", &own, "--type=json", "-p", &patch])?.fine()?;
        let (resources, namespaces) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { proxy, server, _registration: registration, policy, resources, namespaces, _cluster: cluster })
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Result<Reply> {
        send(self.proxy, method, path, "application/json", &if body.is_null() { String::new() } else { body.to_string() })
    }

    /// Learns where objects of a kind live; `None` where the API server does not know it.
    fn resource(&mut self, kind: &(String, String)) -> Result<Option<&Resource>> {
        if !self.resources.contains_key(kind) {
            let root = if kind.0.contains('/') { format!("/apis/{}", kind.0) } else { format!("/api/{}", kind.0) };
            let known: Value = serde_json::from_str(&self.call("GET", &root, &Value::Null)?.body).unwrap_or_default();
            for own in known.pointer("/resources").and_then(Value::as_array).into_iter().flatten() {
                let name = text(own, "/name");
                if !name.contains('/') {
                    let is_namespaced = own.pointer("/namespaced") == Some(&json!(true));
                    let resource = Resource { path: format!("{root}/{{}}{name}"), is_namespaced };
                    self.resources.insert((kind.0.clone(), text(own, "/kind").to_owned()), resource);
                }
            }
        }
        Ok(self.resources.get(kind))
    }

    /// The collection that an object belongs to.
    fn collection(&mut self, raw: &Value) -> Result<Option<String>> {
        let namespace = format!("namespaces/{}/", namespace_of(raw));
        let resource = self.resource(&kind_of(raw))?;
        Ok(resource.map(|own| own.path.replacen("{}", if own.is_namespaced { &namespace } else { "" }, 1)))
    }

    /// Lets the server judge by another policy, and waits until it does.
    fn take_policy(&self, policy: &str) -> Result {
        let loaded = || self.server.metric("no502_policy_loaded_timestamp_seconds", &[]);
        let before = loaded()?;
        std::fs::write(&self.policy, policy)?;
        until("the policy is taken", SOON, || Ok(if loaded()? > before { Ok(()) } else { Err(self.server.log()) }))
    }

    /// Gives all namespaces the labels that a case wants.
    fn label(&mut self, case: &Case) -> Result {
        let (namespaces, others): (Vec<&Value>, Vec<&Value>) =
            case.objects.iter().partition(|raw| text(raw, "/kind") == "Namespace");
        let written: BTreeMap<&str, &Value> =
            namespaces.iter().filter_map(|raw| Some((text(raw, "/metadata/name"), raw.pointer("/metadata/labels")?))).collect();
        let names = others.into_iter().map(namespace_of).chain(namespaces.iter().map(|raw| text(raw, "/metadata/name")));
        for name in names {
            self.namespaces.entry(name.to_owned()).or_default();
        }
        let mut stale = Vec::new();
        for (name, known) in &mut self.namespaces {
            let own = written.get(name.as_str()).copied().and_then(Value::as_object);
            let mut labels = own.cloned().unwrap_or_default();
            labels.insert(ENFORCE.to_owned(), json!(case.profile));
            labels.insert(INSTANCE.to_owned(), json!(NAME));
            let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
            if *known != namespace {
                known.clone_from(&namespace);
                stale.push((format!("/api/v1/namespaces/{name}"), namespace));
            }
        }
        for (path, namespace) in stale {
            if self.call("PUT", &path, &namespace)?.status == 404 {
                self.call("POST", "/api/v1/namespaces", &namespace)?;
            }
        }
        Ok(())
    }

    /// Waits until the server knows so many objects of each kind; what is missing, where that takes too long.
    fn knows(&self, counts: &BTreeMap<String, usize>) -> Result<Option<String>> {
        let end = Instant::now() + LIMIT;
        loop {
            let page = http::get(self.server.admin, "/metrics")?.body;
            let of = |kind: &str| {
                let line = format!("no502_inventory_objects{{kind=\"{kind}\"}} ");
                page.lines().find_map(|own| own.strip_prefix(&line)?.parse::<usize>().ok())
            };
            let differs = |(kind, count): &(&String, &usize)| of(kind).is_some_and(|known| known != **count);
            let Some((kind, count)) = counts.iter().find(differs) else { return Ok(None) };
            if Instant::now() > end {
                return Ok(Some(format!("{count} objects of kind {kind} are there, and no502 knows {:?}", of(kind))));
            }
            std::thread::sleep(Duration::from_millis(15));
        }
    }
}

/// What came of all cases.
#[derive(Default)]
struct Tally {
    objects: usize,
    findings: usize,
    left_out: BTreeMap<String, usize>,
    by_law: BTreeMap<&'static str, usize>,
    faults: String,
}

impl Tally {
    fn leave_out(&mut self, why: impl Into<String>) {
        *self.left_out.entry(why.into()).or_default() += 1;
    }
}

impl Stage<'_> {
    /// Puts the objects of a case into the cluster, and tells their paths; the reason, where that does not go.
    fn put(&mut self, case: &Case) -> Result<std::result::Result<Vec<String>, String>> {
        self.label(case)?;
        let mut paths = Vec::new();
        for raw in case.objects.iter().filter(|raw| text(raw, "/kind") != "Namespace") {
            let collection = self.collection(raw)?;
            let reply = collection.as_ref().map(|collection| self.call("POST", collection, raw)).transpose()?;
            let answer: Value = reply.as_ref().and_then(|reply| serde_json::from_str(&reply.body).ok()).unwrap_or_default();
            let Some(collection) = collection.filter(|_| reply.is_some_and(|reply| reply.status < 300)) else {
                self.clear(&paths)?;
                let why = text(&answer, "/message");
                return Ok(Err(format!("{}: {}", text(raw, "/kind"), if why.is_empty() { "it is not served" } else { why })));
            };
            paths.push(format!("{collection}/{}", text(&answer, "/metadata/name")));
        }
        Ok(Ok(paths))
    }

    fn clear(&self, paths: &[String]) -> Result {
        for path in paths {
            let reply = self.call("DELETE", path, &Value::Null)?;
            if reply.status >= 300 {
                return Err(fault(format!("DELETE {path}: {reply:?}")));
            }
        }
        Ok(())
    }

    /// What dry runs say of all objects of a case, and why some were not asked about.
    fn ask(&mut self, case: &Case) -> Result<(Heard, Vec<String>)> {
        let (mut heard, mut unheard) = (Heard::default(), Vec::new());
        for raw in case.objects.iter().filter(|raw| text(raw, "/kind") != "Namespace") {
            let Some(collection) = self.collection(raw)? else { continue };
            let namespace = if collection.contains("/namespaces/") { namespace_of(raw) } else { "" };
            let object = staged::object_name(text(raw, "/kind"), namespace, text(raw, "/metadata/name"));
            let answer = self.call("POST", &format!("{collection}?dryRun=All"), raw)?;
            unheard.extend(heard.add(&object, &answer).err());
        }
        Ok((heard, unheard))
    }

    /// The same, once nothing is said that is not meant, or after a while: the watch is a moment behind.
    fn judged(&mut self, case: &Case, checked: &[Said], tally: &mut Tally) -> Result<Vec<Difference>> {
        let mut tries = 0;
        loop {
            let (heard, unheard) = self.ask(case)?;
            let differences = heard.differences(checked);
            tries += 1;
            if tries < 8 && differences.iter().any(|difference| difference.law().is_none()) {
                std::thread::sleep(Duration::from_millis(250));
                continue;
            }
            tally.objects += case.objects.len() - unheard.len();
            for why in unheard {
                tally.leave_out(format!("objects whose dry run does not get to no502 ({why})"));
            }
            return Ok(differences);
        }
    }

    fn run(&mut self, case: &Case, checked: &[Said], tally: &mut Tally) -> Result {
        let paths = match self.put(case)? {
            Ok(paths) => paths,
            Err(why) => {
                tally.leave_out(format!("cases that the API server refuses ({})", why.split(':').next().unwrap_or_default()));
                eprintln!("left out: {}: {why}", case.name);
                return Ok(());
            }
        };
        // Of ConfigMaps only those are watched that the policy names, and the API server has a Service of its own.
        let mut counts = BTreeMap::from([("Service".to_owned(), 1)]);
        let kept = |raw: &&Value| !matches!(text(raw, "/kind"), "Namespace" | "ConfigMap");
        case.objects.iter().filter(kept).for_each(|raw| *counts.entry(text(raw, "/kind").to_owned()).or_default() += 1);
        let missing = self.knows(&counts)?;
        for difference in self.judged(case, checked, tally)? {
            let gate = if difference.is_of_check { "check" } else { "the API server" };
            match difference.law() {
                Some(law) => *tally.by_law.entry(law).or_default() += 1,
                None => writeln!(tally.faults, "{}: only {gate}: {} {}", case.name, difference.rule, difference.text)?,
            }
        }
        tally.findings += checked.len();
        self.clear(&paths)?;
        for (kind, count) in &mut counts {
            *count = usize::from(kind == "Service");
        }
        for fault in missing.into_iter().chain(self.knows(&counts)?) {
            writeln!(tally.faults, "{}: {fault}", case.name)?;
        }
        Ok(())
    }
}

#[test]
fn a_dry_run_says_of_every_case_what_check_says() -> Result {
    let all = cases();
    // Meanwhile, what `check` says.
    let checks = std::thread::spawn(|| cases().iter().map(|case| (case.name.clone(), case.checked(binary()))).collect());
    let cluster = Cluster::bare()?;
    definitions::install(&cluster)?;
    let (_running, proxy) = cluster.proxy()?;
    let ground = Ground::prepare(&cluster, binary(), NAME, NO_POLICY)?;
    let file = cluster.folder().join(NAME).join("policy.yaml");
    let mut stage = Stage::new(&cluster, proxy, &all, &ground, file)?;
    let (mut tally, mut policy) = (Tally::default(), NO_POLICY.to_owned());
    let document = |case: &Case| case.policy.as_ref().map_or_else(|| NO_POLICY.to_owned(), Value::to_string);
    let mut tried = Vec::new();
    for case in &all {
        if case.is_change || case.has_alternatives() {
            tally.leave_out("cases of a change, or of one object in several states");
        } else if case.objects.iter().any(|raw| raw.pointer("/metadata/deletionTimestamp").is_some()) {
            tally.leave_out("cases with an object on its way out, which nobody can create");
        } else {
            tried.push(case);
        }
    }
    // Each policy is taken once, and each profile once under it.
    tried.sort_by_cached_key(|case| (document(case), case.profile.clone()));
    let checked: BTreeMap<String, Vec<Said>> = checks.join().map_err(|_| fault("check could not be asked"))?;
    for case in tried {
        let own = document(case);
        if own != policy {
            stage.take_policy(&own)?;
            policy = own;
        }
        stage.run(case, checked.get(&case.name).map(Vec::as_slice).unwrap_or_default(), &mut tally)?;
    }
    eprintln!("{} findings of {} objects; left out: {:#?}", tally.findings, tally.objects, tally.left_out);
    eprintln!("not the same, by law: {:#?}", tally.by_law);
    if tally.faults.is_empty() { Ok(()) } else { Err(fault(format!("\n{}", tally.faults))) }
}
