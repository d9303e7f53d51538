//! What a machine has before and after: the laboratory must leave nothing behind.

use std::collections::BTreeSet;
use std::fs::{read_dir, read_to_string, remove_dir, write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::fault::Result;
use crate::process::{command, outcome};
use crate::wait::until;

/// The control group that all pods are in, below each controller.
pub(crate) const CGROUP: &str = "no502-lab";

/// Mounts, interfaces, named network namespaces, firewall rules, control groups, and processes with a name of ours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listing(BTreeSet<String>);

impl Listing {
    /// Looks around.
    pub(crate) async fn take() -> Self {
        let mut found = BTreeSet::new();
        let mounts = read_to_string("/proc/self/mounts").unwrap_or_default();
        found.extend(mounts.lines().map(|line| format!("mount {line}")));
        for (what, arguments) in
            [("interface", ["-oneline", "link"]), ("network", ["netns", "list"]), ("route", ["route", "show"])]
        {
            let lines = outcome(command("ip", arguments)).await.map(|printed| printed.out).unwrap_or_default();
            found.extend(lines.lines().map(|line| format!("{what} {line}")));
        }
        // Either may be absent, and then has no rules.
        for (program, arguments) in [("nft", ["list", "ruleset"].as_slice()), ("iptables-save", &[])] {
            let lines = outcome(command(program, arguments)).await.map(|printed| printed.out).unwrap_or_default();
            found.extend(lines.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{program} {line}")));
        }
        found.extend(cgroups().into_iter().map(|folder| format!("cgroup {}", folder.display())));
        found.extend(processes());
        Self(found)
    }

    /// What is here and was not there.
    pub(crate) fn beyond<'a>(&'a self, before: &Self) -> Vec<&'a str> {
        self.0.iter().filter(|line| !before.0.contains(*line)).map(String::as_str).collect()
    }

    /// As text, a line each.
    pub(crate) fn text(&self) -> String {
        self.0.iter().fold(String::new(), |text, line| text + line + "\n")
    }

    /// Read back.
    pub(crate) fn read(text: &str) -> Self {
        Self(text.lines().map(str::to_owned).collect())
    }
}

/// Removes the control groups that containers leave, deepest first. Whoever is still in them is killed.
pub(crate) async fn clear_cgroups() -> Result {
    until("the control groups of the pods are gone", Duration::from_secs(20), async || {
        let left = cgroups();
        for folder in left.iter().rev() {
            for process in read_to_string(folder.join("cgroup.procs")).unwrap_or_default().split_whitespace() {
                let _ = outcome(command("kill", ["-KILL", process])).await;
            }
            // A frozen process does not die.
            let _ = write(folder.join("freezer.state"), "THAWED");
            let _ = remove_dir(folder);
        }
        if left.is_empty() { Ok(()) } else { Err(format!("{} are left", left.len())) }
    })
    .await
}

/// Ours, parents before children.
fn cgroups() -> BTreeSet<PathBuf> {
    let root = Path::new("/sys/fs/cgroup");
    let controllers = read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut open: Vec<PathBuf> =
        controllers.chain([root.to_owned()]).map(|controller| controller.join(CGROUP)).filter(|folder| folder.is_dir()).collect();
    let mut found = BTreeSet::new();
    while let Some(folder) = open.pop() {
        let children = read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        open.extend(children.filter(|path| path.is_dir()));
        found.insert(folder);
    }
    found
}

/// By name only: their numbers differ each time.
fn processes() -> BTreeSet<String> {
    const OURS: [&str; 16] = [
        "etcd",
        "kube-apiserver",
        "kube-controller",
        "kube-scheduler",
        "kubelet",
        "kube-proxy",
        "containerd",
        "containerd-shim",
        "traefik",
        "contour",
        "envoy",
        "nginx",
        "haproxy",
        "nginx-ingress-c",
        "backend",
        "no502",
    ];
    let folders = read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    let names = folders.filter_map(|folder| read_to_string(folder.join("comm")).ok());
    names
        .map(|name| name.trim().to_owned())
        .filter(|name| OURS.contains(&name.as_str()))
        .map(|name| format!("process {name}"))
        .collect()
}
