//! From one text to another in small edits, so that an editor keeps its cursor and its marks.

use gen_lsp_types::TextEdit;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::place::Lines;
use crate::object::yaml::Span;

/// What makes the new text of the old one.
pub(super) fn edits(old: &str, new: &str, lines: &Lines<'_>) -> Vec<TextEdit> {
    let (before, after): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let start_of = |lines: &[&str], line: usize| lines.iter().take(line).map(|line| line.len()).sum::<usize>();
    let stretch =
        |lines: &[&str], part: std::ops::Range<usize>| Span::new(start_of(lines, part.start), start_of(lines, part.end));
    let changes = capture_diff_slices(Algorithm::Myers, &before, &after);
    let changes = changes.iter().filter(|change| !matches!(change, DiffOp::Equal { .. }));
    let edit = |change: &DiffOp| {
        let (from, to) = (stretch(&before, change.old_range()), stretch(&after, change.new_range()));
        let (gone, come) = (from.of(old), to.of(new));
        let head = same(gone.chars(), come.chars());
        let (gone, come) = (gone.get(head..).unwrap_or_default(), come.get(head..).unwrap_or_default());
        let tail = same(gone.chars().rev(), come.chars().rev());
        let range = lines.range(Span::new(from.start + head, from.end - tail));
        TextEdit {
            range,
            new_text: come.strip_suffix(gone.get(gone.len() - tail..).unwrap_or_default()).unwrap_or(come).to_owned(),
        }
    };
    changes.map(edit).collect()
}

/// How many bytes two texts have in common, from where they are read on.
fn same(one: impl Iterator<Item = char>, other: impl Iterator<Item = char>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).map(|(own, _)| own.len_utf8()).sum()
}
