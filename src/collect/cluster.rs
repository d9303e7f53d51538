//! One look at a cluster: every kind that is read is listed once, in pages.

use std::path::Path;

use kube::api::{DynamicObject, ListParams};
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Api, Client, Config};

use super::read_kinds;
use super::watch::{model, resource, trim};
use crate::inventory::Inventory;
use crate::model::Model;
use crate::object::Kind;
use crate::policy::{ConfigSource, Document};

/// How many objects come with one answer.
const PAGE: u32 = 500;

/// Why a cluster cannot be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The kubeconfig could not be used.
    #[error("the kubeconfig cannot be used: {0}")]
    Kubeconfig(#[from] KubeconfigError),
    /// The client could not be made, or the API server does not answer.
    #[error("the API server cannot be asked: {0}")]
    Client(#[from] kube::Error),
}

/// What a look at a cluster brought.
#[derive(Debug, Default)]
pub struct Seen {
    /// The objects.
    pub inventory: Inventory,
    /// The kinds that the API server does not know.
    pub absent: Vec<Kind>,
    /// The kinds that could not be listed, and why: there may be objects of them.
    pub unread: Vec<(Kind, String)>,
}

impl Seen {
    /// Whether all that there is was listed.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.unread.is_empty()
    }
}

/// The configuration that a kubeconfig and a context name.
///
/// # Errors
/// Where there is no such file or context, or it cannot be read.
pub async fn config(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Config, KubeconfigError> {
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    match kubeconfig {
        Some(path) => Config::from_custom_kubeconfig(Kubeconfig::read_from(path)?, &options).await,
        None => Config::from_kubeconfig(&options).await,
    }
}

/// A client for the cluster that kubectl would ask; in a pod without a kubeconfig, for that of the pod.
///
/// # Errors
/// Where no configuration can be used.
pub async fn client(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Client, ClusterError> {
    let config = match config(kubeconfig, context).await {
        Ok(config) => config,
        Err(error) if kubeconfig.is_some() || context.is_some() => return Err(error.into()),
        Err(error) => Config::incluster().map_err(|_| error)?,
    };
    Ok(Client::try_from(config)?)
}

/// Lists all that is read. What the API server does not know, or does not give, is said and left out.
///
/// # Errors
/// Where the API server does not answer at all.
pub async fn look(client: &Client, document: &Document) -> Result<Seen, ClusterError> {
    let mut seen = Seen::default();
    let mut kinds: Vec<Kind> = read_kinds().into_iter().chain([Kind::EndpointSlice]).collect();
    kinds.retain(|kind| *kind != Kind::ConfigMap);
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        match list(client, kind).await {
            Ok(Some(models)) => models.into_iter().for_each(|model| seen.inventory.apply(model)),
            Ok(None) => seen.absent.push(kind),
            Err(kube::Error::Api(status)) => seen.unread.push((kind, status.message.clone())),
            Err(error) => return Err(error.into()),
        }
    }
    for entry in &document.gateways {
        if let ConfigSource::Named { namespace, name } = &entry.config {
            let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource(Kind::ConfigMap, "v1"));
            match api.get_opt(name).await {
                Ok(config) => {
                    let config = config.and_then(|mut object| {
                        trim(&mut object);
                        model(Kind::ConfigMap, &object)
                    });
                    if let Some(model) = config {
                        seen.inventory.apply(model);
                    }
                }
                Err(error) => seen.unread.push((Kind::ConfigMap, error.to_string())),
            }
        }
    }
    Ok(seen)
}

/// All objects of a kind, in the newest version that the server has; `None` where it has none.
async fn list(client: &Client, kind: Kind) -> Result<Option<Vec<Model>>, kube::Error> {
    for version in kind.versions() {
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource(kind, version));
        match pages(&api, kind).await {
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            other => return other.map(Some),
        }
    }
    Ok(None)
}

async fn pages(api: &Api<DynamicObject>, kind: Kind) -> Result<Vec<Model>, kube::Error> {
    let mut models = Vec::new();
    let mut params = ListParams::default().limit(PAGE);
    loop {
        let page = api.list(&params).await?;
        // Only what is read is kept while the rest of the list comes.
        for mut object in page.items {
            trim(&mut object);
            models.extend(model(kind, &object));
        }
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(&token),
            None => return Ok(models),
        }
    }
}
