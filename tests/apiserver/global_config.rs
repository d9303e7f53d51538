//! The ConfigMap that holds the settings of a gateway is judged before it changes.

use crate::cluster::repository;
use crate::fault::Result;
use crate::instance::Instance;
use crate::manifests::ingress;
use crate::shared::{ENFORCE, binary, cluster};
use crate::wait::{SOON, until};

const POLICY: &str = "apiVersion: no502.dev/v1alpha1
kind: Policy
gateways:
  - {class: nginx, dialect: ingress-nginx, version: 1.15.1, configMap: ingress-nginx/ingress-nginx-controller}
";

fn config(name: &str, line: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n  {line}\n")
}

#[test]
fn poison_in_the_config_map_of_a_gateway_is_denied_with_the_namespaces_that_it_would_hit() -> Result {
    let cluster = cluster()?;
    let instance = Instance::start(cluster, binary(), "global", POLICY)?;
    // The webhook of the component, and the right to read, are for this namespace.
    let gateway = instance.namespace("ingress-nginx", &[(ENFORCE, "baseline")])?;
    for file in ["role.yaml", "rolebinding.yaml"] {
        let path = repository().join("deploy/components/gateway-config").join(file);
        gateway.run(&["apply", "-f", &path.to_string_lossy()])?.fine()?;
    }
    let shop = instance.namespace("global-shop", &[(ENFORCE, "baseline")])?;
    shop.apply(&ingress("web"))?.fine()?;

    let own = |line: &str| config("ingress-nginx-controller", line);
    gateway.apply(&own("proxy-buffering: \"on\""))?.fine()?;
    let poison = own("proxy-buffering: \"true\"");
    let answer = gateway.preview_until("the Ingress is known", &poison, |answer| answer.stderr.contains("global-shop"))?;
    let answer = answer.denied()?;
    for word in ["poison-value", "/data/proxy-buffering", "\"on\" or \"off\""] {
        assert!(answer.stderr.contains(word), "{word} is missing: {}", answer.stderr);
    }
    let answer = gateway.apply(&own("proxy-read-timeout: 120s"))?.denied()?;
    assert!(answer.stderr.contains("value-ignored"), "{}", answer.stderr);
    // Another one of that namespace is not asked about.
    gateway.apply(&config("ingress-controller-leader", "proxy-buffering: \"true\""))?.fine()?;

    // Together with what the ConfigMap says, an annotation is poison that alone is none: as soon as the watch has brought it.
    gateway.apply(&own("proxy-busy-buffers-size: 8k"))?.fine()?;
    let large =
        ingress("web").replacen("  annotations:", "  annotations:\n    nginx.ingress.kubernetes.io/proxy-buffer-size: 16k", 1);
    until("the ConfigMap is known", SOON, || {
        let answer = shop.preview(&large)?;
        Ok(if answer.stderr.contains("poison-value") { Ok(()) } else { Err(answer.stderr) })
    })
}
