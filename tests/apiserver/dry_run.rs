//! A dry run says what the real thing will say.

use serde_json::Value;

use crate::fault::Result;
use crate::manifests::{file, healthy, ingress, service, unresolvable_probe, without_prestop, without_readiness};
use crate::shared::{enforced, unlabelled};

/// What the author and the webhook decide of an object; the rest is the server's book-keeping.
fn decided(object: &Value) -> (Option<&Value>, Option<&Value>) {
    (object.pointer("/spec"), object.pointer("/metadata/annotations"))
}

#[test]
fn the_preview_of_a_denial_is_the_denial() -> Result {
    let namespace = enforced("preview-denial", "baseline")?;
    let preview = namespace.preview(&unresolvable_probe("web"))?.denied()?;
    let real = namespace.apply(&unresolvable_probe("web"))?.denied()?;
    assert_eq!((preview.code, preview.stderr), (real.code, real.stderr));
    Ok(())
}

#[test]
fn the_preview_of_warnings_and_patches_is_what_comes() -> Result {
    let namespace = enforced("preview-patch", "strict")?;
    let manifest = without_prestop("web");
    let preview = namespace.feed(&["apply", "--dry-run=server", "-o", "json", "-f", "-"], &manifest)?.fine()?;
    let absent = namespace.run(&["get", "deployment", "web"])?;
    assert_eq!(absent.code, 1, "a dry run stored something: {absent:?}");
    let real = namespace.feed(&["apply", "-o", "json", "-f", "-"], &manifest)?.fine()?;
    assert_eq!(preview.stderr, real.stderr);
    assert_eq!(decided(&preview.json()?), decided(&real.json()?));
    assert!(preview.stdout.contains("no502.dev/injected"), "{preview:?}");
    Ok(())
}

#[test]
fn the_preview_of_a_whole_file_says_what_it_cannot_see() -> Result {
    let namespace = enforced("preview-file", "baseline")?;
    let all = file(&[&healthy("web"), &service("web"), &ingress("web")]);
    let answer = namespace.preview(&all)?.fine()?;
    for word in ["pending", "no502 check"] {
        assert!(answer.warnings().iter().any(|line| line.contains(word)), "{word}: {answer:?}");
    }
    Ok(())
}

#[test]
fn kubectl_diff_shows_the_patch_before_and_nothing_after() -> Result {
    let namespace = enforced("diff", "strict")?;
    let manifest = without_prestop("web");
    let before = namespace.feed(&["diff", "-f", "-"], &manifest)?;
    assert_eq!(before.code, 1, "{before:?}");
    assert!(before.stdout.contains("preStop"), "{before:?}");
    namespace.apply(&manifest)?.fine()?;
    let after = namespace.feed(&["diff", "-f", "-"], &manifest)?;
    assert_eq!((after.code, after.stdout.as_str()), (0, ""), "{after:?}");
    Ok(())
}

#[test]
fn kubectl_diff_of_a_bad_object_says_why() -> Result {
    let namespace = enforced("diff-denied", "baseline")?;
    let answer = namespace.feed(&["diff", "-f", "-"], &unresolvable_probe("web"))?;
    assert!(answer.code > 0 && answer.stderr.contains("no502 explain"), "{answer:?}");
    Ok(())
}

#[test]
fn a_second_server_side_apply_changes_nothing() -> Result {
    let namespace = enforced("server-side", "strict")?;
    let apply = ["apply", "--server-side", "-f", "-"];
    namespace.feed(&apply, &without_prestop("web"))?.fine()?;
    let version = |object: &Value| object.pointer("/metadata/resourceVersion").cloned();
    let once = namespace.get("deployment/web")?;
    namespace.feed(&apply, &without_prestop("web"))?.fine()?;
    let twice = namespace.get("deployment/web")?;
    assert!(once.pointer("/spec/template/spec/containers/0/lifecycle/preStop/sleep").is_some(), "{once}");
    assert_eq!(once.pointer("/metadata/generation"), twice.pointer("/metadata/generation"));
    assert_eq!(decided(&once), decided(&twice));
    // The status may have been written between the two, so the version is compared on what nobody else writes.
    namespace.feed(&apply, &ingress("web"))?.fine()?;
    let once = version(&namespace.get("ingress/web")?);
    namespace.feed(&apply, &ingress("web"))?.fine()?;
    assert_eq!(once, version(&namespace.get("ingress/web")?));
    Ok(())
}

#[test]
fn a_generated_name_is_judged_like_any_other() -> Result {
    let namespace = enforced("generated", "strict")?;
    let generated = |manifest: String| manifest.replace("metadata: {name: web}", "metadata: {generateName: web-}");
    namespace.feed(&["create", "-f", "-"], &generated(healthy("web")))?.fine()?;
    let answer = namespace.feed(&["create", "-f", "-"], &generated(without_readiness("web")))?.denied()?;
    assert!(answer.stderr.contains("readiness-probe-missing"), "{answer:?}");
    assert!(answer.stderr.contains("web-"), "{answer:?}");
    Ok(())
}

#[test]
fn the_preview_of_a_label_changes_nothing() -> Result {
    let namespace = unlabelled("preview-label")?;
    let label = ["label", "namespace", "preview-label", "no502.dev/enforce=baseline", "--dry-run=server"];
    namespace.run(&label)?.fine()?;
    namespace.apply(&unresolvable_probe("web"))?.fine().map(drop)
}
