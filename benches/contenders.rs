//! Who stands in the way of a request: nothing, a policy of the API server itself, a bare webhook, no502.

use std::net::SocketAddr;
use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::Method;
use hyper::body::Bytes;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::bare;
use crate::client::Target;
use crate::cluster::Cluster;
use crate::fault::{Context, Result, fault};
use crate::instance::{Ground, Instance};
use crate::janitor::Owned;
use crate::kubectl::{Answer, Kubectl};
use crate::manifests;
use crate::register::{Failure, INSTANCE, Registration};
use crate::wait::{SOON, until};

/// Which contender stands in the way in a namespace.
const LABEL: &str = "bench.no502.dev/contender";
const POLICY: &str = "apiVersion: no502.dev/v1alpha1\nkind: Policy\n";
const DEPLOYMENTS: &str = "[{apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE, UPDATE]}]";

/// A request, and who stands in its way.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) namespace: &'static str,
    pub(crate) body: String,
    /// Whether no502 adds something to the object.
    pub(crate) is_patched: bool,
}

/// All contenders, and what they need.
pub(crate) struct Field {
    pub(crate) contenders: Vec<Contender>,
    // Registrations go before the servers that they call.
    _registrations: Vec<Registration>,
    no502: Instance,
    target: Target,
    _bare: Owned,
}

impl Field {
    /// Puts everything in place, and waits until the API server asks each of them.
    pub(crate) fn prepare(cluster: &Cluster) -> Result<Self> {
        let kubectl = cluster.admin();
        for name in ["nothing", "policy", "bare"] {
            make_namespace(&kubectl, name, &[(LABEL, name)])?;
        }
        kubectl.feed(&["apply", "-f", "-"], &admission_policy())?.fine()?;

        let ground = Ground::prepare(cluster, Path::new(env!("CARGO_BIN_EXE_no502")), "both", POLICY)?;
        let server = ground.serve()?;
        let address = server.webhook;
        let no502 = ground.register(server, &[], address, Failure::Closed)?;
        let folder = cluster.folder().join("both/pki");
        let authority = ground.certificates.authority();
        let mut command = std::process::Command::new(std::env::current_exe()?);
        let mut bare = Owned::start(bare::arguments(&mut command, &folder))?;
        let bare_address: SocketAddr = bare::first_line(bare.child())?.parse()?;
        kubectl.feed(&["apply", "-f", "-"], &registration(bare_address, &authority)?)?.fine()?;

        let mut registrations = Vec::new();
        for (name, address) in [("validate", address), ("bare-validate", bare_address), ("bare-both", bare_address)] {
            registrations.push(Registration::apply(&kubectl, name, address, &authority, Failure::Closed)?);
        }
        for name in ["no502-validate", "no502-bare-validate"] {
            kubectl.run(&["delete", "mutatingwebhookconfiguration", name])?.fine()?;
        }
        for name in ["both", "validate", "bare-both", "bare-validate"] {
            make_namespace(&kubectl, name, &[(INSTANCE, name), ("no502.dev/enforce", "strict")])?;
            // With its neighbours there, all rules have something to say.
            let neighbours = manifests::file(&[&manifests::service("web"), &manifests::ingress("web")]);
            kubectl.feed(&["--namespace", name, "apply", "-f", "-"], &neighbours)?.fine()?;
        }

        let target = Target::new(bare_address, &authority, None)?;
        let field = Self { contenders: contenders(&kubectl)?, _registrations: registrations, no502, target, _bare: bare };
        field.wait(&kubectl)?;
        Ok(field)
    }

