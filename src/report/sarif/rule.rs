//! A rule as SARIF describes it.

use serde::Serialize;

use super::{Level, Meta, OwnText};
use crate::report::page;

/// A rule, with its page. It has no address: the page is all there is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    id: &'static str,
    name: String,
    short_description: OwnText,
    full_description: OwnText,
    help: Help,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: String,
}

#[derive(Serialize)]
struct Properties {
    family: String,
    tags: [String; 2],
    /// How GitHub sorts what is no matter of security.
    #[serde(rename = "problem.severity")]
    severity: String,
}

impl Rule {
    pub(super) fn new(meta: &Meta) -> Self {
        // A rule that one profile leaves out has its level of the other.
        let level = if meta.baseline == Level::Off { meta.strict } else { meta.baseline };
        let markdown = page(meta);
        let intro = markdown.lines().next().unwrap_or_default().to_owned();
        Self {
            id: meta.name,
            name: meta.name.split('-').map(capitalised).collect(),
            short_description: OwnText { text: capitalised(meta.summary) },
            full_description: OwnText { text: intro },
            help: Help { text: plain(&markdown), markdown },
            default_configuration: Configuration { level: level.to_string() },
            properties: Properties {
                family: meta.family.to_string(),
                tags: ["availability".to_owned(), meta.family.to_string()],
                severity: level.to_string(),
            },
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(rest).collect()
}

/// The page for readers that know no Markdown.
fn plain(markdown: &str) -> String {
    let lines = markdown.lines().filter(|line| !line.starts_with("```"));
    lines.map(|line| line.strip_prefix("## ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RULES;

    #[test]
    fn pages_stand_on_their_own() {
        for entry in RULES {
            let Rule { help, full_description, .. } = Rule::new(entry.meta);
            assert!(!help.markdown.contains("](../") && !help.markdown.contains("```yaml "), "{}", help.markdown);
            assert!(!full_description.text.is_empty() && !full_description.text.contains('#'), "{}", full_description.text);
        }
    }
}
