//! The shipped webhook configurations, turned to a server on this machine.

use std::net::SocketAddr;
use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Deserializer, Value, json};

use crate::cluster::repository;
use crate::fault::{Context, Result, fault};
use crate::kubectl::Kubectl;

/// The label that says which instance of no502 judges a namespace: several with different policies run at once.
pub(crate) const INSTANCE: &str = "test.no502.dev/instance";

/// What the API server does when a webhook cannot be reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// As the shipped files say.
    AsShipped,
    /// Every webhook fails closed, so that one lost call is one failed request.
    Closed,
}

/// Two webhook configurations in the cluster; they go when this value goes.
pub(crate) struct Registration {
    kubectl: Kubectl,
    name: String,
}

impl Registration {
    /// Reads the shipped webhooks, with those of the component for the ConfigMap of a gateway, and applies them for one instance, calling `address`.
    pub(crate) fn apply(
        kubectl: &Kubectl,
        instance: &str,
        address: SocketAddr,
        authority: &Path,
        failure: Failure,
    ) -> Result<Self> {
        let authority = STANDARD.encode(std::fs::read(authority)?);
        let name = format!("no502-{instance}");
        let mut all = shipped(kubectl, "deploy/base/webhooks.yaml")?;
        // As kustomize merges the component into the base.
        for mut component in shipped(kubectl, "deploy/components/gateway-config/webhook.yaml")? {
            let same = all.iter_mut().find(|configuration| configuration.get("kind") == component.get("kind"));
            let same = same.ok_or_else(|| fault("the component patches what the base does not hold"))?;
            let more = std::mem::take(webhooks(&mut component)?);
            webhooks(same)?.extend(more);
        }
        for configuration in &mut all {
            *at(configuration, "/metadata/name")? = json!(name);
            // What lives in no namespace is everybody's: one server is enough for it.
            webhooks(configuration)?.retain(|webhook| webhook.get("namespaceSelector").is_some() || instance == SHARED);
            for webhook in webhooks(configuration)? {
                turn(webhook, instance, address, &authority, failure)?;
            }
        }
        let list = json!({"apiVersion": "v1", "kind": "List", "items": all});
        let registration = Self { kubectl: kubectl.clone(), name };
        kubectl.feed(&["apply", "-f", "-"], &list.to_string())?.fine().context(|| "the shipped webhooks".to_owned())?;
        Ok(registration)
    }

    /// Takes the configurations away, as somebody does who needs the cluster back at once.
    pub(crate) fn remove(&self) -> Result {
        let kinds = "mutatingwebhookconfiguration,validatingwebhookconfiguration";
        self.kubectl.run(&["delete", kinds, &self.name, "--ignore-not-found"])?.fine().map(drop)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // A cluster that is gone already has no configurations either.
        let _ = self.remove();
    }
}

/// The documents of a shipped file. kubectl reads the YAML, and prints one JSON document after the other.
fn shipped(kubectl: &Kubectl, file: &str) -> Result<Vec<Value>> {
    let path = repository().join(file);
    let read = ["create", "--dry-run=client", "--validate=false", "-o", "json", "-f", &path.to_string_lossy()];
    let printed = kubectl.run(&read)?.fine()?;
    Deserializer::from_str(&printed.stdout).into_iter::<Value>().map(|document| Ok(document?)).collect()
}

fn webhooks(configuration: &mut Value) -> Result<&mut Vec<Value>> {
    at(configuration, "/webhooks")?.as_array_mut().ok_or_else(|| fault("webhooks is no list"))
}

fn at<'a>(value: &'a mut Value, pointer: &str) -> Result<&'a mut Value> {
    value.pointer_mut(pointer).ok_or_else(|| fault(format!("a shipped webhook has no {pointer}")))
}

/// The server that most tests ask.
const SHARED: &str = "shared";

fn turn(webhook: &mut Value, instance: &str, address: SocketAddr, authority: &str, failure: Failure) -> Result {
    let path = at(webhook, "/clientConfig/service/path")?.as_str().unwrap_or_default().to_owned();
    *at(webhook, "/clientConfig")? = json!({"url": format!("https://{address}{path}"), "caBundle": authority});
    if webhook.get("namespaceSelector").is_none() {
        return Ok(());
    }
    if failure == Failure::Closed {
        *at(webhook, "/failurePolicy")? = json!("Fail");
    }
    let requirement = json!({"key": INSTANCE, "operator": "In", "values": [instance]});
    let selector = at(webhook, "/namespaceSelector/matchExpressions")?;
    selector.as_array_mut().ok_or_else(|| fault("matchExpressions is no list"))?.push(requirement);
    Ok(())
}
