//! What no502 says that holds, against what ingress-nginx writes: drawn annotations go in, and the directives of its own
//! nginx.conf come out.

mod compare;
mod conf;
mod draw;
mod expect;
mod place;
mod read;
mod row;
mod said;
mod table;

use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::path::Path;
use std::time::Duration;

use no502::engine::{Effective, Plan};
use no502::inventory::{Inventory, World};
use no502::model::Model;
use no502::object::Object;
use serde_json::{Value, json};
use tokio::time::sleep;

use self::compare::Tally;
use self::draw::{drawn, host, ingress, name};
use self::place::{Site, has_server};
use self::row::Seen;
use self::said::Said;
use self::table::GROUPS;
use crate::fault::{At, Fault, Result};
use crate::kubectl::Kubectl;
use crate::place::{INSIDE, Place};
use crate::say::say;
use crate::target::Target;
use crate::wait::until;

const NAMESPACE: &str = "predictions";
const PREFIX: &str = "nginx.ingress.kubernetes.io";

/// Draws so many Ingresses, has them read by both, and compares.
pub(crate) async fn predict(place: &Place, count: u64) -> Result {
    let Target { kubectl, .. } = Target::find(place).await?;
    let policy = place.source().join("no502/policy.yaml");
    let plan = Plan::parse(&read_to_string(&policy).at(&policy)?).map_err(|error| Fault::Other(format!("{error:?}")))?;
    let global = global(&kubectl).await?;
    let all: Vec<Value> = (0..count).map(|number| harmless(number, &global, &plan)).collect::<Result<_>>()?;
    let file = written(&kubectl, count, &all).await?;
    let mut tally = Tally::default();
    for (number, raw) in (0..count).zip(&all) {
        let inventory = inventory(&global, raw)?;
        let world = World::from(&inventory);
        let said = said(number, raw, &world, &plan)?;
        match Site::find(&file, &said, &name(number)) {
            Some(site) => tally.compare(&said, &site),
            None => tally.different.push(format!("{} has no block", host(number))),
        }
    }
    tell(&tally, count)
}

fn tell(tally: &Tally, count: u64) -> Result {
    let compared = GROUPS.iter().copied().flatten().filter(|row| matches!(row.seen, Seen::Written(_)));
    let unmet: Vec<&str> =
        compared.map(|row| row.name).filter(|name| tally.met.get(name).is_none_or(|times| *times == 0)).collect();
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in GROUPS.iter().copied().flatten() {
        if let Seen::Never(reason) = row.seen {
            reasons.entry(reason).or_default().push(row.name);
        }
    }
    for (reason, names) in reasons {
        say(format!("not compared: {} ({reason})", names.join(", ")));
    }
    say(format!(
        "{count} Ingresses: {} directives for {} annotations as no502 says, {} of which it says nothing; {} objects refused as it says",
        tally.same,
        tally.met.len(),
        tally.unknown,
        tally.denied,
    ));
    match (&*tally.different, &*unmet) {
        ([], []) => Ok(()),
        ([], unmet) => Err(Fault::Other(format!("never written as said, so nothing is known of {}", unmet.join(", ")))),
        (different, _) => Err(Fault::Other(format!("{} are not as no502 says:\n{}", different.len(), different.join("\n")))),
    }
}

/// An Ingress without what no502 says that breaks the whole configuration: that is shown elsewhere.
fn harmless(number: u64, global: &Value, plan: &Plan) -> Result<Value> {
    let mut drawn = drawn(number);
    loop {
        let raw = ingress(number, &drawn);
        let inventory = inventory(global, &raw)?;
        let world = World::from(&inventory);
        let poisoned = said(number, &raw, &world, plan)?.poisoned();
        let before = drawn.annotations.len();
        drawn.annotations.retain(|key, _| poisoned.iter().all(|name| *key != format!("{PREFIX}/{name}")));
        if drawn.annotations.len() == before {
            return Ok(raw);
        }
    }
}

fn inventory(global: &Value, raw: &Value) -> Result<Inventory> {
    let mut inventory = Inventory::new();
    inventory.apply(Model::read(&object(global.clone())?));
    inventory.apply(Model::read(&object(raw.clone())?));
    Ok(inventory)
}

fn said<'w>(number: u64, raw: &Value, world: &World<'w>, plan: &'w Plan) -> Result<Said<'w>> {
    let id = object(raw.clone())?.id;
    let routing = world.routing(&id).ok_or_else(|| Fault::Other(format!("no502 does not read {id}")))?;
    let effective = Effective::all(routing, world, plan).into_iter().next();
    let effective = effective.ok_or_else(|| Fault::Other(format!("nothing is said of {}", routing.id)))?;
    Ok(Said::new(effective, host(number)))
}

fn object(raw: Value) -> Result<Object> {
    Object::new(raw, NAMESPACE).ok_or_else(|| Fault::Other("this is no object".to_owned()))
}

/// The ConfigMap of the controller, as it is.
async fn global(kubectl: &Kubectl) -> Result<Value> {
    let place = ["--namespace", "ingress-nginx", "get", "configmap", "ingress-nginx-controller", "--output=json"];
    serde_json::from_str(&kubectl.run(&place).await?).map_err(|error| Fault::Other(error.to_string()))
}

/// What ingress-nginx writes for them.
async fn written(kubectl: &Kubectl, count: u64, ingresses: &[Value]) -> Result<String> {
    kubectl.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}).to_string()).await?;
    let list = |items: &[Value]| json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    kubectl.apply(&list(&draw::surroundings()?)).await?;
    // An Ingress is read once; what it names has to be known by then.
    sleep(Duration::from_secs(3)).await;
    kubectl.apply(&list(ingresses)).await?;
    let file = until("ingress-nginx has written all of them", Duration::from_mins(1), async || {
        let file = read_to_string(Path::new(INSIDE).join("ingress-nginx/etc-nginx/nginx.conf")).unwrap_or_default();
        let missing = (0..count).find(|number| !has_server(&file, &host(*number)));
        missing.map_or(Ok(file), |number| Err(format!("{} is not there", host(number))))
    })
    .await;
    kubectl.outcome(&["delete", "namespace", NAMESPACE, "--wait=false"]).await?;
    file
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_annotation_is_compared_or_has_a_reason_why_not() {
        let known: BTreeSet<&str> = no502::dialect::ingress_nginx::annotations().map(|annotation| annotation.name).collect();
        let rows: Vec<&str> = GROUPS.iter().copied().flatten().map(|row| row.name).collect();
        let listed: BTreeSet<&str> = rows.iter().copied().collect();
        assert_eq!(listed.len(), rows.len(), "one is there twice");
        assert_eq!(known, listed);
    }

    #[test]
    fn every_text_is_drawn() {
        let all: Vec<_> = (0..crate::INGRESSES).map(|number| (number, drawn(number))).collect();
        for row in GROUPS.iter().copied().flatten() {
            let Seen::Written(seen) = &row.seen else { continue };
            let key = format!("{PREFIX}/{}", row.name);
            for text in seen.texts {
                let is_drawn = |(number, drawn): &(u64, draw::Drawn)| {
                    drawn.annotations.get(&key).is_some_and(|own| *own == json!(text.replace("{host}", &host(*number))))
                };
                assert!(all.iter().any(is_drawn), "{} {text:?}", row.name);
            }
        }
    }
}
