//! A real control plane on this machine: etcd, kube-apiserver, kube-controller-manager. No node, so no pod ever runs.

use std::fmt::Write;
use std::fs::{File, create_dir_all, read_to_string, write};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::fault::{Context, Result, fault};
use crate::janitor::{self, Owned};
use crate::kubectl::Kubectl;
use crate::wait::until;

const BOOT: Duration = Duration::from_secs(90);

/// Who may knock: token, user and groups. The third is the account that `deploy/base` gives to no502.
const USERS: [(&str, &str, &str); 3] = [
    ("admin", "admin", "system:masters"),
    ("controllers", "system:kube-controller-manager", "system:masters"),
    ("no502", "system:serviceaccount:no502-system:no502", "system:serviceaccounts,system:serviceaccounts:no502-system"),
];

/// Every request, without bodies: that is the level at which the server writes audit annotations.
const AUDIT_POLICY: &str =
    "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n";

/// What becomes of a Deployment and its Service. That a pod runs is for a kubelet to say, see `pods.rs`.
const CONTROLLERS: [&str; 5] = [
    "deployment-controller",
    "replicaset-controller",
    "endpointslice-controller",
    "namespace-controller",
    "garbage-collector-controller",
];

/// The one gateway of the cluster.
const INGRESS_CLASS: &str =
    "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\nspec: {controller: k8s.io/ingress-nginx}\n";

/// A running control plane; dropping it ends the processes and removes the folder.
pub(crate) struct Cluster {
    // Dropped in this order: first the processes, then the folder they write to.
    processes: Mutex<Vec<Owned>>,
    folder: tempfile::TempDir,
    binaries: PathBuf,
    server: String,
}

impl Cluster {
    /// Boots everything and waits until the API server says that it is ready.
    pub(crate) fn start() -> Result<Self> {
        let cluster = Self::bare()?;
        // Whoever keeps it for the whole process drops nothing.
        janitor::sweep(cluster.folder())?;
        cluster.start_controllers()?;
        cluster.admin().feed(&["create", "-f", "-"], INGRESS_CLASS)?.fine()?;
        Ok(cluster)
    }

