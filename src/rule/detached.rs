//! Why a listener of the Gateway API does not take a route, in words.

use crate::finding::{Finding, Label};
use crate::inventory::{Attachment, Detached};
use crate::model::{Listener, Listeners, Routing};
use crate::rule::RoutingCase;

/// What is said of each parent that does not take the route.
pub(super) fn findings(case: &RoutingCase<'_>, out: &mut Vec<Finding>) {
    for attachment in case.world.attachments(case.routing) {
        if let Some(fault) = attachment.fault {
            out.push(finding(case.routing, &attachment, fault));
        }
    }
}

fn finding(routing: &Routing, attachment: &Attachment<'_>, fault: Detached) -> Finding {
    let parent = attachment.parent;
    let wanted = parent.listener.as_ref().map(|name| format!(" listener {name}")).unwrap_or_default();
    let label = Label::new(&routing.id, parent.address()).of(format!("{}{wanted}", parent.id));
    let (message, help) = words(routing, attachment, fault);
    let finding = Finding::at(label, message).status(404).why(format!(
        "The route is stored, and no listener serves it: requests for it answer 404, or whatever another route has there. Only its status says \
         so ({}).",
        reason(fault)
    ));
    let finding = finding.help(help);
    let finding = match attachment.object.or(attachment.gateway) {
        Some(object) => {
            let note = "what it hangs on";
            finding.related(Label::new(&object.id, crate::object::Address::field("/spec/listeners")), note)
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

/// What is wrong, and what to write.
fn words(routing: &Routing, attachment: &Attachment<'_>, fault: Detached) -> (String, String) {
    let (parent, namespace) = (attachment.parent, &routing.id.namespace);
    let shown = &parent.id;
    let object = attachment.object;
    let listeners = || object.map(names).unwrap_or_default();
    match fault {
        Detached::NoParent => {
            (format!("{shown} is not there"), format!("create {shown}, or name a {} that is there", parent.id.kind))
        }
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
        Detached::KindNotAllowed => (
            format!("{shown} takes no {}", routing.id.kind),
            format!(
                "name a listener of another protocol, or allow the kind in the listener:\nallowedRoutes: {{kinds: [{{kind: {}}}]}}",
                routing.id.kind
            ),
        ),
        Detached::NoHost => {
            let hosts: Vec<&str> = routing.hosts().collect();
            let taken = object.map(hostnames).unwrap_or_default();
            (
                format!("{shown} takes none of the hosts {}", hosts.join(", ")),
                format!("write a host that one of its listeners takes: {taken}"),
            )
        }
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
