//! The line between the laboratory and its host: one process with its own network, mount and PID namespaces. When it
//! ends, the kernel ends all processes inside, and with them go their mounts, interfaces and firewall rules.

use std::env;
use std::fs::{File, copy, create_dir_all, read_to_string, remove_dir_all, write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::leftovers::clear_cgroups;
use crate::fault::{At, Fault, Result};
use crate::place::{INSIDE, Place};
use crate::process::{command, run, watch};
use crate::wait::until;

/// The first process of a laboratory, seen from the host. Its start time tells it from a later process of that number.
#[derive(Clone, Debug)]
pub(crate) struct Boundary {
    pid: u32,
    started: String,
}

impl Boundary {
    /// Makes the namespaces and starts `lab init` in them.
    pub(crate) fn make(place: &Place) -> Result<Self> {
        create_dir_all(place.logs()).at(&place.logs())?;
        // A copy, since the one that runs may be built anew while the laboratory lives.
        let own = place.run().join("program");
        copy("/proc/self/exe", &own).at(&own)?;
        let path = place.logs().join("init.log");
        let log = File::create(&path).at(&path)?;
        let copy = log.try_clone().at(&path)?;
        // The shell is process 1: it takes in orphans, which is what a first process is for.
        let mut unshare = Command::new("setsid");
        unshare.args([
            "unshare",
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "--propagation",
            "private",
        ]);
        unshare.args(["bash", "-c", "\"$0\" init & wait \"$!\""]).arg(own);
        unshare.stdin(Stdio::null()).stdout(log).stderr(copy).current_dir("/");
        let child = unshare.spawn().map_err(|error| Fault::Start { program: "unshare".to_owned(), error })?;
        let pid = child.id().ok_or_else(|| Fault::Other("unshare ended at once".to_owned()))?;
        let boundary = Self { pid, started: start_time(pid).unwrap_or_default() };
        let path = Self::file(place);
        write(&path, format!("{} {}\n", boundary.pid, boundary.started)).at(&path)?;
        Ok(boundary)
    }

    /// The laboratory that is running, if one is.
    pub(crate) fn find(place: &Place) -> Option<Self> {
        let text = read_to_string(Self::file(place)).ok()?;
        let (pid, started) = text.trim().split_once(' ')?;
        let pid = pid.parse().ok()?;
        (start_time(pid).as_deref() == Some(started)).then(|| Self { pid, started: started.to_owned() })
    }

    /// Whether the first process is still there.
    pub(crate) fn lives(&self) -> bool {
        start_time(self.pid).as_ref() == Some(&self.started)
    }

    /// A command that runs a program inside.
    pub(crate) fn enter(&self, program: &Path, arguments: &[String]) -> Result<Command> {
        let init = self.first_inside().ok_or_else(|| Fault::Other("the laboratory has just ended".to_owned()))?;
        let folder = env::current_dir().at(Path::new("."))?;
        let mut nsenter = command("nsenter", ["--target", &init.to_string(), "--net", "--mount", "--pid"]);
        nsenter.arg(format!("--wd={}", folder.display())).arg("--").arg(program).args(arguments);
        nsenter.stdin(Stdio::inherit());
        Ok(nsenter)
    }

    /// Ends all processes inside, and removes what the laboratory wrote on the host.
    pub(crate) async fn end(place: &Place) -> Result {
        if let Some(boundary) = Self::find(place) {
            // unshare takes its child, the first process, along; and the kernel all the others.
            run(command("kill", ["-KILL", &boundary.pid.to_string()])).await?;
            until("the processes of the laboratory are gone", Duration::from_secs(30), async || {
                if boundary.lives() { Err("the first one is still there".to_owned()) } else { Ok(()) }
            })
            .await?;
        }
        clear_cgroups().await?;
        let folder = place.run();
        if folder.exists() {
            remove_dir_all(&folder).at(&folder)?;
        }
        Ok(())
    }

    fn file(place: &Place) -> PathBuf {
        place.run().join("pid")
    }

    /// Process 1 of the namespaces, by its number on the host.
    fn first_inside(&self) -> Option<u32> {
        let children = read_to_string(format!("/proc/{0}/task/{0}/children", self.pid)).ok()?;
        children.split_whitespace().next()?.parse().ok()
    }
}

/// Runs this very command inside the laboratory and gives `false`, or gives `true` when it is inside already.
pub(crate) async fn inside(place: &Place) -> Result<bool> {
    if env::var_os("LAB_KUBECONFIG").is_some() || Path::new(INSIDE).exists() {
        return Ok(true);
    }
    let Some(boundary) = Boundary::find(place) else {
        return Err(Fault::Other("no laboratory is up: `make lab-up` starts one".to_owned()));
    };
    let own = env::current_exe().at(Path::new("/proc/self/exe"))?;
    let arguments: Vec<String> = env::args().skip(1).collect();
    watch(boundary.enter(&own, &arguments)?).await?;
    Ok(false)
}

/// When a process started, in ticks since boot: the 22nd field, counted behind the name, which may hold anything.
fn start_time(pid: u32) -> Option<String> {
    let stat = read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    // The state is the third field of all; a process that only waits to be buried has ended.
    let mut fields = fields.split_whitespace();
    if matches!(fields.next(), Some("Z" | "X")) {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}
