//! What a scheduler and a kubelet would say: the pods of a Deployment run and are ready, each with an address.

use serde_json::json;

use crate::fault::Result;
use crate::instance::Namespace;
use crate::wait::{SOON, until};

/// The one node, which is nothing but an object.
const NODE: &str = "{apiVersion: v1, kind: Node, metadata: {name: nowhere}}";

/// Waits for so many pods with the label `app`, and has them run at 10.9.0.1, 10.9.0.2 and so on. They stay until the end of the
/// cluster, since only a kubelet could say that one has stopped.
pub(crate) fn run(namespace: &Namespace, app: &str, count: usize) -> Result {
    namespace.kubectl.feed(&["apply", "-f", "-"], NODE)?.fine()?;
    let selector = format!("--selector=app={app}");
    let names = until("the pods are there", SOON, || {
        let listed = namespace.run(&["get", "pods", &selector, "--output=jsonpath={.items[*].metadata.name}"])?.fine()?;
        let names: Vec<String> = listed.stdout.split_whitespace().map(str::to_owned).collect();
        Ok(if names.len() == count { Ok(names) } else { Err(format!("{names:?}")) })
    })?;
    for (name, number) in names.iter().zip(1..) {
        let place = format!("/api/v1/namespaces/{}/pods/{name}/binding", namespace.name);
        let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": {"kind": "Node", "name": "nowhere"}});
        namespace.feed(&["create", "--raw", &place, "-f", "-"], &binding.to_string())?.fine()?;
        let address = format!("10.9.0.{number}");
        let ready = json!({"type": "Ready", "status": "True"});
        let status =
            json!({"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": [ready]}});
        namespace.run(&["patch", "pod", name, "--subresource=status", "--type=merge", "--patch", &status.to_string()])?.fine()?;
    }
    Ok(())
}
