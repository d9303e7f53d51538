//! `lab up`: builds what is missing, starts the laboratory, waits until it can be used.

use std::collections::BTreeSet;
use std::fs::{copy, create_dir_all, read_to_string, write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::cluster::{Boundary, Listing, Parts};
use crate::existing::Existing;
use crate::fault::{At, Fault, Result};
use crate::gateway::{self, Gateway};
use crate::image::Image;
use crate::place::Place;
use crate::process::{command, run, watch};
use crate::say::{remark, say};
use crate::wait::until;

const BOOT: Duration = Duration::from_mins(4);
const TARGET: &str = if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-musl" } else { "x86_64-unknown-linux-musl" };

/// Starts a laboratory with these gateways, or says that it is there already. In a cluster that exists, installs no502.
pub(crate) async fn up(place: &Place, names: &[String]) -> Result {
    if let Some(existing) = Existing::asked()? {
        images(place).await?;
        return existing.up(place).await;
    }
    let gateways: Vec<&dyn Gateway> = if names.is_empty() {
        gateway::ALL.to_vec()
    } else {
        names.iter().map(|name| gateway::find(name)).collect::<Result<_>>()?
    };
    check_requirements()?;
    if is_ready(place, &gateways) {
        say("the laboratory is up already");
        tell_use(place);
        return Ok(());
    }
    // What an earlier run left, however it ended.
    Boundary::end(place).await?;
    let parts = build(place, &gateways).await?;
    let folder = place.run();
    create_dir_all(&folder).at(&folder)?;
    let put = |name: &str, text: String| write(folder.join(name), text).at(&folder.join(name));
    put("before", Listing::take().await.text())?;
    put("parts", parts)?;
    put("gateways", gateways.iter().map(|gateway| gateway.name()).collect::<Vec<_>>().join("\n"))?;
    images(place).await?;
    let boundary = Boundary::make(place)?;
    follow(place, &boundary).await?;
    tell_use(place);
    Ok(())
}

/// Ends the laboratory, and looks whether anything is left of it.
pub(crate) async fn down(place: &Place) -> Result {
    if let Some(existing) = Existing::asked()? {
        return existing.down(place).await;
    }
    let before = read_to_string(place.run().join("before")).ok().map(|text| Listing::read(&text));
    Boundary::end(place).await?;
    let Some(before) = before else {
        say("no laboratory was up");
        return Ok(());
    };
    // The kernel ends what is inside one by one.
    until("nothing is left of the laboratory", Duration::from_secs(30), async || {
        let after = Listing::take().await;
        let left = after.beyond(&before);
        if left.is_empty() { Ok(()) } else { Err(format!("This was not here before it:\n  {}", left.join("\n  "))) }
    })
    .await?;
    say("the laboratory is gone, and left nothing");
    Ok(())
}

fn is_ready(place: &Place, gateways: &[&dyn Gateway]) -> bool {
    let progress = read_to_string(place.run().join("progress")).unwrap_or_default();
    let running = read_to_string(place.run().join("gateways")).unwrap_or_default();
    Boundary::find(place).is_some()
        && progress.lines().last() == Some("ready")
        && gateways.iter().all(|gateway| running.lines().any(|line| line == gateway.name()))
}

fn check_requirements() -> Result {
    let mut missing = Vec::new();
    if !cfg!(target_os = "linux") {
        missing.push("  Linux, for namespaces (or LAB_KUBECONFIG, for a cluster that exists)".to_owned());
    }
    let root = read_to_string("/proc/self/status").is_ok_and(|text| text.lines().any(|line| line.starts_with("Uid:\t0\t0")));
    if !root {
        missing.push("  root, for namespaces and mounts (or LAB_KUBECONFIG, for a cluster that exists)".to_owned());
    }
    let needed = [
        ("go", "golang"),
        ("cargo", "rustup"),
        ("ip", "iproute2"),
        ("unshare", "util-linux"),
        ("nsenter", "util-linux"),
        ("setsid", "util-linux"),
        ("mount", "mount"),
        ("dpkg-deb", "dpkg"),
        ("apt-get", "apt"),
        ("python3", "python3"),
        ("musl-gcc", "musl-tools"),
        ("openssl", "openssl"),
    ];
    let folders: Vec<PathBuf> = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    let present = |program: &str| folders.iter().any(|folder| folder.join(program).exists());
    missing.extend(
        needed
            .iter()
            .filter(|(program, _)| !present(program))
            .map(|(program, package)| format!("  {program} (Debian: apt-get install {package})")),
    );
    if missing.is_empty() { Ok(()) } else { Err(Fault::Missing(missing.join("\n"))) }
}

/// Builds the parts; gives the lines `part folder`.
async fn build(place: &Place, gateways: &[&dyn Gateway]) -> Result<String> {
    let script = place.source().join("parts/build.sh");
    let mut build = command(&script, ["debian", "kubernetes", "containerd"]);
    let wanted: BTreeSet<&str> = gateways.iter().flat_map(|gateway| gateway.parts()).copied().collect();
    build.args(wanted.into_iter().filter(|part| *part != "debian"));
    build.stderr(Stdio::inherit());
    let output = build.output().await.map_err(|error| Fault::Start { program: script.display().to_string(), error })?;
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(lines) } else { Err(Fault::Other("a part cannot be built, see above".to_owned())) }
}

