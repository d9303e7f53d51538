//! One verdict everywhere: what `check` says of a file, a server-side dry run on a real API server says of its objects, for all cases
//! of all rules. (That `check` and the engine of `serve` agree, without an API server, is in `tests/offline/verdicts.rs`.)
//!
//! Each case is put into an API server in which nothing happens by itself. Then each of its objects is created once more as a dry
//! run: webhooks are asked before the storage says that it is there already.
//!
//! A denial tells rule, object and field. A warning tells rule, object and the beginning of its message, which stands for the field.

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
use staged::{Case, Said, cases};

const NAME: &str = "verdicts";

/// How long the watch may take.
const LIMIT: Duration = Duration::from_secs(5);

/// What is taken where a case brings no policy: what `check` takes, too.
const NO_POLICY: &str = "apiVersion: no502.dev/v1alpha1
kind: Policy
gateways: [{class: nginx, dialect: ingress-nginx, configMap: none}]
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
            namespaces.iter().map(|raw| (text(raw, "/metadata/name"), &raw["metadata"]["labels"])).collect();
        let names = others.into_iter().map(namespace_of).chain(written.keys().copied());
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

/// What dry runs say of the objects of a case.
#[derive(Debug, Default)]
struct Heard {
    /// The objects, rules and fields of denials.
    causes: BTreeSet<(String, String, String)>,
    /// Lines of warnings, in the words that are said of the object itself.
    warnings: BTreeSet<String>,
    /// Whether some lines were left out.
    is_cut: bool,
}

impl Heard {
    /// Adds what is said of an object; or why the API server did not get as far as asking.
    fn add(&mut self, object: &str, reply: &Reply) -> std::result::Result<(), String> {
        let answer: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let message = text(&answer, "/message");
        match (reply.status, text(&answer, "/reason")) {
            // That it is there already is seen last.
            (200 | 201, _) | (409, "AlreadyExists") => {}
            (403, _) if message.contains("denied the request") => {
                let causes = answer.pointer("/details/causes").and_then(Value::as_array).into_iter().flatten();
                let of = |cause: &Value, at: &str| text(cause, at).to_owned();
                self.causes.extend(causes.map(|cause| (object.to_owned(), of(cause, "/reason"), of(cause, "/field"))));
            }
            _ => return Err(format!("{} {message}", reply.status)),
        }
        let lines = reply.warnings.iter().filter(|line| line.starts_with("no502 ["));
        self.warnings.extend(lines.map(|line| line.replacen("] would route to ", "] ", 1)));
        self.is_cut |= reply.warnings.iter().any(|line| line.contains("more; `no502 check` shows them all"));
        Ok(())
    }

    /// What is said at one gate and not at the other.
    fn differences(&self, checked: &[Said]) -> Vec<String> {
        let mut found = Vec::new();
        for said in checked {
            let is_denied = self.causes.contains(&(said.object.clone(), said.rule.clone(), said.field.clone()));
            let is_warned = self.is_cut || self.warnings.iter().any(|warning| is_line_of(warning, said));
            if !(if said.level == "error" { is_denied } else { is_warned }) {
                found.push(format!("only check: {} {} {} {}: {}", said.level, said.rule, said.object, said.field, said.message));
            }
        }
        let is_error = |said: &&Said| said.level == "error";
        let errors: BTreeSet<_> =
            checked.iter().filter(is_error).map(|said| (said.object.clone(), said.rule.clone(), said.field.clone())).collect();
        found.extend(self.causes.difference(&errors).map(|cause| format!("only the API server: error {cause:?}")));
        let unknown = self.warnings.iter().filter(|warning| !checked.iter().any(|said| is_line_of(warning, said)));
        found.extend(unknown.map(|warning| format!("only the API server: {warning}")));
        found
    }
}

/// Whether a warning is that of a finding: a long one ends early, and some say that they are pending.
fn is_line_of(warning: &str, said: &Said) -> bool {
    let (kind, name) = said.object.split_once(' ').unwrap_or_default();
    let line = format!("no502 [{}] {kind} {}: {}", said.rule, name.rsplit('/').next().unwrap_or_default(), said.message);
    let shown = [" (pending: `no502 check`)", " (pending)"].iter().find_map(|tail| warning.strip_suffix(tail)).unwrap_or(warning);
    shown.strip_suffix('…').map_or(line == shown, |beginning| line.starts_with(beginning))
}

/// What came of all cases.
#[derive(Default)]
struct Tally {
    objects: usize,
    findings: usize,
    left_out: BTreeMap<String, usize>,
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
            let kind = text(raw, "/kind");
            let Some(collection) = self.collection(raw)? else { return Ok(Err(format!("{kind}: no kind of this API server"))) };
            let reply = self.call("POST", &collection, raw)?;
            let answer: Value = serde_json::from_str(&reply.body).unwrap_or_default();
            if reply.status >= 300 {
                self.clear(&paths)?;
                return Ok(Err(format!("{kind}: {}", text(&answer, "/message"))));
            }
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

    /// What dry runs say of all objects of a case.
    fn ask(&mut self, case: &Case, tally: &mut Tally) -> Result<Heard> {
        let mut heard = Heard::default();
        for raw in case.objects.iter().filter(|raw| text(raw, "/kind") != "Namespace") {
            let Some(collection) = self.collection(raw)? else { continue };
            let namespace = if collection.contains("/namespaces/") { namespace_of(raw) } else { "" };
            let object = staged::object_name(text(raw, "/kind"), namespace, text(raw, "/metadata/name"));
            match heard.add(&object, &self.call("POST", &format!("{collection}?dryRun=All"), raw)?) {
                Ok(()) => tally.objects += 1,
                Err(why) => tally.leave_out(format!("objects whose dry run does not get to no502 ({why})")),
            }
        }
        Ok(heard)
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
        let differences = self.ask(case, tally)?.differences(checked);
        tally.findings += checked.len();
        self.clear(&paths)?;
        counts.iter_mut().for_each(|(kind, count)| *count = usize::from(kind == "Service"));
        for fault in missing.into_iter().chain(differences).chain(self.knows(&counts)?) {
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
    let (out, mut tried): (Vec<&Case>, Vec<&Case>) = all.iter().partition(|case| case.is_change || case.has_alternatives());
    out.iter().for_each(|_| tally.leave_out("cases of a change, or of one object in several states"));
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
    eprintln!("{} findings of {} objects compared; left out: {:#?}", tally.findings, tally.objects, tally.left_out);
    if tally.faults.is_empty() { Ok(()) } else { Err(fault(format!("\n{}", tally.faults))) }
}
