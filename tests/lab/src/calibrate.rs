//! How long a pod still gets requests after its deletion, behind each gateway: what the drain rules count with.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{create_dir_all, read_to_string, write};
use std::time::{Duration, SystemTime};

use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, ResourceExt};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::sleep;

use crate::fault::{At, Fault, Result};
use crate::gateway::Gateway;
use crate::kubectl::Kubectl;
use crate::load::{Connections, Load, Traffic};
use crate::place::Place;
use crate::say::say;
use crate::target::{Reached, Target};
use crate::wait::until;

const NAMESPACE: &str = "calibration";
/// Deletions in one batch, of the eight pods.
const BATCH: usize = 4;
/// Longer than any gateway was ever seen to need, shorter than the grace of the pods.
const WATCHED: Duration = Duration::from_secs(9);
/// Requests a second through each gateway: one for each pod every 67 ms.
const RATE: u32 = 120;

/// What was measured.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Calibration {
    /// By gateway.
    pub(crate) gateways: BTreeMap<String, Delay>,
}

/// From the deletion of a pod to the last request that it got.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Delay {
    /// The gateway's version.
    pub(crate) version: String,
    /// How many pods were deleted.
    pub(crate) deletions: usize,
    /// Half of them took no longer.
    pub(crate) median_ms: u64,
    /// None took longer.
    pub(crate) max_ms: u64,
}

/// Deletes this many pods in batches, under load through every gateway that runs, and keeps the figures.
pub(crate) async fn calibrate(place: &Place, deletions: usize) -> Result {
    let Target { kubectl, gateways } = Target::find(place).await?;
    set_up(place, &kubectl, &gateways).await?;
    let pods: Api<Pod> = Api::namespaced(client(place).await?, NAMESPACE);
    let mut delays: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for _ in 0..deletions.div_ceil(BATCH) {
        for (name, seen) in batch(&pods, &gateways).await? {
            delays.entry(name).or_default().extend(seen);
        }
    }
    kubectl.outcome(&["delete", "namespace", NAMESPACE, "--wait=false"]).await?;
    let mut calibration = Calibration::default();
    for Reached { gateway, version, .. } in gateways {
        let mut seen = delays.remove(gateway.name()).unwrap_or_default();
        seen.sort_unstable();
        let millis = |at: usize| seen.get(at).map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        let delay = Delay {
            version,
            deletions: seen.len(),
            median_ms: millis(seen.len() / 2),
            max_ms: millis(seen.len().saturating_sub(1)),
        };
        say(format!(
            "{:14} {} deletions: median {} ms, at most {} ms",
            gateway.name(),
            delay.deletions,
            delay.median_ms,
            delay.max_ms
        ));
        calibration.gateways.insert(gateway.name().to_owned(), delay);
    }
    let folder = place.results().join("results");
    create_dir_all(&folder).at(&folder)?;
    let path = folder.join("calibration.json");
    write(&path, serde_json::to_string_pretty(&calibration).unwrap_or_default()).at(&path)
}

/// The pods, and one route to them through each gateway.
async fn set_up(place: &Place, kubectl: &Kubectl, gateways: &[Reached]) -> Result {
    kubectl.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}).to_string()).await?;
    let path = place.source().join("calibration.yaml");
    let mut text = read_to_string(&path).at(&path)?;
    for Reached { gateway, .. } in gateways {
        let ingress = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": gateway.name()},
            "spec": {"ingressClassName": gateway.class(), "rules": [{"host": host(*gateway), "http": {"paths": [
                {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "app", "port": {"number": 80}}}},
            ]}}]},
        });
        text.extend(["\n---\n", &ingress.to_string(), "\n"]);
    }
    let printed = kubectl.feed(&["--namespace", NAMESPACE, "apply", "-f", "-"], &text).await?;
    if !printed.fine {
        return Err(Fault::Other(format!("the pods to delete cannot be made: {}", printed.err)));
    }
    kubectl.run(&["--namespace", NAMESPACE, "rollout", "status", "deployment/app", "--timeout=60s"]).await?;
    // A gateway that has just taken over a route may still be about to reload.
    sleep(Duration::from_secs(5)).await;
    Ok(())
}

/// One batch: load through all gateways, some pods deleted, and for each gateway how long each of them got requests.
async fn batch(pods: &Api<Pod>, gateways: &[Reached]) -> Result<Vec<(&'static str, Vec<Duration>)>> {
    until("eight pods are ready", Duration::from_mins(1), async || {
        let ready = ready(pods).await.map_err(|fault| fault.to_string())?.len();
        if ready >= 8 { Ok(()) } else { Err(format!("{ready} are")) }
    })
    .await?;
    let mut loads = Vec::new();
    for Reached { gateway, address, .. } in gateways {
        let traffic = Traffic {
            address: *address,
            host: host(*gateway),
            rate: RATE,
            connections: Connections::Reuse,
            ..Traffic::default()
        };
        loads.push((gateway.name(), Load::start(&traffic).map_err(|error| Fault::Other(error.to_string()))?));
    }
    sleep(Duration::from_secs(1)).await;
    let chosen: BTreeSet<String> = ready(pods).await?.into_iter().take(BATCH).collect();
    let deleted = now();
    for pod in &chosen {
        pods.delete(pod, &DeleteParams::default()).await?;
    }
    sleep(WATCHED).await;
    let mut seen = Vec::new();
    for (name, load) in loads {
        let record = load.stop().await;
        let at = deleted.duration_since(record.started).unwrap_or_default();
        let last = record.last_arrivals();
        let delays = chosen.iter().map(|pod| last.get(pod).copied().unwrap_or_default().saturating_sub(at)).collect();
        seen.push((name, delays));
    }
    Ok(seen)
}

#[allow(clippy::disallowed_methods, reason = "pods tell by the time of day when a request arrived")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// The names of the pods that are ready and stay.
async fn ready(pods: &Api<Pod>) -> Result<Vec<String>> {
    let list = pods.list(&ListParams::default()).await?;
    let stays = list.items.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none());
    let ready = stays.filter(|pod| {
        let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
        conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
    });
    Ok(ready.map(ResourceExt::name_any).collect())
}

fn host(gateway: &dyn Gateway) -> String {
    format!("calibration-{}.lab", gateway.name())
}

async fn client(place: &Place) -> Result<Client> {
    let path = place.kubeconfig();
    let wrong = |error: &dyn std::fmt::Display| Fault::Format { path: path.clone(), reason: error.to_string() };
    let file = Kubeconfig::read_from(&path).map_err(|error| wrong(&error))?;
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.map_err(|error| wrong(&error))?;
    Ok(Client::try_from(config)?)
}
