//! Why a listener of the Gateway API does not take a route, in words.

use crate::finding::{Finding, Label};
use crate::inventory::{Attachment, Detached};
use crate::model::{Listener, Listeners};
use crate::object::{Address, Kind, ObjectId, is_placeholder};
use crate::policy::is_slip;
use crate::rule::{RoutingCase, Unanswered};

/// The namespace of those who name none.
const DEFAULT: &str = "default";
/// The status of a request that no route takes.
const NOT_FOUND: u16 = 404;

/// What is said of each parent that does not take the route.
pub(super) fn findings(case: &RoutingCase<'_>, out: &mut Vec<Finding>) {
    for attachment in case.world.attachments(case.routing) {
        if let Some(fault) = attachment.fault.filter(|fault| is_missed(case, &attachment, *fault)) {
            out.push(finding(case, &attachment, fault));
        }
    }
}

/// Whether what is not there is to be missed. A Gateway is mostly shared and comes from elsewhere: among files one is missed where its
/// name is a slip of the pen, where its namespace is in sight with others of it, or where one of its name in another takes the route.
fn is_missed(case: &RoutingCase<'_>, attachment: &Attachment<'_>, fault: Detached) -> bool {
    let id = match fault {
        Detached::NoParent => &attachment.parent.id,
        Detached::NoGateway => match attachment.object.and_then(|object| object.gateway.as_ref()) {
            Some(gateway) => gateway,
            None => return true,
        },
        _ => return true,
    };
    // Whoever fills names in has done so before an API server reads them.
    if !case.facts.is_pruned && (is_placeholder(&id.name) || is_placeholder(&id.namespace)) {
        return false;
    }
    let is_whole = || case.world.namespace_labels(&id.namespace).is_some() && others(case, id).next().is_some();
    case.sees_all || meant(case, id).is_some() || is_whole() || !elsewhere(case, attachment, fault).is_empty()
}

/// Those of the parent's name that stand in other namespaces and take the route, where the parent is not there.
fn elsewhere<'c>(case: &RoutingCase<'c>, attachment: &Attachment<'c>, fault: Detached) -> Vec<&'c Listeners> {
    let parent = &attachment.parent.id;
    // Of files that write no namespace nobody knows it.
    let is_known = |id: &ObjectId| case.facts.is_pruned || &*id.namespace != DEFAULT;
    if parent.kind != Kind::Gateway || fault != Detached::NoParent || !is_known(parent) {
        return Vec::new();
    }
    let mut found = case.world.parents_elsewhere(case.routing, attachment.parent);
    found.retain(|own| is_known(&own.id));
    found
}

/// Where the route names what is not there or does not take it.
fn address(attachment: &Attachment<'_>, fault: Detached) -> Address {
    let parent = attachment.parent;
    let mut listeners = attachment.object.into_iter().flat_map(|object| &object.listeners);
    match (fault, &parent.listener) {
        (Detached::NoListener, Some(name)) if listeners.all(|own| own.name != *name) => parent.listener_address(),
        (Detached::NoListener, _) => parent.port_address(),
        _ => parent.address(),
    }
}

/// The objects of its kind in its namespace.
fn others<'c>(case: &RoutingCase<'c>, id: &ObjectId) -> impl Iterator<Item = &'c Listeners> {
    let all = case.world.all::<Listeners>(&id.namespace);
    let kind = id.kind;
    all.into_iter().filter(move |own| own.id.kind == kind && !own.is_leaving)
}

/// The one that was probably meant.
fn meant<'c>(case: &RoutingCase<'c>, id: &ObjectId) -> Option<&'c str> {
    others(case, id).map(|own| &*own.id.name).find(|name| is_slip(&id.name, name))
}

fn finding(case: &RoutingCase<'_>, attachment: &Attachment<'_>, fault: Detached) -> Finding {
    let (routing, parent) = (case.routing, attachment.parent);
    let wanted = parent.listener.as_ref().map(|name| format!(" listener {name}")).unwrap_or_default();
    let label = Label::new(&routing.id, address(attachment, fault)).of(format!("{}{wanted}", parent.id));
    let elsewhere = elsewhere(case, attachment, fault);
    let (message, help) = match *elsewhere {
        [] => words(case, attachment, fault),
        [first, ..] => in_another_namespace(case, attachment, first, &elsewhere),
    };
    let unanswered = Unanswered::of(case, NOT_FOUND);
    let comes = match unanswered {
        Unanswered::Status(_) | Unanswered::Call(_) => {
            format!("{}s for it get {}, or go wherever another route sends them", unanswered.noun(), unanswered.shown())
        }
        Unanswered::Closed => "connections for it are closed".to_owned(),
    };
    let finding = unanswered
        .on(Finding::at(label, message))
        .help(help)
        .why(format!("The route is stored, and no listener serves it: {comes}. Only its status says so ({}).", reason(fault)));
    let finding = match elsewhere.first() {
        Some(other) => finding.related(Label::new(&other.id, Address::field("/metadata/namespace")), "would take the route"),
        None => finding,
    };
    let finding = match attachment.object.or(attachment.gateway) {
        Some(object) => {
            let note = if object.id.kind == Kind::Gateway { "its Gateway" } else { "its ListenerSet" };
            finding.related(Label::new(&object.id, Address::field("/spec/listeners")), note)
        }
        None => finding,
    };
    // What is not there may come a moment later; what is there has been read.
    if matches!(fault, Detached::NoParent | Detached::NoGateway) { finding.pending() } else { finding }
}

