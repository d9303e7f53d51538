//! A no502 with a policy of its own, registered in the cluster, and the namespaces that it judges.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::cluster::Cluster;
use crate::fault::Result;
use crate::kubectl::{Answer, Kubectl};
use crate::manifests;
use crate::no502::{Certificates, No502, write_policy};
use crate::register::{Failure, INSTANCE, Registration};
use crate::wait::{SOON, until};

/// A server and its registration.
pub(crate) struct Instance {
    // The registration goes first: a configuration without a server would hold up others.
    pub(crate) registration: Registration,
    /// The server.
    pub(crate) server: No502,
    kubectl: Kubectl,
    name: String,
}

/// What a server needs before it can start.
pub(crate) struct Ground<'a> {
    cluster: &'a Cluster,
    binary: &'a Path,
    name: &'a str,
    policy: PathBuf,
    /// The certificate of every server of this instance.
    pub(crate) certificates: Certificates,
}

/// Whoever makes the account of no502.
static ACCOUNT: Mutex<()> = Mutex::new(());

impl<'a> Ground<'a> {
    /// Writes policy and certificates, and gives no502 the account of `deploy/base`.
    pub(crate) fn prepare(cluster: &'a Cluster, binary: &'a Path, name: &'a str, policy: &str) -> Result<Self> {
        let folder = cluster.folder().join(name);
        let policy = write_policy(&folder, policy)?;
        let certificates = Certificates::make(binary, &folder.join("pki"))?;
        let base = crate::cluster::repository().join("deploy/base");
        let mut arguments = vec!["apply".to_owned()];
        for file in ["namespace.yaml", "serviceaccount.yaml", "rbac.yaml", "clusterrolebinding.yaml"] {
            arguments.push(format!("-f={}", base.join(file).display()));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        // Two first applies of one object at once: one of them is told that it exists already.
        let alone = ACCOUNT.lock().unwrap_or_else(PoisonError::into_inner);
        cluster.admin().run(&arguments)?.fine()?;
        drop(alone);
        Ok(Self { cluster, binary, name, policy, certificates })
    }

    /// Starts one server.
    pub(crate) fn serve(&self) -> Result<No502> {
        self.serve_with(&self.cluster.kubeconfig("no502"))
    }

    /// Starts one server that reaches the API server by another kubeconfig.
    pub(crate) fn serve_with(&self, kubeconfig: &Path) -> Result<No502> {
        No502::start(self.binary, kubeconfig, &self.policy, &self.certificates)
    }

    /// Registers `server`, called at `address`, and waits until the API server really calls it, or one of the `others`
    /// behind the same address.
    pub(crate) fn register(&self, server: No502, others: &[&No502], address: SocketAddr, failure: Failure) -> Result<Instance> {
        let kubectl = self.cluster.admin();
        let authority = self.certificates.authority();
        let registration = Registration::apply(&kubectl, self.name, address, &authority, failure)?;
        let instance = Instance { registration, server, kubectl, name: self.name.to_owned() };
        let probe = instance.namespace(&format!("{}-home", self.name), &[])?;
        let deployment = manifests::healthy("probe");
        until("the API server calls both paths", SOON, || {
            probe.feed(&["create", "--dry-run=server", "-f", "-"], &deployment)?;
            let called = |path| -> Result<f64> {
                let servers = others.iter().copied().chain([&instance.server]);
                servers.map(|server| server.metric("no502_admission_requests_total", &[path])).sum()
            };
            let (mutate, validate) = (called("mutate")?, called("validate")?);
            Ok(if mutate > 0.0 && validate > 0.0 { Ok(()) } else { Err(format!("{mutate} and {validate} calls")) })
        })?;
        Ok(instance)
    }
}

impl Instance {
    /// One server with a policy, called directly.
    pub(crate) fn start(cluster: &Cluster, binary: &Path, name: &str, policy: &str) -> Result<Self> {
        Self::start_with(cluster, binary, name, policy, Failure::AsShipped)
    }

    /// The same, with a choice of what happens when it is down.
    pub(crate) fn start_with(cluster: &Cluster, binary: &Path, name: &str, policy: &str, failure: Failure) -> Result<Self> {
        let ground = Ground::prepare(cluster, binary, name, policy)?;
        let server = ground.serve()?;
        let address = server.webhook;
        ground.register(server, &[], address, failure)
    }

    /// A new namespace that this instance judges, with more labels.
    pub(crate) fn namespace(&self, name: &str, labels: &[(&str, &str)]) -> Result<Namespace> {
        let mut text = format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels:\n");
        for (key, value) in labels.iter().chain(&[(INSTANCE, self.name.as_str())]) {
            writeln!(text, "    {key}: {value}")?;
        }
        self.kubectl.feed(&["create", "-f", "-"], &text)?.fine()?;
        Ok(Namespace { kubectl: self.kubectl.clone(), name: name.to_owned() })
    }
}

/// A namespace, and kubectl in it.
#[derive(Clone)]
pub(crate) struct Namespace {
    /// kubectl as the admin.
    pub(crate) kubectl: Kubectl,
    /// The name.
    pub(crate) name: String,
}

impl Namespace {
    /// Runs kubectl in this namespace.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Answer> {
        self.feed(arguments, "")
    }

    /// Runs kubectl in this namespace, with a text on its standard input.
    pub(crate) fn feed(&self, arguments: &[&str], input: &str) -> Result<Answer> {
        let mut all = vec!["--namespace", self.name.as_str()];
        all.extend_from_slice(arguments);
        // A host belongs to one namespace: the oldest Ingress takes it, wherever it is.
        let input = input.replace(".example.com", &format!(".{}.example.com", self.name));
        self.kubectl.feed(&all, &input)
    }

    /// `kubectl apply -f -`.
    pub(crate) fn apply(&self, manifest: &str) -> Result<Answer> {
        self.feed(&["apply", "-f", "-"], manifest)
    }

    /// `kubectl apply --dry-run=server -f -`.
    pub(crate) fn preview(&self, manifest: &str) -> Result<Answer> {
        self.feed(&["apply", "--dry-run=server", "-f", "-"], manifest)
    }

    /// One object, such as `deployment/web`, as JSON.
    pub(crate) fn get(&self, object: &str) -> Result<Value> {
        self.kubectl.get(&["--namespace", &self.name, object])
    }

    /// Sets a label on the namespace itself.
    pub(crate) fn label(&self, label: &str) -> Result<Answer> {
        self.kubectl.run(&["label", "namespace", &self.name, label])
    }

    /// Previews `manifest` until the answer is as wanted: watch and informers learn of a change a moment later.
    pub(crate) fn preview_until(&self, what: &str, manifest: &str, wanted: impl Fn(&Answer) -> bool) -> Result<Answer> {
        until(what, SOON, || {
            let answer = self.preview(manifest)?;
            Ok(if wanted(&answer) { Ok(answer) } else { Err(format!("{answer:#?}")) })
        })
    }

    /// Waits until an enforced profile holds here: a certain fault is denied in a dry run.
    pub(crate) fn enforced(&self) -> Result {
        let bad = manifests::unresolvable_probe("enforced-yet");
        self.preview_until("the label holds", &bad, |answer| answer.code == 1).map(drop)
    }
}
