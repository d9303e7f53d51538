//! The life of a laboratory from inside: everything is started in its order, and stays until the namespaces end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::sleep;

use super::certificates::Certificates;
use super::{control_plane, mounts, network, node};
use crate::fault::{At, Fault, Result};
use crate::gateway;
use crate::image;
use crate::install::install;
use crate::kubectl::Kubectl;
use crate::place::{INSIDE, Place};
use crate::process;
use crate::wait::until;

/// What has been built, by part.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    /// Unpacked packages: runc, nft, nginx, haproxy.
    pub(crate) debian: PathBuf,
    /// The binaries of Kubernetes, and etcd.
    pub(crate) kubernetes: PathBuf,
    /// containerd, its shim, ctr, and the CNI plugins.
    pub(crate) containerd: PathBuf,
    /// All of them by name, those of gateways among them.
    pub(crate) folders: BTreeMap<String, PathBuf>,
}

impl Parts {
    /// Reads the lines that `parts/build.sh` printed.
    pub(crate) fn read(lines: &str) -> Result<Self> {
        let words = lines.lines().filter_map(|line| line.split_once(' '));
        let folders: BTreeMap<String, PathBuf> = words.map(|(part, folder)| (part.to_owned(), PathBuf::from(folder))).collect();
        let of = |part: &str| folders.get(part).cloned().ok_or_else(|| Fault::Other(format!("the part {part} was not built")));
        Ok(Self { debian: of("debian")?, kubernetes: of("kubernetes")?, containerd: of("containerd")?, folders })
    }

    /// What was kept by `lab up`.
    pub(crate) fn kept(place: &Place) -> Result<Self> {
        let path = place.run().join("parts");
        Self::read(&std::fs::read_to_string(&path).at(&path)?)
    }

    /// The folder of a part.
    pub(crate) fn folder(&self, part: &str) -> Result<&Path> {
        let folder = self.folders.get(part).map(PathBuf::as_path);
        folder.ok_or_else(|| Fault::Other(format!("{part} was not built: `lab up {part}` builds it")))
    }
}

/// Programs that stay.
pub(crate) struct Stay {
    logs: PathBuf,
    programs: Vec<(String, Child)>,
}

impl Stay {
    /// Starts one.
    pub(crate) fn start(&mut self, name: &str, command: Command) -> Result {
        let child = process::start(&self.logs, name, command)?;
        self.programs.push((name.to_owned(), child));
        Ok(())
    }

    /// One that has ended, which none of them should.
    fn ended(&mut self) -> Option<String> {
        let found = self.programs.iter_mut().find_map(|(name, child)| Some((name.clone(), child.try_wait().ok()??)));
        found.map(|(name, status)| format!("{name} has ended ({status}), see {}/{name}.log", self.logs.display()))
    }
}

/// Starts all, tells of its progress in the file `progress`, and stays.
pub(crate) async fn init(place: &Place) -> Result {
    let path = place.run().join("progress");
    let mut progress = File::options().create(true).append(true).open(&path).at(&path)?;
    let mut tell = |line: &str| writeln!(progress, "{line}").at(&path);
    let mut stay = Stay { logs: place.logs(), programs: Vec::new() };
    if let Err(fault) = boot(place, &mut stay, &mut tell).await {
        let ended = stay.ended().map(|ended| format!("\n{ended}")).unwrap_or_default();
        tell(&format!("failed: {fault}{ended}").replace('\n', "\n  "))?;
        return Err(fault);
    }
    tell("ready")?;
    loop {
        sleep(Duration::from_secs(1)).await;
        if let Some(ended) = stay.ended() {
            tell(&format!("failed: {ended}"))?;
            return Err(Fault::Other(ended));
        }
    }
}

async fn boot(place: &Place, stay: &mut Stay, tell: &mut impl FnMut(&str) -> Result) -> Result {
    let parts = Parts::kept(place)?;
    mounts::mount(&parts.debian).await?;
    network::connect().await?;
    let certificates = Certificates::make(&Path::new(INSIDE).join("pki"))?;
    let kubeconfig = place.run().join("kubeconfig");
    certificates.kubeconfig(&kubeconfig)?;
    control_plane::start(&parts.kubernetes, &certificates, &kubeconfig, stay).await?;
    tell("the API server answers")?;
    node::start(&parts, &kubeconfig, stay).await?;
    for archive in image::archives(place) {
        node::import(&parts, &archive).await?;
    }
    let kubectl = Kubectl::new(parts.kubernetes.join("kubectl"), &kubeconfig);
    until("the node is Ready", Duration::from_secs(90), async || {
        let ready = "jsonpath={.items[*].status.conditions[?(@.type==\"Ready\")].status}";
        match kubectl.outcome(&["get", "nodes", "--output", ready]).await {
            Ok(printed) if printed.out.trim() == "True" => Ok(()),
            Ok(printed) => Err(printed.out + &printed.err),
            Err(error) => Err(error.to_string()),
        }
    })
    .await?;
    tell("the node is Ready")?;
    for gateway in gateway::chosen(place)? {
        gateway.start(&parts, &kubectl, stay).await?;
        tell(&format!("{} runs", gateway.name()))?;
    }
    install(place, &place.run().join("no502"), &kubectl).await?;
    tell("no502 judges, with two replicas behind its Service")?;
    Ok(())
}
