//! What no502 lets in keeps its word: rollouts in a row under load, through every gateway, and no request fails.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::experiment::Experiment;
use crate::fault::{Fault, Result};
use crate::kubectl::Kubectl;
use crate::load::{Connections, Load, Traffic};
use crate::place::Place;
use crate::say::{remark, say};
use crate::target::{Reached, Target};

const NAMESPACE: &str = "rollouts";

/// Applies a bare Deployment where no502 enforces, which mends it, and restarts it so many times.
pub(crate) async fn rollouts(place: &Place, times: u32) -> Result {
    let Target { kubectl, gateways } = Target::find(place).await?;
    set_up(place, &kubectl, &gateways).await?;
    let mut loads = Vec::new();
    for Reached { gateway, address, .. } in &gateways {
        for connections in [Connections::New, Connections::Reuse] {
            let host = format!("rollouts-{}.lab", gateway.name());
            let traffic = Traffic { address: *address, host, connections, rate: 30, ..Traffic::default() };
            let load = Load::start(&traffic).map_err(|error| Fault::Other(error.to_string()))?;
            loads.push((format!("{} with {connections:?} connections", gateway.name()).to_lowercase(), load));
        }
    }
    for time in 1..=times {
        kubectl.run(&["--namespace", NAMESPACE, "rollout", "restart", "deployment/app"]).await?;
        kubectl.run(&["--namespace", NAMESPACE, "rollout", "status", "deployment/app", "--timeout=90s"]).await?;
        remark(format!("rollout {time} of {times} is done"));
    }
    sleep(Duration::from_secs(15)).await;
    let mut red = Vec::new();
    for (name, load) in loads {
        let record = load.stop().await;
        let counts = record.counts(Some("app"));
        let (requests, resent) = (record.answers.len(), record.resent);
        say(format!("{name}: {requests} requests during {times} rollouts: {counts:?}, {resent} of them sent again"));
        if record.failures(Some("app")) > 0 {
            red.push(name);
        }
    }
    kubectl.outcome(&["delete", "namespace", NAMESPACE, "--wait=false"]).await?;
    if red.is_empty() { Ok(()) } else { Err(Fault::Other(format!("requests failed behind: {}", red.join("; ")))) }
}

async fn set_up(place: &Place, kubectl: &Kubectl, gateways: &[Reached]) -> Result {
    let labels = json!({"no502.dev/enforce": "strict"});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}});
    kubectl.apply(&namespace.to_string()).await?;
    // The very objects of the experiment: no preStop sleep, until no502 puts one in.
    let all = Experiment::all(place)?;
    let bare = all.into_iter().find(|experiment| experiment.name == "prestop-missing");
    let bare = bare.ok_or_else(|| Fault::Other("the experiment prestop-missing is gone".to_owned()))?;
    let mut text = String::new();
    for object in bare.objects {
        let whole = object.to_string().replace("${host}", "app");
        if object.get("kind").and_then(serde_json::Value::as_str) != Some("Ingress") {
            text.extend(["---\n", &whole, "\n"]);
            continue;
        }
        for Reached { gateway, .. } in gateways {
            let mut ingress = object.to_string();
            ingress =
                ingress.replace("${host}", &format!("rollouts-{}.lab", gateway.name())).replace("${class}", gateway.class());
            ingress = ingress.replace(r#""metadata":{"name":"app"}"#, &format!(r#""metadata":{{"name":"{}"}}"#, gateway.name()));
            text.extend(["---\n", &ingress, "\n"]);
        }
    }
    let printed = kubectl.feed(&["--namespace", NAMESPACE, "apply", "-f", "-"], &text).await?;
    if !printed.fine {
        return Err(Fault::Other(format!("no502 does not let it in: {}", printed.err)));
    }
    kubectl.run(&["--namespace", NAMESPACE, "rollout", "status", "deployment/app", "--timeout=60s"]).await?;
    sleep(Duration::from_secs(5)).await;
    Ok(())
}
