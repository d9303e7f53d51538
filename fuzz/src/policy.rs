//! A policy document: good, or all its faults with places that exist.

use no502::engine::Plan;

use super::yaml::stands_in;

/// Reads the document twice.
///
/// # Panics
/// Where a promise is broken.
pub fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    match (Plan::parse(text), Plan::parse(text)) {
        (Ok(plan), Ok(again)) => {
            assert_eq!(plan.hash, again.hash, "the digest is one of the text");
            assert!(plan.profile("baseline").is_some() && plan.profile("strict").is_some(), "the shipped profiles are there");
            let uses = plan.profile_names().filter_map(|name| plan.profile(name)).flat_map(|profile| &profile.uses);
            assert!(uses.into_iter().all(|entry| entry.armed < plan.armed.len()), "profiles use rules that are armed");
        }
        (Err(refused), Err(again)) => {
            assert_eq!(refused.0, again.0, "the same document has the same faults");
            assert!(!refused.0.is_empty(), "refused without a fault");
            for fault in &refused.0 {
                assert!(!fault.message.trim().is_empty(), "a fault without words");
                assert!(fault.position.is_none_or(|at| stands_in(text, at)), "{fault} stands outside of the document");
            }
        }
        _ => panic!("the same document is good and bad"),
    }
}
