//! containerd, the kubelet and kube-proxy: what makes this machine a node.

use std::fs::{create_dir_all, write};
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::init::{Parts, Stay};
use super::leftovers::CGROUP;
use super::network::{NODE_ADDRESS, PODS};
use crate::fault::{At, Result};
use crate::place::INSIDE;
use crate::process::{command, outcome, run};
use crate::wait::until;

const SOCKET: &str = "/run/no502-lab/containerd.sock";

/// The image that holds a pod's namespaces open.
pub(crate) const PAUSE: &str = "lab.no502.dev/pause:1";

/// Starts them; the node reports itself to the API server.
pub(crate) async fn start(parts: &Parts, kubeconfig: &Path, stay: &mut Stay) -> Result {
    containerd(parts, stay).await?;
    kubelet(parts, kubeconfig, stay)?;
    proxy(parts, kubeconfig, stay)
}

/// Gives an image, as an archive, to the node.
pub(crate) async fn import(parts: &Parts, archive: &Path) -> Result {
    let mut import = command(parts.containerd.join("ctr"), ["--address", SOCKET, "--namespace", "k8s.io", "images", "import"]);
    import.arg(archive);
    run(import).await.map(drop)
}

async fn containerd(parts: &Parts, stay: &mut Stay) -> Result {
    let networks = Path::new(INSIDE).join("cni");
    create_dir_all(&networks).at(&networks)?;
    let network = json!({
        "cniVersion": "1.0.0", "name": "lab",
        "plugins": [{
            "type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
            "ipam": {
                "type": "host-local", "dataDir": format!("{INSIDE}/addresses"),
                "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}],
            },
        }],
    });
    put(&networks.join("10-lab.conflist"), &network.to_string())?;
    // oom_score_adj is not lowered: a machine without CAP_SYS_RESOURCE ends every container otherwise.
    let config = format!(
        r#"version = 3
root = "{INSIDE}/containerd"
state = "{INSIDE}/containerd.state"
[grpc]
address = "{SOCKET}"
[ttrpc]
address = "{SOCKET}.ttrpc"
[plugins.'io.containerd.internal.v1.opt']
path = "{INSIDE}/containerd.opt"
[plugins.'io.containerd.cri.v1.images']
snapshotter = "overlayfs"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "{PAUSE}"
[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ["{plugins}"]
conf_dir = "{networks}"
"#,
        plugins = parts.containerd.join("cni").display(),
        networks = networks.display(),
    );
    let file = Path::new(INSIDE).join("containerd.toml");
    put(&file, &config)?;
    let mut containerd = command(parts.containerd.join("containerd"), ["--config".as_ref(), file.as_os_str()]);
    containerd.env("PATH", format!("{}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", parts.containerd.display()));
    stay.start("containerd", containerd)?;
    let ctr = parts.containerd.join("ctr");
    until("containerd answers", Duration::from_secs(30), async || {
        match outcome(command(&ctr, ["--address", SOCKET, "version"])).await {
            Ok(printed) if printed.fine => Ok(()),
            Ok(printed) => Err(printed.err),
            Err(error) => Err(error.to_string()),
        }
    })
    .await
}

fn kubelet(parts: &Parts, kubeconfig: &Path, stay: &mut Stay) -> Result {
    let config = json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": format!("unix://{SOCKET}"),
        // Whoever is in this network may ask; nobody else can.
        "authentication": {"anonymous": {"enabled": true}, "webhook": {"enabled": false}},
        "authorization": {"mode": "AlwaysAllow"},
        "failCgroupV1": false, "cgroupDriver": "cgroupfs", "cgroupsPerQOS": false, "cgroupRoot": format!("/{CGROUP}"),
        "enforceNodeAllocatable": [], "failSwapOn": false, "localStorageCapacityIsolation": false,
        "evictionHard": {"memory.available": "100Mi"},
        "imageMinimumGCAge": "240h", "imageGCHighThresholdPercent": 100,
        "maxPods": 400, "podLogsDir": format!("{INSIDE}/pods"), "resolvConf": "",
        "kubeAPIQPS": 200, "kubeAPIBurst": 400, "eventRecordQPS": 0,
        // What a cluster has that renews it within the minute waits less here.
        "syncFrequency": "10s",
    });
    let file = Path::new(INSIDE).join("kubelet.json");
    put(&file, &config.to_string())?;
    stay.start(
        "kubelet",
        command(
            parts.kubernetes.join("kubelet"),
            [
                format!("--config={}", file.display()),
                format!("--kubeconfig={}", kubeconfig.display()),
                format!("--root-dir={INSIDE}/kubelet"),
                format!("--cert-dir={INSIDE}/kubelet-pki"),
                format!("--node-ip={NODE_ADDRESS}"),
                "--hostname-override=lab".to_owned(),
            ],
        ),
    )
}

fn proxy(parts: &Parts, kubeconfig: &Path, stay: &mut Stay) -> Result {
    let config = json!({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
        "mode": "nftables", "clusterCIDR": PODS, "hostnameOverride": "lab",
        "clientConnection": {"kubeconfig": kubeconfig},
        "conntrack": {"maxPerCore": 0},
    });
    let file = Path::new(INSIDE).join("kube-proxy.json");
    put(&file, &config.to_string())?;
    stay.start("kube-proxy", command(parts.kubernetes.join("kube-proxy"), [format!("--config={}", file.display())]))
}

fn put(path: &Path, text: &str) -> Result {
    write(path, text).at(path)
}
