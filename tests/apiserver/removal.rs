//! Taking things away: never refused as a whole, never silent about what loses its backend.

use crate::fault::Result;
use crate::instance::Namespace;
use crate::kubectl::Answer;
use crate::manifests::{file, healthy, ingress, service};
use crate::shared::enforced;
use crate::wait::{SOON, until};

const MOVED: &str = r#"[{"op": "replace", "path": "/spec/ports/0/port", "value": 81}]"#;

/// A namespace with a Deployment, its Service and its Ingress.
fn whole(name: &str, profile: &str) -> Result<Namespace> {
    let namespace = enforced(name, profile)?;
    namespace.apply(&everything())?.fine()?;
    Ok(namespace)
}

fn everything() -> String {
    file(&[&healthy("web"), &service("web"), &ingress("web")])
}

/// Runs a dry run until the watch has delivered what its answer depends on.
fn once_seen(namespace: &Namespace, arguments: &[&str], wanted: impl Fn(&Answer) -> bool) -> Result {
    let preview = [arguments, &["--dry-run=server"]].concat();
    until("the route is seen", SOON, || {
        let answer = namespace.run(&preview)?;
        Ok(if wanted(&answer) { Ok(()) } else { Err(format!("{answer:?}")) })
    })
}

fn names_the_route(answer: &Answer) -> bool {
    answer.warnings().iter().any(|warning| warning.contains("no502") && warning.contains("Ingress"))
}

#[test]
fn deleting_a_routed_service_is_allowed_and_names_the_route() -> Result {
    for profile in ["baseline", "strict"] {
        let namespace = whole(&format!("loses-service-{profile}"), profile)?;
        let delete = ["delete", "service/web"];
        once_seen(&namespace, &delete, names_the_route)?;
        let answer = namespace.run(&delete)?.fine()?;
        assert!(names_the_route(&answer), "{answer:?}");
        assert!(answer.stderr.contains("web.example.com") || answer.stderr.contains("Ingress web"), "{answer:?}");
    }
    Ok(())
}

#[test]
fn deleting_a_whole_file_never_hangs() -> Result {
    let namespace = whole("delete-file", "strict")?;
    namespace.feed(&["delete", "--timeout=45s", "-f", "-"], &everything())?.fine()?;
    let left = namespace.run(&["get", "deployments,services,ingresses", "-o", "name"])?.fine()?;
    assert_eq!(left.stdout, "");
    Ok(())
}

#[test]
fn deleting_a_namespace_never_hangs() -> Result {
    let namespace = whole("delete-all", "strict")?;
    namespace.run(&["delete", "namespace", "delete-all", "--timeout=50s"])?.fine().map(drop)
}

#[test]
fn baseline_warns_when_a_routed_port_goes() -> Result {
    let namespace = whole("port-warned", "baseline")?;
    let patch = ["patch", "service/web", "--type=json", "-p", MOVED];
    once_seen(&namespace, &patch, |answer| answer.warns_of("backend-port-missing"))?;
    let answer = namespace.run(&patch)?.fine()?;
    assert!(answer.warns_of("backend-port-missing"), "{answer:?}");
    Ok(())
}

#[test]
fn strict_denies_it_and_gives_the_order_that_works() -> Result {
    let namespace = whole("port-denied", "strict")?;
    let patch = ["patch", "service/web", "--type=json", "-p", MOVED];
    once_seen(&namespace, &patch, |answer| answer.code == 1)?;
    let answer = namespace.run(&patch)?.denied()?;
    for word in ["backend-port-missing", "Ingress", "add", "move", "remove"] {
        assert!(answer.stderr.contains(word), "{word} is missing: {}", answer.stderr);
    }
    // And it does work: both ports, the route moves, the old port goes.
    let added = r#"[{"op": "add", "path": "/spec/ports/-", "value": {"name": "new", "port": 81, "targetPort": "http"}}]"#;
    namespace.run(&["patch", "service/web", "--type=json", "-p", added])?.fine()?;
    let route = ingress("web").replace("number: 80", "number: 81");
    namespace.preview_until("the new port is seen", &route, |answer| answer.code == 0)?;
    namespace.apply(&route)?.fine()?;
    let removed = ["patch", "service/web", "--type=json", "-p", r#"[{"op": "remove", "path": "/spec/ports/0"}]"#];
    once_seen(&namespace, &removed, |answer| answer.code == 0)?;
    namespace.run(&removed)?.fine().map(drop)
}
