#![doc = include_str!("class_unknown.md")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Label};
use crate::model::{ClassName, Listeners, Routing};
use crate::object::{Address, Kind, is_placeholder};
use crate::policy::{is_slip, near};
use crate::rule::{ClassCase, Classed, Family, FixAvailability, Judge, Meta, Neighbour, Rule};
use crate::units::Level;

/// See the page of the rule.
pub struct ClassUnknown;

/// What a policy may tune: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Params {}

impl Rule for ClassUnknown {
    type Params = Params;

    const META: Meta = Meta {
        name: "class-unknown",
        family: Family::Wiring,
        summary: "an Ingress or a Gateway names a class that is not there, so no controller serves it",
        baseline: Level::Warning,
        strict: Level::Error,
        fix: FixAvailability::None,
        neighbour: Neighbour::Completes,
        reads: &[Kind::Gateway, Kind::GatewayClass, Kind::Ingress, Kind::IngressClass],
        since: "0.1.0",
        page: include_str!("class_unknown.md"),
        file: file!(),
    };

    const JUDGE: Judge<Params> = Judge::Class(judge);
}

fn judge(_: &Params, case: &ClassCase<'_>, findings: &mut Vec<Finding>) {
    // The document knows who serves it, whether the class is in sight or not.
    if case.is_told {
        return;
    }
    findings.extend(match case.object {
        Classed::Gateway(gateway) => of_gateway(case, gateway),
        Classed::Ingress(ingress) => of_ingress(case, ingress),
    });
}

fn of_ingress(case: &ClassCase<'_>, ingress: &Routing) -> Option<Finding> {
    // Controllers that go by the old annotation need no object of the class.
    if ingress.is_leaving || ingress.annotation("kubernetes.io/ingress.class").is_some() {
        return None;
    }
    let ClassName::Named(name) = &ingress.class else { return without_class(case, ingress) };
    if case.world.class(name).is_some() {
        return None;
    }
    let classes: Vec<&str> = case.world.classes().into_iter().map(|class| &*class.id.name).collect();
    if !is_missed(case, name, &classes) {
        return None;
    }
    let label = Label::new(&ingress.id, Address::field("/spec/ingressClassName"));
    let finding = Finding::at(label, format!("no IngressClass is called \"{name}\"")).pending().status(404);
    Some(
        finding
            .why(
                "A controller serves the Ingresses of its class, and finds the class by its name. No controller has this class, so nobody \
                 takes the Ingress: its hosts answer 404, or nothing listens for them at all. No status and no event says so.",
            )
            .help(named("ingressClassName", name, &classes, "IngressClass")),
    )
}

/// Nothing is written, and there is no default. Some controllers serve such an object all the same.
fn without_class(case: &ClassCase<'_>, ingress: &Routing) -> Option<Finding> {
    let classes = case.world.classes();
    let may_be_served = |controller: &str| !(case.knows)(controller);
    // Among files the default class is mostly somebody else's.
    let is_open = classes.is_empty() || !case.sees_all;
    if is_open || classes.iter().any(|class| class.is_default || may_be_served(&class.controller)) {
        return None;
    }
    let names: Vec<&str> = classes.iter().map(|class| &*class.id.name).collect();
    let label = Label::new(&ingress.id, Address::field("/spec"));
    Some(
        Finding::at(label, "the Ingress names no class, and no IngressClass is the default")
            .at_most(Level::Warning)
            .pending()
            .status(404)
            .why(
                "The default is written into an Ingress when it is created, and there is none. Without a class only a controller that was told to \
                 take such objects serves it. Others leave it alone: its hosts answer 404, and no event says so.",
            )
            .help(format!("name the class that is meant ({}):\ningressClassName: {}", names.join(", "), names.first()?)),
    )
}

fn of_gateway(case: &ClassCase<'_>, gateway: &Listeners) -> Option<Finding> {
    let name = &*gateway.class;
    // A Gateway without a class is a part of one, such as a patch: the API server refuses it.
    if gateway.is_leaving || name.is_empty() || case.world.gateway_class(name).is_some() {
        return None;
    }
    let classes: Vec<&str> = case.world.gateway_classes().into_iter().map(|class| &*class.id.name).collect();
    if !is_missed(case, name, &classes) {
        return None;
    }
    let label = Label::new(&gateway.id, Address::field("/spec/gatewayClassName"));
    Some(
        Finding::at(label, format!("no GatewayClass is called \"{name}\""))
            .pending()
            .why(
                "A controller serves the Gateways of its class, and finds the class by its name. No controller has this class, so nothing listens: \
                 the Gateway gets no address, its condition Accepted stays Unknown, and none of its routes is served.",
            )
            .help(named("gatewayClassName", name, &classes, "GatewayClass")),
    )
}

/// Classes that controllers make by themselves, so that no manifest holds them.
const MADE: &[&str] = &[
    "azure-application-gateway",
    "cilium",
    "istio",
    "istio-east-west",
    "istio-remote",
    "istio-waypoint",
    "kgateway",
    "kgateway-waypoint",
    "openshift-default",
    "webapprouting.kubernetes.azure.com",
];

/// Whether a class that is not in sight is one to miss. Manifests mostly come without the classes that serve them: among files only a
/// slip of the pen is one, unless they are all there is.
fn is_missed(case: &ClassCase<'_>, name: &str, classes: &[&str]) -> bool {
    if case.has_cluster {
        return true;
    }
    if is_placeholder(name) {
        return false;
    }
    let is_made = MADE.contains(&name) || name.starts_with("gke-l7-");
    !is_made && !classes.is_empty() && (case.sees_all || classes.iter().any(|class| is_slip(name, class)))
}

/// The class to write, or to create.
fn named(field: &str, name: &str, classes: &[&str], kind: &str) -> String {
    match (near(name, classes.iter().copied()), classes) {
        (Some(near), _) => format!("if \"{near}\" is meant, write\n{field}: {near}"),
        (None, []) => format!("create {kind} \"{name}\", mostly by installing its controller"),
        (None, all) => {
            format!("name one that is there ({}), or install the controller that brings {kind} \"{name}\"", all.join(", "))
        }
    }
}