/// no502 and the backend, static, each in an image of its own.
async fn images(place: &Place) -> Result {
    remark("building no502 and the backend for their images");
    run(command("rustup", ["target", "add", TARGET])).await?;
    let folder = place.run();
    create_dir_all(&folder).at(&folder)?;
    let target = place.repository.join("target").join(TARGET).join("release");
    for package in ["no502", "backend"] {
        let mut build =
            command("cargo", ["build", "--locked", "--release", "--target", TARGET, "--package", package, "--bin", package]);
        build.current_dir(&place.repository).stdout(Stdio::inherit());
        watch(build).await?;
    }
    let (no502, backend) = (target.join("no502"), target.join("backend"));
    // The program of the image makes the certificates, too.
    copy(&no502, place.run().join("no502")).at(&no502)?;
    let image = |name, binary: &Path, entrypoint: &[&str], user| Image { name, binary, entrypoint, user }.write(place);
    image("no502:0.1.0", &no502, &["/no502"], "65532:65532")?;
    image("lab.no502.dev/backend:1", &backend, &["/backend"], "")?;
    // Whatever stays will do to hold the namespaces of a pod open.
    image("lab.no502.dev/pause:1", &backend, &["/backend", "--bind", "127.0.0.1", "--listen", "65535=http1"], "")?;
    Ok(())
}

/// Prints the progress until all is ready.
async fn follow(place: &Place, boundary: &Boundary) -> Result {
    let (start, path) = (Instant::now(), place.run().join("progress"));
    let mut shown = 0;
    loop {
        let text = read_to_string(&path).unwrap_or_default();
        for line in text.lines().skip(shown) {
            shown += 1;
            if let Some(reason) = line.strip_prefix("failed: ") {
                let rest = text.lines().skip(shown).collect::<Vec<_>>().join("\n");
                return Err(Fault::Other(format!("{reason}\n{rest}\nThe logs are in {}", place.logs().display())));
            }
            remark(format!("{:5.1} s  {line}", start.elapsed().as_secs_f64()));
            if line == "ready" {
                return Ok(());
            }
        }
        if !boundary.lives() {
            let log = read_to_string(place.logs().join("init.log")).unwrap_or_default();
            return Err(Fault::Other(format!("the laboratory ended while it started\n{log}")));
        }
        if start.elapsed() > BOOT {
            return Err(Fault::TimedOut { what: "the laboratory is ready".to_owned(), after: BOOT, last: text });
        }
        sleep(Duration::from_millis(100)).await;
    }
}

fn tell_use(place: &Place) {
    say(format!(
        "\nThe laboratory is up.\n  make lab-shell    a shell inside it, where kubectl and curl reach everything\n  \
         make lab          all experiments\n  make lab-down     ends it\nIts logs: {}",
        place.logs().display()
    ));
    if let Ok(parts) = Parts::kept(place) {
        say(format!(
            "KUBECONFIG={} (inside), kubectl: {}",
            place.kubeconfig().display(),
            parts.kubernetes.join("kubectl").display()
        ));
    }
    for gateway in gateway::chosen(place).unwrap_or_default() {
        say(format!("  {:14} http://{}  ingressClassName: {}", gateway.name(), gateway.address(), gateway.class()));
    }
}