/// The reason that the status of the route gives.
const fn reason(fault: Detached) -> &'static str {
    match fault {
        Detached::NoParent | Detached::NoGateway | Detached::NoListener => "NoMatchingParent",
        Detached::SetNotAllowed => "its ListenerSet is not accepted",
        Detached::NamespaceNotAllowed | Detached::KindNotAllowed => "NotAllowedByListeners",
        Detached::NoHost => "NoMatchingListenerHostname",
    }
}

/// What is not there, where it was looked for.
fn not_there(case: &RoutingCase<'_>, id: &ObjectId) -> String {
    if case.sees_all { format!("{id} is not there") } else { format!("{id} is not among what was read") }
}

/// A parent stands in another namespace than the one that the route names, or in another than its own where it names none.
fn in_another_namespace(
    case: &RoutingCase<'_>,
    attachment: &Attachment<'_>,
    first: &Listeners,
    all: &[&Listeners],
) -> (String, String) {
    let namespaces: Vec<&str> = all.iter().map(|own| &*own.id.namespace).collect();
    let help = match *namespaces {
        [only] => format!("if {} is meant, write\nnamespace: {only}", first.id),
        _ => format!("write the namespace of the one that is meant: {}", namespaces.join(", ")),
    };
    (format!("{}, and {} would take the route", not_there(case, &attachment.parent.id), first.id), help)
}

/// What is wrong, and what to write.
fn words(case: &RoutingCase<'_>, attachment: &Attachment<'_>, fault: Detached) -> (String, String) {
    let routing = case.routing;
    let (parent, namespace) = (attachment.parent, &routing.id.namespace);
    let shown = &parent.id;
    let object = attachment.object;
    let listeners = || object.map(names).unwrap_or_default();
    match fault {
        Detached::NoParent => (
            not_there(case, shown),
            match meant(case, shown) {
                Some(name) => format!("if \"{name}\" is meant, write\nname: {name}"),
                None => format!("create {shown}, or name a {} that is there", parent.id.kind),
            },
        ),
        Detached::NoGateway => {
            let gateway = object.and_then(|object| object.gateway.as_ref()).map(ToString::to_string).unwrap_or_default();
            (
                format!("{gateway}, on which {shown} hangs, is not there"),
                format!("create {gateway}, or name one that is there in parentRef of {shown}"),
            )
        }
        Detached::SetNotAllowed => (
            format!("the Gateway takes no ListenerSet of namespace {}", parent.id.namespace),
            "allow it in the Gateway:\nallowedListeners: {namespaces: {from: All}}   # or a selector".to_owned(),
        ),
        Detached::NoListener => {
            let wanted = match (&parent.listener, parent.port) {
                (Some(name), Some(port)) => format!("listener \"{name}\" on port {port}"),
                (Some(name), None) => format!("listener \"{name}\""),
                (None, port) => format!("listener on port {}", port.unwrap_or_default()),
            };
            (format!("{shown} has no {wanted}"), format!("name one of the listeners that it has: {}", listeners()))
        }
        Detached::NamespaceNotAllowed => (
            format!("{shown} takes no routes of namespace {namespace}"),
            format!(
                "move the route to a namespace that it takes, or allow this one in the listener:\nallowedRoutes: {{namespaces: {{from: Selector, \
                 selector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}}}}}"
            ),
        ),
        Detached::KindNotAllowed => (format!("{shown} takes no {}", routing.id.kind), kinds(routing.id.kind, attachment)),
        Detached::NoHost => {
            let hosts: Vec<&str> = routing.hosts().collect();
            let taken = object.map(hostnames).unwrap_or_default();
            (
                format!("{shown} has no listener for the host{} {}", if hosts.len() == 1 { "" } else { "s" }, hosts.join(", ")),
                format!("write a host that one of its listeners takes: {taken}"),
            )
        }
    }
}

/// How a listener comes to take routes of a kind.
fn kinds(kind: Kind, attachment: &Attachment<'_>) -> String {
    let listeners = || attachment.object.into_iter().flat_map(|object| &object.listeners);
    // Its protocol carries the kind, and its own list leaves it out.
    if listeners().any(|own| attachment.parent.means(own) && own.carries(kind)) {
        return format!("allow the kind in the listener:\nallowedRoutes: {{kinds: [{{kind: {kind}}}]}}");
    }
    match attachment.object.filter(|_| listeners().any(|own| own.carries(kind))) {
        Some(object) => format!("name a listener whose protocol carries {kind}s: {}", names(object)),
        None => format!(
            "add a listener whose protocol carries {kind}s, as {} does",
            if kind == Kind::TlsRoute { "TLS" } else { "HTTPS" }
        ),
    }
}

fn names(object: &Listeners) -> String {
    let shown = |own: &Listener| format!("{} ({} {})", own.name, own.protocol, own.port);
    object.listeners.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn hostnames(object: &Listeners) -> String {
    let mut hosts: Vec<&str> = object.listeners.iter().map(|own| &*own.hostname).filter(|host| !host.is_empty()).collect();
    hosts.dedup();
    hosts.join(", ")
}
