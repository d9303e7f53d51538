//! What is mounted inside, and nowhere else.

use std::fs::create_dir_all;
use std::path::Path;

use crate::fault::{At, Result};
use crate::place::INSIDE;
use crate::process::{command, run};

/// Hides `/run` behind memory, lays the unpacked Debian packages over `/usr`, and makes `/etc`, `/var` and `/opt`
/// writable without a trace: what is written there lies in memory too.
pub(crate) async fn mount(debian: &Path) -> Result {
    run(command("mount", ["-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run"])).await?;
    create_dir_all(INSIDE).at(Path::new(INSIDE))?;
    let packages = debian.join("root/usr");
    overlay(&format!("lowerdir={}:/usr", packages.display()), "/usr").await?;
    for folder in ["etc", "var", "opt"] {
        let (upper, work) = (format!("{INSIDE}/over/{folder}"), format!("{INSIDE}/over/{folder}.work"));
        create_dir_all(&upper).at(Path::new(&upper))?;
        create_dir_all(&work).at(Path::new(&work))?;
        overlay(&format!("lowerdir=/{folder},upperdir={upper},workdir={work}"), &format!("/{folder}")).await?;
    }
    // Shared, so that what the kubelet mounts for a pod reaches the pod.
    run(command("mount", ["--make-rshared", "/"])).await?;
    Ok(())
}

async fn overlay(options: &str, on: &str) -> Result {
    run(command("mount", ["-t", "overlay", "-o", options, "overlay", on])).await.map(drop)
}
