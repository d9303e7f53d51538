//! What to do first: findings by the advice that cures them.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::Item;

/// Findings that one piece of advice cures.
pub(super) struct Step<'r> {
    /// The advice, without the lines to write.
    pub(super) advice: &'r str,
    /// The heaviest first.
    pub(super) items: Vec<&'r Item>,
}

/// What is advised in the same words, the heaviest first: errors, and what is certain before what is pending. Lines to paste carry names of their own, so only what stands before them is compared.
pub(super) fn of<'r>(items: &[&'r Item]) -> Vec<Step<'r>> {
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut steps: Vec<Step<'r>> = Vec::new();
    for item in items {
        let advice = match item.help.split_once('\n') {
            Some((first, _)) => first.trim_end_matches(':'),
            None => &item.help,
        };
        let index = *places.entry((item.rule, advice)).or_insert(steps.len());
        match steps.get_mut(index) {
            Some(step) => step.items.push(item),
            None => steps.push(Step { advice, items: vec![item] }),
        }
    }
    for step in &mut steps {
        step.items.sort_by_key(|item| (item.level != "error", item.certainty != "certain"));
    }
    steps.sort_by_key(|step| {
        let errors = step.items.iter().filter(|item| item.level == "error" && item.certainty == "certain").count();
        let heaviest = step.items.first().map(|item| (item.level != "error", item.certainty != "certain"));
        (heaviest, Reverse(errors), Reverse(step.items.len()))
    });
    steps
}