    /// The API server learns of each of them a moment later.
    fn wait(&self, kubectl: &Kubectl) -> Result {
        for (namespace, manifest, reason) in [
            ("policy", manifests::without_readiness("web"), "a container has no readiness probe"),
            ("both", manifests::unresolvable_probe("web"), "no502 explain probe-port-unresolvable"),
            ("validate", manifests::unresolvable_probe("web"), "no502 explain probe-port-unresolvable"),
        ] {
            until(namespace, SOON, || {
                let answer = create(kubectl, namespace, &manifest)?;
                Ok(if answer.stderr.contains(reason) { Ok(()) } else { Err(format!("{answer:?}")) })
            })?;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        for (namespace, calls) in [("bare", 1), ("bare-validate", 1), ("bare-both", 2)] {
            until(namespace, SOON, || {
                let before = self.bare_calls(&runtime)?;
                create(kubectl, namespace, &manifests::healthy("web"))?;
                let asked = self.bare_calls(&runtime)? - before;
                Ok(if asked >= calls { Ok(()) } else { Err(format!("{asked} calls")) })
            })?;
        }
        Ok(())
    }

    fn bare_calls(&self, runtime: &Runtime) -> Result<usize> {
        let (_, calls) = runtime.block_on(async {
            let mut connection = self.target.connect().await?;
            connection.send(Method::GET, "/calls", Bytes::new()).await
        })?;
        String::from_utf8_lossy(&calls).parse().context(|| "the number of calls".to_owned())
    }

    /// Whether all of them were really asked, `requests` times each. The API server does not count how often a policy
    /// found nothing, so that one has to refuse once more.
    pub(crate) fn check_calls(&self, kubectl: &Kubectl, runtime: &Runtime, requests: usize) -> Result {
        let bare = f64::from(u32::try_from(self.bare_calls(runtime)?)?);
        let asked = |path| self.no502.server.metric("no502_admission_requests_total", &[path, "Deployment"]);
        let (mutate, validate) = (asked("mutate")?, asked("validate")?);
        println!("the bare webhook was asked {bare} times, /mutate {mutate} times, /validate {validate} times");
        let least = u32::try_from(requests).map(f64::from)?;
        let refusal = create(kubectl, "policy", &manifests::without_readiness("web"))?;
        // Two contenders lead to /mutate and three to /validate; three to the bare webhook, one of them twice.
        let is_enough = bare >= 4.0 * least && mutate >= 2.0 * least && validate >= 3.0 * least && refusal.code != 0;
        if is_enough { Ok(()) } else { Err(fault("somebody was not asked each time")) }
    }
}

fn create(kubectl: &Kubectl, namespace: &str, manifest: &str) -> Result<Answer> {
    kubectl.feed(&["--namespace", namespace, "create", "--dry-run=server", "-f", "-"], manifest)
}

fn contenders(kubectl: &Kubectl) -> Result<Vec<Contender>> {
    let healthy = json_of(kubectl, &manifests::healthy("web"))?;
    let unfinished = json_of(kubectl, &manifests::without_prestop("web"))?;
    let all = [
        ("nothing", "nothing", &healthy, false),
        ("ValidatingAdmissionPolicy, five CEL expressions", "policy", &healthy, false),
        ("a bare webhook", "bare", &healthy, false),
        ("a bare webhook, registered as no502's validate", "bare-validate", &healthy, false),
        ("no502, validate", "validate", &healthy, false),
        ("bare webhooks, registered as both of no502's", "bare-both", &healthy, false),
        ("no502, validate and mutate", "both", &healthy, false),
        ("no502, validate and mutate, which adds a preStop", "both", &unfinished, true),
    ];
    let contender =
        |(name, namespace, body, is_patched): (_, _, &String, _)| Contender { name, namespace, body: body.clone(), is_patched };
    Ok(all.into_iter().map(contender).collect())
}

/// A manifest as JSON: what clients send.
fn json_of(kubectl: &Kubectl, manifest: &str) -> Result<String> {
    let told = kubectl.feed(&["create", "--dry-run=client", "-o", "json", "-f", "-"], manifest)?.fine()?;
    let mut object = told.json()?;
    // kubectl writes its own namespace into it.
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("namespace");
    }
    Ok(object.to_string())
}

fn make_namespace(kubectl: &Kubectl, name: &str, labels: &[(&str, &str)]) -> Result {
    let labels: Value = labels.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
    kubectl.feed(&["create", "-f", "-"], &namespace.to_string())?.fine().map(drop)
}

/// Five of the things that no502 looks at, as far as CEL can say them about one object alone.
fn admission_policy() -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: bench}}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: {DEPLOYMENTS}
  validations:
    - expression: object.spec.template.spec.containers.all(c, has(c.readinessProbe))
      message: a container has no readiness probe
    - expression: object.spec.template.spec.containers.all(c, has(c.lifecycle) && has(c.lifecycle.preStop))
      message: a container has no preStop hook
    - expression: object.spec.template.spec.terminationGracePeriodSeconds > 20
      message: the grace period is too short
    - expression: object.spec.strategy.type != 'Recreate'
      message: Recreate stops all pods
    - expression: >-
        !has(object.spec.strategy.rollingUpdate)
        || string(object.spec.strategy.rollingUpdate.maxUnavailable) != '100%'
      message: all pods may be missing
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: bench}}
spec:
  policyName: bench
  validationActions: [Deny]
  matchResources: {{namespaceSelector: {{matchLabels: {{{LABEL}: policy}}}}}}
"
    )
}

fn registration(address: SocketAddr, authority: &Path) -> Result<String> {
    let authority = STANDARD.encode(std::fs::read(authority)?);
    Ok(format!(
        "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: bare}}
webhooks:
  - name: bare.no502.dev
    admissionReviewVersions: [v1]
    clientConfig: {{url: 'https://{address}/validate', caBundle: {authority}}}
    failurePolicy: Fail
    sideEffects: None
    timeoutSeconds: 3
    rules: {DEPLOYMENTS}
    namespaceSelector: {{matchLabels: {{{LABEL}: bare}}}}
"
    ))
}
