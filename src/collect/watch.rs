//! Watches: one for each kind, through the reflector's event stream of kube's runtime.
//!
//! An object that cannot be decoded is read leniently, so it cannot stop a stream. A relist swaps all objects of its
//! kind at once. While a watch is lost, answers go on from what was known.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use kube::api::{ApiResource, DynamicObject};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client};
use tokio::time::sleep;
use tracing::{debug, warn};

use super::store::Store;
use crate::model::Model;
use crate::object::{Kind, Object, ObjectId};

/// Watches all objects of a kind, in the newest version that the server has, until the task is dropped.
pub async fn watch_kind(client: Client, kind: Kind, store: Arc<Store>) {
    let last = kind.versions().last();
    loop {
        for version in kind.versions() {
            watch_version(client.clone(), kind, version, &store).await;
            // A controller that is not there is no reason to stay away.
            if Some(version) == last {
                store.absent(kind);
                sleep(AGAIN).await;
            }
        }
    }
}

/// Watches all objects of a kind in one version, as long as the server has it.
async fn watch_version(client: Client, kind: Kind, version: &str, store: &Store) {
    let api: Api<DynamicObject> = Api::all_with(client, &resource(kind, version));
    let mut fresh: Vec<Model> = Vec::new();
    let mut events = std::pin::pin!(watcher(api, watcher::Config::default()).modify(trim).default_backoff());
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                // That a list begins says nothing yet.
                if !matches!(event, Event::Init | Event::InitApply(_)) {
                    store.recovered(kind);
                }
                match event {
                    Event::Init => fresh.clear(),
                    Event::InitApply(object) => fresh.extend(model(kind, &object)),
                    Event::InitDone => {
                        debug!(kind = kind.name(), objects = fresh.len(), "listed");
                        store.reset(kind, std::mem::take(&mut fresh));
                        store.found(kind);
                    }
                    Event::Apply(object) => model(kind, &object).into_iter().for_each(|model| store.apply(model)),
                    Event::Delete(object) => store.delete(&id(kind, &object)),
                }
            }
            Err(error) if kind.is_built_in() => report(kind, &error, store),
            Err(error) if is_absent(&error) => return,
            Err(error) => {
                // Nor is one whose kinds nobody allowed to be read. The stream's own back-off begins anew with every list, so it is
                // left alone for a while.
                report(kind, &error, store);
                store.waived(kind);
                sleep(AGAIN).await;
            }
        }
    }
}

/// How long a kind that is not there is left alone, before it is asked for again.
const AGAIN: Duration = Duration::from_secs(30);

/// Whether the API server knows no such kind.
fn is_absent(error: &watcher::Error) -> bool {
    let (watcher::Error::InitialListFailed(source) | watcher::Error::WatchStartFailed(source)) = error else { return false };
    matches!(source, kube::Error::Api(status) if status.code == 404)
}

/// Watches one `ConfigMap`, until the task is dropped.
pub async fn watch_config(client: Client, namespace: String, name: String, store: Arc<Store>) {
    let api: Api<DynamicObject> = Api::namespaced_with(client, &namespace, &resource(Kind::ConfigMap, "v1"));
    let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let mut events = std::pin::pin!(watcher(api, config).modify(trim).default_backoff());
    let mut is_listed = false;
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => is_listed = false,
            Ok(Event::InitApply(object) | Event::Apply(object)) => {
                is_listed = true;
                if let Some(model) = model(Kind::ConfigMap, &object) {
                    store.apply(model);
                }
                store.recovered(Kind::ConfigMap);
            }
            Ok(Event::InitDone) => {
                // It may have gone while nobody watched.
                if !is_listed {
                    store.delete(&ObjectId::new(Kind::ConfigMap, &namespace, &name));
                }
                store.found(Kind::ConfigMap);
            }
            Ok(Event::Delete(_)) => store.delete(&ObjectId::new(Kind::ConfigMap, &namespace, &name)),
            Err(error) => report(Kind::ConfigMap, &error, &store),
        }
    }
}

fn report(kind: Kind, error: &watcher::Error, store: &Store) {
    warn!(kind = kind.name(), %error, "the watch is lost; answers go on from what was known");
    store.lost(kind, error.to_string());
}

/// What is never read is dropped before anything else looks at the object.
pub(super) fn trim(object: &mut DynamicObject) {
    object.metadata.managed_fields = None;
    if let Some(data) = object.data.as_object_mut() {
        data.remove("status");
    }
}

pub(super) fn resource(kind: Kind, version: &str) -> ApiResource {
    let group = kind.group();
    ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version: if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") },
        kind: kind.name().to_owned(),
        plural: kind.plural().to_owned(),
    }
}

fn id(kind: Kind, object: &DynamicObject) -> ObjectId {
    let metadata = &object.metadata;
    ObjectId::new(kind, metadata.namespace.as_deref().unwrap_or_default(), metadata.name.as_deref().unwrap_or_default())
}

pub(super) fn model(kind: Kind, object: &DynamicObject) -> Option<Model> {
    let mut raw = serde_json::to_value(object).ok()?;
    // Objects of a list do not repeat what the list says of all.
    let map = raw.as_object_mut()?;
    map.insert("apiVersion".to_owned(), kind.api_version().into());
    map.insert("kind".to_owned(), kind.name().into());
    Object::new(raw, "").map(|object| Model::read(&object))
}
