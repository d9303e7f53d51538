//! Labelling a namespace is answered with what would be found in it.

use crate::fault::Result;
use crate::kubectl::Answer;
use crate::manifests::{CERTAIN, healthy, unresolvable_probe};
use crate::shared::unlabelled;
use crate::wait::{SOON, until};

fn speaks_of(answer: &Answer, word: &str) -> bool {
    answer.warnings().iter().any(|warning| warning.contains(word))
}

#[test]
fn a_dry_run_of_the_label_is_the_preview() -> Result {
    let namespace = unlabelled("to-be-labelled")?;
    namespace.apply(&unresolvable_probe("web"))?.fine()?;
    let label = ["label", "namespace", "to-be-labelled", "no502.dev/enforce=baseline"];
    let preview = [label.as_slice(), &["--dry-run=server"]].concat();
    let seen = until("the Deployment is seen", SOON, || {
        let answer = namespace.run(&preview)?.fine()?;
        Ok(if speaks_of(&answer, CERTAIN) { Ok(answer) } else { Err(format!("{answer:?}")) })
    })?;
    let labels = namespace.kubectl.get(&["namespace", "to-be-labelled"])?;
    assert_eq!(labels.pointer("/metadata/labels/no502.dev~1enforce"), None, "{labels}");
    let real = namespace.run(&label)?.fine()?;
    assert_eq!(seen.warnings(), real.warnings());
    Ok(())
}

#[test]
fn a_clean_namespace_is_labelled_without_a_word() -> Result {
    let namespace = unlabelled("clean")?;
    namespace.apply(&healthy("web"))?.fine()?;
    let answer = namespace.label("no502.dev/enforce=baseline")?.fine()?;
    assert_eq!(answer.warnings(), Vec::<&str>::new());
    Ok(())
}

#[test]
fn a_misspelt_profile_is_answered_with_the_names_there_are() -> Result {
    let namespace = unlabelled("misspelt-label")?;
    let answer = namespace.label("no502.dev/enforce=basline")?.fine()?;
    assert!(speaks_of(&answer, "baseline") && speaks_of(&answer, "strict"), "{answer:?}");
    Ok(())
}

#[test]
fn taking_the_label_away_frees_the_namespace() -> Result {
    let namespace = unlabelled("freed")?;
    namespace.label("no502.dev/enforce=baseline")?.fine()?;
    namespace.enforced()?;
    namespace.label("no502.dev/enforce-")?.fine()?;
    let bad = unresolvable_probe("web");
    namespace.preview_until("the label is gone", &bad, |answer| answer.code == 0)?;
    namespace.apply(&bad)?.fine().map(drop)
}
