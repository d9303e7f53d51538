//! The controller of programs that know nothing of Kubernetes: it watches Ingresses, Services and EndpointSlices, writes
//! the whole configuration anew after a change, has the program check it, and has it loaded.
//!
//! A configuration that does not pass the check is left aside, and the one before it stays, as with every controller of
//! this kind: one bad annotation stops the changes of all.

mod routes;
#[cfg(test)]
mod tests;

use std::env;
use std::fmt::Debug;
use std::fs::{create_dir_all, rename, write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, select_all};
use kube::runtime::reflector::{self, Lookup, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use self::routes::Objects;
pub(super) use self::routes::Route;
use super::{Gateway, answers, apply, ingress_class};
use crate::cluster::Stay;
use crate::fault::{At, Fault, Result};
use crate::kubectl::Kubectl;
use crate::place::INSIDE;
use crate::process::{command, outcome, run};
use crate::say::say;

/// No more than one reload within this time.
const PAUSE: Duration = Duration::from_millis(100);
/// After which a signal counts as lost.
const PATIENCE: Duration = Duration::from_secs(1);
const TRIES: u32 = 10;

/// A gateway whose program is configured by [`control`].
pub(super) trait Rendered: Gateway {
    /// Its whole configuration; `folder` is for whatever it writes.
    fn render(&self, routes: &[Route], folder: &Path) -> String;

    /// The program, in the foreground.
    fn program(&self, file: &Path) -> Command;

    /// The same, which only checks a configuration.
    fn check(&self, file: &Path) -> Command;

    /// The signal after which it reads its configuration again.
    fn reload(&self) -> &'static str;

    /// Whether it answers by a configuration already. Asked for some time after the signal, which may have been lost.
    fn follows<'a>(&'a self, configuration: &'a str, folder: &'a Path) -> BoxFuture<'a, bool>;
}

/// Starts [`control`] as a process of its own, and waits until the program answers.
pub(super) async fn start(gateway: &dyn Rendered, kubectl: &Kubectl, stay: &mut Stay) -> Result {
    apply(kubectl, [ingress_class(gateway.class(), "lab.no502.dev/rendered")]).await?;
    let own = env::current_exe().at(Path::new("/proc/self/exe"))?;
    let mut controller = command(own, ["gateway", gateway.name()]);
    controller.env("KUBECONFIG", kubectl.kubeconfig());
    stay.start(gateway.name(), controller)?;
    answers::http(gateway.name(), gateway.address()).await
}

/// Keeps a program in step with the cluster, until the program ends.
pub(super) async fn control(gateway: &dyn Rendered) -> Result {
    // A second call changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::try_default().await?;
    let changed = Arc::new(Notify::new());
    let (ingresses, one) = watch(&client);
    let (services, two) = watch(&client);
    let (slices, three) = watch(&client);
    let mut events = select_all([one, two, three]);
    let told = Arc::clone(&changed);
    tokio::spawn(async move {
        while let Some(trouble) = events.next().await {
            if let Some(trouble) = trouble {
                say(format!("controller: watch: {trouble}"));
            }
            told.notify_one();
        }
    });
    let lost = |_| Fault::Other("a watch ended".to_owned());
    ingresses.wait_until_ready().await.map_err(lost)?;
    services.wait_until_ready().await.map_err(lost)?;
    slices.wait_until_ready().await.map_err(lost)?;
    let objects = || Objects { ingresses: ingresses.state(), services: services.state(), slices: slices.state() };

    let mut running = Running::start(gateway, &objects()).await?;
    loop {
        let earliest = Instant::now() + PAUSE;
        tokio::select! {
            () = changed.notified() => running.follow(&objects()).await?,
            status = running.child.wait() => {
                return Err(Fault::Other(format!("{} has ended: {status:?}", gateway.name())));
            }
        }
        sleep_until(earliest).await;
    }
}

/// The program, and what it was last told.
struct Running<'a> {
    gateway: &'a dyn Rendered,
    folder: PathBuf,
    /// The last one that was looked at, good or bad.
    text: String,
    child: Child,
}

impl<'a> Running<'a> {
    async fn start(gateway: &'a dyn Rendered, objects: &Objects) -> Result<Self> {
        let folder = Path::new(INSIDE).join(gateway.name());
        create_dir_all(&folder).at(&folder)?;
        let (file, text) = (folder.join("configuration"), text(gateway, &folder, objects));
        write(&file, &text).at(&file)?;
        run(gateway.check(&file)).await?;
        let mut program = gateway.program(&file);
        // Its log is ours.
        program.stdout(Stdio::inherit()).stderr(Stdio::inherit());
        let child = program.spawn().map_err(|error| Fault::Start { program: gateway.name().to_owned(), error })?;
        Ok(Self { gateway, folder, text, child })
    }

    async fn follow(&mut self, objects: &Objects) -> Result {
        let text = text(self.gateway, &self.folder, objects);
        if text == self.text {
            return Ok(());
        }
        self.text = text;
        let (file, next) = (self.folder.join("configuration"), self.folder.join("configuration.next"));
        write(&next, &self.text).at(&next)?;
        let checked = outcome(self.gateway.check(&next)).await?;
        if !checked.fine {
            say(format!("controller: refused, the configuration before it stays: {}{}", checked.err, checked.out));
            return Ok(());
        }
        rename(&next, &file).at(&file)?;
        for _ in 0..TRIES {
            if self.reload().await? {
                say("controller: reloaded");
                return Ok(());
            }
        }
        Err(Fault::Other(format!("{} does not take over its configuration", self.gateway.name())))
    }

    /// Sends the signal; whether it was heard.
    async fn reload(&mut self) -> Result<bool> {
        let Some(pid) = self.child.id() else { return Ok(false) };
        run(command("kill", [self.gateway.reload(), &pid.to_string()])).await?;
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if self.gateway.follows(&self.text, &self.folder).await {
                return Ok(true);
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(false)
    }
}

fn text(gateway: &dyn Rendered, folder: &Path, objects: &Objects) -> String {
    let annotation = format!("lab.no502.dev/{}", gateway.name());
    gateway.render(&objects.routes(gateway.class(), &annotation), folder)
}

/// All objects of a kind, and a stream that has an item for each change, or what went wrong.
fn watch<K>(client: &Client) -> (Store<K>, BoxStream<'static, Option<String>>)
where
    K: Resource<DynamicType = ()> + Lookup<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    let (store, writer) = reflector::store();
    let events = watcher(Api::all(client.clone()), watcher::Config::default()).default_backoff().reflect(writer);
    (store, events.map(|event| event.err().map(|error| error.to_string())).boxed())
}
