//! A dry run says what the real thing will say.

use serde_json::Value;

use crate::fault::Result;
use crate::manifests::{file, healthy, ingress, service, unresolvable_probe, without_prestop, without_readiness};
use crate::shared::{enforced, unlabelled};
use crate::wait::until;

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

/// The last step of the pipeline that is there to be copied, over this folder.
fn pipeline(folder: &str) -> Vec<String> {
    let workflow = include_str!("../../examples/ci/dry-run.yaml");
    let step = workflow.lines().rev().find_map(|line| line.split_once("run: kubectl ")).map(|(_, words)| words);
    step.unwrap_or_default().split(' ').map(|word| if word == "k8s" { folder } else { word }.to_owned()).collect()
}

#[test]
fn the_pipeline_of_the_examples_may_ask_and_may_not_write() -> Result {
    const ACCOUNT: &str = "--as=system:serviceaccount:no502-system:no502-dry-run";
    let namespace = enforced("preview-pipeline", "baseline")?;
    let admin = &namespace.kubectl;
    let account = include_str!("../../examples/ci/dry-run-account.yaml");
    // Without the installation its namespace may be missing.
    admin.run(&["create", "namespace", "no502-system"])?;
    admin.feed(&["apply", "-f", "-"], account)?.fine()?;
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("shop"))?;
    let path = folder.path().display().to_string();
    let ask = |more: &[&str]| {
        let words = pipeline(&path);
        let words: Vec<&str> = words.iter().map(String::as_str).chain([ACCOUNT]).chain(more.iter().copied()).collect();
        namespace.run(&words)
    };
    std::fs::write(folder.path().join("shop/api.yaml"), healthy("api"))?;
    let fine = ask(&[])?.fine()?;
    assert!(fine.stdout.contains("deployment.apps/api created (server dry run)"), "{fine:?}");
    // Each file gets its answer, whatever becomes of the others.
    std::fs::write(folder.path().join("shop/web.yaml"), unresolvable_probe("web"))?;
    let answer = ask(&[])?;
    assert!(answer.code == 1 && answer.stdout.contains("deployment.apps/api created"), "{answer:?}");
    for word in ["shop/web.yaml", "[probe-port-unresolvable]", "denied the request"] {
        assert!(answer.stderr.contains(word), "{word}: {answer:?}");
    }
    std::fs::write(folder.path().join("shop/web.yaml"), without_prestop("web"))?;
    let warned = ask(&[])?.fine()?;
    assert!(warned.warns_of("prestop-missing"), "{warned:?}");
    assert_eq!(ask(&["--warnings-as-errors"])?.code, 1);

    // The real thing is refused to this account, once the server has read the policy.
    let real = || namespace.feed(&["apply", "-f", "-", ACCOUNT], &healthy("real"));
    until("the policy holds", std::time::Duration::from_secs(30), || {
        let answer = real()?;
        let is_refused = answer.code == 1 && answer.stderr.contains("this account may only ask");
        if !is_refused {
            namespace.run(&["delete", "deployment", "real", "--ignore-not-found"])?.fine()?;
        }
        Ok(if is_refused { Ok(()) } else { Err(format!("{answer:?}")) })
    })?;
    assert_eq!(namespace.run(&["get", "deployment", "real"])?.code, 1);
    assert_eq!(namespace.run(&["get", "secrets", ACCOUNT])?.code, 1);
    ask(&[]).map(drop)
}