    /// An API server in which nothing happens by itself, for who wants to see only what they put there.
    pub(crate) fn bare() -> Result<Self> {
        let binaries = part("binaries")?;
        let folder = tempfile::Builder::new().prefix("no502-apiserver-").tempdir()?;
        let (etcd, peer, api) = free_ports()?;
        let cluster = Self { processes: Mutex::default(), folder, binaries, server: format!("https://127.0.0.1:{api}") };
        cluster.write_files()?;
        cluster.start_etcd(etcd, peer)?;
        cluster.start_apiserver(etcd, api)?;
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    /// The folder for whatever belongs to this cluster.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the binaries.
    pub(crate) fn binaries(&self) -> &Path {
        &self.binaries
    }

    /// Where the API server listens.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// kubectl as somebody who may do everything.
    pub(crate) fn admin(&self) -> Kubectl {
        Kubectl::new(&self.binaries, &self.kubeconfig("admin"))
    }

    /// The kubeconfig of one of the users: `admin`, `controllers`, `no502`.
    pub(crate) fn kubeconfig(&self, user: &str) -> PathBuf {
        self.path(&format!("{user}.kubeconfig"))
    }

    /// A kubeconfig that reaches the server through another address of this machine.
    pub(crate) fn kubeconfig_through(&self, user: &str, address: SocketAddr) -> Result<PathBuf> {
        let path = self.path(&format!("{user}-{}.kubeconfig", address.port()));
        write(&path, self.kubeconfig_text(user, &format!("https://{address}")))?;
        Ok(path)
    }

    /// All that the server's audit log holds by now.
    pub(crate) fn audit_events(&self) -> Result<Vec<Value>> {
        let file = File::open(self.path("audit.log"))?;
        // The last line may be half written; it is whole the next time.
        let lines = BufReader::new(file).lines().map_while(std::result::Result::ok);
        Ok(lines.filter_map(|line| serde_json::from_str(&line).ok()).collect())
    }

    /// Starts `kubectl proxy`: the API over plain HTTP, as the admin. It ends with the value that is returned.
    pub(crate) fn proxy(&self) -> Result<(Owned, SocketAddr)> {
        let mut command = self.admin().command();
        command.args(["proxy", "--port=0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Owned::start(&mut command)?;
        let mut line = String::new();
        if let Some(pipe) = process.child().stdout.take() {
            BufReader::new(pipe).read_line(&mut line)?;
        }
        let address = line.trim().rsplit(' ').next().and_then(|text| text.parse().ok());
        Ok((process, address.ok_or_else(|| fault(format!("kubectl proxy said: {line}")))?))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn argument(&self, flag: &str, name: &str) -> String {
        format!("--{flag}={}", self.path(name).display())
    }

    fn write_files(&self) -> Result {
        let mut tokens = String::new();
        for (token, user, groups) in USERS {
            writeln!(tokens, "{token},{user},{token},\"{groups}\"")?;
            write(self.kubeconfig(token), self.kubeconfig_text(token, &self.server))?;
        }
        write(self.path("tokens.csv"), tokens)?;
        write(self.path("audit-policy.yaml"), AUDIT_POLICY)?;
        create_dir_all(self.path("logs"))?;
        let key = Command::new("openssl")
            .args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out"])
            .arg(self.path("accounts.key"))
            .output()
            .context(|| "openssl makes the key of the service accounts, and it does not start".to_owned())?;
        if key.status.success() { Ok(()) } else { Err(fault(String::from_utf8_lossy(&key.stderr))) }
    }

    fn kubeconfig_text(&self, token: &str, server: &str) -> String {
        let authority = self.path("pki").join("apiserver.crt");
        // JSON is YAML, and every client reads it.
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": server, "certificate-authority": authority}}],
            "users": [{"name": "test", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        })
        .to_string()
    }

    fn launch(&self, program: &str, arguments: &[String]) -> Result {
        let log = File::create(self.path("logs").join(program))?;
        let mut command = Command::new(self.binaries.join(program));
        command.args(arguments).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let process = Owned::start(&mut command)?;
        // Newest first: the storage must be the last to go.
        self.processes.lock().unwrap_or_else(PoisonError::into_inner).insert(0, process);
        Ok(())
    }

    fn start_etcd(&self, port: u16, peer: u16) -> Result {
        let (client, peer) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peer}"));
        self.launch(
            "etcd",
            &[
                self.argument("data-dir", "etcd"),
                "--unsafe-no-fsync=true".to_owned(),
                format!("--listen-client-urls={client}"),
                format!("--advertise-client-urls={client}"),
                format!("--listen-peer-urls={peer}"),
                format!("--initial-advertise-peer-urls={peer}"),
                format!("--initial-cluster=default={peer}"),
                "--log-level=warn".to_owned(),
            ],
        )
    }

    fn start_apiserver(&self, etcd: u16, port: u16) -> Result {
        self.launch(
            "kube-apiserver",
            &[
                format!("--etcd-servers=http://127.0.0.1:{etcd}"),
                "--bind-address=127.0.0.1".to_owned(),
                format!("--secure-port={port}"),
                "--service-cluster-ip-range=10.0.0.0/16".to_owned(),
                self.argument("cert-dir", "pki"),
                self.argument("token-auth-file", "tokens.csv"),
                "--authorization-mode=RBAC".to_owned(),
                "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
                self.argument("service-account-key-file", "accounts.key"),
                self.argument("service-account-signing-key-file", "accounts.key"),
                // Pods of a ReplicaSet would wait for an account that nobody makes here.
                "--disable-admission-plugins=ServiceAccount".to_owned(),
                self.argument("audit-policy-file", "audit-policy.yaml"),
                self.argument("audit-log-path", "audit.log"),
                "--audit-log-mode=blocking".to_owned(),
            ],
        )
    }

    fn start_controllers(&self) -> Result {
        self.launch(
            "kube-controller-manager",
            &[
                format!("--kubeconfig={}", self.kubeconfig("controllers").display()),
                format!("--controllers={}", CONTROLLERS.join(",")),
                "--leader-elect=false".to_owned(),
                "--secure-port=0".to_owned(),
            ],
        )
    }

    fn wait_until_ready(&self) -> Result {
        let kubectl = self.admin();
        let ready = until("the API server is ready", BOOT, || {
            if let Some((program, status)) = self.ended()? {
                return Err(fault(format!("{program} ended with {status}")));
            }
            let answer = kubectl.run(&["get", "--raw", "/readyz", "--request-timeout=2s"])?;
            Ok(if answer.code == 0 { Ok(()) } else { Err(answer.stderr) })
        });
        ready.context(|| format!("the cluster does not start\n{}\n{}", self.log("etcd"), self.log("kube-apiserver")))
    }

    fn ended(&self) -> Result<Option<(&'static str, String)>> {
        let mut processes = self.processes.lock().unwrap_or_else(PoisonError::into_inner);
        for (process, program) in processes.iter_mut().rev().zip(["etcd", "kube-apiserver"]) {
            if let Some(status) = process.ended()? {
                return Ok(Some((program, status.to_string())));
            }
        }
        Ok(None)
    }

    /// The end of a program's log.
    pub(crate) fn log(&self, program: &str) -> String {
        let text = read_to_string(self.path("logs").join(program)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines.get(lines.len().saturating_sub(15)..).unwrap_or_default();
        format!("--- {program}\n{}", tail.join("\n"))
    }
}

/// What `tests/apiserver/PART/build.sh` keeps: the folder that it prints.
pub(crate) fn part(name: &str) -> Result<PathBuf> {
    let script = repository().join("tests/apiserver").join(name).join("build.sh");
    // The script's standard error stays visible: the first build takes minutes.
    let told = Command::new(&script).stderr(Stdio::inherit()).output().context(|| script.display().to_string())?;
    let folder = String::from_utf8_lossy(&told.stdout).trim().to_owned();
    if told.status.success() { Ok(PathBuf::from(folder)) } else { Err(fault(format!("the {name} cannot be had, see above"))) }
}

/// The root of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Three ports that were free at once; all are held until the last is known, so that they differ.
fn free_ports() -> Result<(u16, u16, u16)> {
    let hold = || TcpListener::bind("127.0.0.1:0");
    let (one, two, three) = (hold()?, hold()?, hold()?);
    Ok((one.local_addr()?.port(), two.local_addr()?.port(), three.local_addr()?.port()))
}
