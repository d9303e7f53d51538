//! What happens while requests are sent.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{change, manifest};
use crate::fault::{Fault, Result};
use crate::kubectl::Kubectl;
use crate::wait::until;

/// What happens to the Deployment `app` in the middle of a run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Event {
    /// Nothing.
    #[default]
    None,
    /// `kubectl rollout restart`.
    Restart,
    /// `kubectl scale` to so many replicas.
    Scale(u32),
    /// So many pods are deleted at once.
    DeletePods(u32),
    /// All pods are evicted, as a node drain does.
    Evict,
    /// `kubectl apply` of the objects with this merged in.
    Apply(Vec<Value>),
    /// The same, of Secrets with certificates.
    Certificate(Vec<Value>),
    /// `kubectl delete` of the objects of these kinds and names.
    Delete(Vec<Value>),
}

impl Event {
    /// In words, for a picture.
    pub(crate) const fn label(&self) -> &'static str {
        match self {
            Self::None => "",
            Self::Restart => "rollout restart",
            Self::Scale(_) => "scale",
            Self::DeletePods(_) => "pods deleted",
            Self::Evict => "node drain",
            Self::Apply(_) => "apply",
            Self::Certificate(_) => "certificate change",
            Self::Delete(_) => "delete",
        }
    }

    /// What it merges into the objects.
    pub(crate) fn changes(&self) -> &[Value] {
        match self {
            Self::Apply(changes) | Self::Certificate(changes) => changes,
            _ => &[],
        }
    }

    /// Lets it happen, and waits until the Deployment is whole again, if it ever is. Objects are those with its changes in them. Gives
    /// the warnings that kubectl showed.
    pub(crate) async fn happen(&self, kubectl: &Kubectl, namespace: &str, changed: &[Value]) -> Result<String> {
        let act = async |arguments: &[&str]| kubectl.run(&[&["--namespace", namespace][..], arguments].concat()).await;
        let mut told = String::new();
        match self {
            Self::None => return Ok(told),
            Self::Restart => drop(act(&["rollout", "restart", "deployment/app"]).await?),
            Self::Scale(replicas) => drop(act(&["scale", "deployment/app", &format!("--replicas={replicas}")]).await?),
            Self::DeletePods(count) => {
                let pods = pods(kubectl, namespace).await?;
                let some = pods.iter().take(usize::try_from(*count).unwrap_or(usize::MAX)).map(String::as_str);
                let words: Vec<&str> = ["delete", "pod", "--wait=false"].into_iter().chain(some).collect();
                drop(act(&words).await?);
            }
            Self::Evict => {
                for pod in pods(kubectl, namespace).await? {
                    let body = format!(
                        r#"{{"apiVersion":"policy/v1","kind":"Eviction","metadata":{{"name":"{pod}","namespace":"{namespace}"}}}}"#
                    );
                    let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/eviction");
                    evict(kubectl, &pod, &path, &body).await?;
                }
            }
            Self::Apply(_) | Self::Certificate(_) => told = feed(kubectl, "apply", changed).await?,
            Self::Delete(doomed) => {
                let is_doomed = |object: &&Value| doomed.iter().any(|one| change::is_same(one, object));
                let objects: Vec<Value> = changed.iter().filter(is_doomed).cloned().collect();
                told = feed(kubectl, "delete", &objects).await?;
            }
        }
        // A rollout that never ends is what some experiments are about.
        kubectl.outcome(&["--namespace", namespace, "rollout", "status", "deployment/app", "--timeout=40s"]).await?;
        Ok(told)
    }
}

/// Has kubectl do this with the objects, which has to succeed; gives its warnings.
async fn feed(kubectl: &Kubectl, verb: &str, objects: &[Value]) -> Result<String> {
    let printed = kubectl.feed(&[verb, "-f", "-"], &manifest::text(objects)).await?;
    if printed.fine { Ok(printed.err) } else { Err(Fault::Other(format!("kubectl {verb}: {}", printed.err))) }
}

/// As `kubectl drain` does: while a budget forbids it, again and again.
async fn evict(kubectl: &Kubectl, pod: &str, path: &str, body: &str) -> Result {
    until(&format!("{pod} is evicted"), Duration::from_mins(1), async || {
        let printed = kubectl.feed(&["create", "--raw", path, "-f", "-"], body).await.map_err(|fault| fault.to_string())?;
        if printed.fine {
            return Ok(());
        }
        Err(printed.err)
    })
    .await
}

async fn pods(kubectl: &Kubectl, namespace: &str) -> Result<Vec<String>> {
    let names = kubectl.run(&["--namespace", namespace, "get", "pods", "--output=jsonpath={.items[*].metadata.name}"]).await?;
    Ok(names.split_whitespace().map(str::to_owned).collect())
}
