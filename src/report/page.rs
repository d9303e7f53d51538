//! The page of a rule for readers elsewhere.

use crate::rule::Meta;

/// The page of a rule as Markdown, without its title, which readers show anyway, and without the words that steer our own tests.
#[must_use]
pub fn page(meta: &Meta) -> String {
    let body = meta.page.split_once("\n\n").map_or(meta.page, |(_, body)| body);
    let line = |line: &str| if line.starts_with("```yaml") { "```yaml".to_owned() } else { unlinked(line) };
    body.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A line whose links into our own checkout are words: they lead nowhere from elsewhere.
fn unlinked(line: &str) -> String {
    let Some((before, (path, after))) = line.split_once("](../").and_then(|(before, rest)| Some((before, rest.split_once(')')?)))
    else {
        return line.to_owned();
    };
    let (before, word) = before.rsplit_once('[').unwrap_or(("", before));
    format!("{before}{word}: {}{}", path.trim_start_matches("../"), unlinked(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_into_our_own_checkout_are_words() {
        assert_eq!(unlinked("see ([the table](../../a.md)) of it"), "see (the table: a.md) of it");
    }
}
