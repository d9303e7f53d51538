//! The pages of rules: the same headings everywhere, examples that are true, and tables that name what there is.

use no502::rule::{Entry, RULES};
use no502::units::{Duration, go};
use serde_json::Value;

use crate::cases::Stage;

const HEADINGS: &[&str] =
    &["What it catches", "Why requests fail", "Example", "Use instead", "Parameters", "Fix", "When to allow it", "References"];

/// Asserts of every page at once, so that one run tells of all.
fn every_page(check: impl Fn(&Entry) -> Result<(), String>) {
    let faults: Vec<String> =
        RULES.iter().filter_map(|entry| check(entry).err().map(|fault| format!("{}: {fault}", page_of(entry)))).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn page_of(entry: &Entry) -> String {
    entry.meta.file.replace(".rs", ".md")
}

/// The lines outside of fenced blocks.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut is_inside = false;
    page.lines().filter(move |line| {
        let is_fence = line.starts_with("```");
        is_inside ^= is_fence;
        !is_inside && !is_fence
    })
}

/// The text below a heading.
fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).unwrap_or_default();
    rest.split_once("\n## ").map_or(rest, |(own, _)| own)
}

/// The only block of a page with this opening line, within the section that it belongs to.
fn block<'p>(page: &'p str, heading: &str, opening: &str) -> Result<&'p str, String> {
    if page.matches("```yaml").count() != 2 || page.matches(&format!("```{opening}\n")).count() != 1 {
        return Err(format!("does not hold one block ```{opening}, and one other"));
    }
    let (_, rest) =
        section(page, heading).split_once(&format!("```{opening}\n")).ok_or(format!("no ```{opening} under {heading}"))?;
    rest.split_once("\n```").map(|(block, _)| block).ok_or(format!("the block ```{opening} does not end"))
}

#[test]
fn pages_have_their_headings_in_order() {
    every_page(|entry| {
        let page = entry.meta.page;
        let mut lines = page.lines();
        if lines.next() != Some(&format!("# {}", entry.meta.name)) {
            return Err("does not open with the name of the rule".to_owned());
        }
        if lines.find(|line| !line.is_empty()).is_none_or(|line| line.starts_with(['#', '`', '|', '-'])) {
            return Err("does not go on with a plain sentence".to_owned());
        }
        let headings: Vec<&str> = prose(page).filter_map(|line| line.strip_prefix("## ")).collect();
        if headings != HEADINGS {
            return Err(format!("has the headings {headings:?}"));
        }
        let empty = HEADINGS.iter().find(|heading| section(page, heading).trim().is_empty());
        empty.map_or(Ok(()), |heading| Err(format!("says nothing under {heading}")))
    });
}

#[test]
fn pages_fit_two_screens() {
    every_page(|entry| match entry.meta.page.lines().count() {
        35..=70 => Ok(()),
        lines => Err(format!("has {lines} lines, not 35 to 70")),
    });
}

#[test]
fn the_example_of_a_page_fires_in_strict_and_the_other_does_not() {
    every_page(|entry| {
        let findings = |heading: &str, opening: &str| {
            let mut stage = Stage::read(&page_of(entry), block(entry.meta.page, heading, opening)?);
            "strict".clone_into(&mut stage.profile);
            Ok::<_, String>(stage.report(entry.meta.name).findings)
        };
        if findings("Example", "yaml bad")?.is_empty() {
            return Err("nothing is said of the bad block".to_owned());
        }
        match findings("Use instead", "yaml good")?.first() {
            Some(item) => Err(format!("the good block fires: {}", item.message)),
            None => Ok(()),
        }
    });
}

#[test]
fn pages_name_the_parameters_that_there_are() {
    every_page(|entry| {
        let params = section(entry.meta.page, "Parameters").trim();
        let (baseline, strict) = (entry.baseline(), entry.strict());
        let known = baseline.as_object().ok_or("has parameters that are no mapping")?;
        if known.is_empty() {
            return if params == "None." { Ok(()) } else { Err("says more than None. of a rule without parameters".to_owned()) };
        }
        let mut rows = params.lines();
        if (rows.next(), rows.next()) != (Some("| name | default | meaning |"), Some("|---|---|---|")) {
            return Err("has no table | name | default | meaning |".to_owned());
        }
        let mut named = Vec::new();
        for row in rows.by_ref().take_while(|row| row.starts_with('|')) {
            let cells: Vec<&str> = row.trim_matches('|').splitn(3, '|').map(str::trim).collect();
            let [name, default, meaning] = cells[..] else { return Err(format!("has a row of another form: {row}")) };
            let shown = shown_default(&baseline[name], &strict[name]);
            if default != shown || meaning.is_empty() {
                return Err(format!("says that {name} is {default}, but it is {shown}"));
            }
            named.push(name);
        }
        named.sort_unstable();
        let known: Vec<&str> = known.keys().map(String::as_str).collect();
        if named == known { Ok(()) } else { Err(format!("names {named:?}, but there are {known:?}")) }
    });
}

/// A default as pages write it, with that of `strict` where it differs.
fn shown_default(baseline: &Value, strict: &Value) -> String {
    if baseline == strict { shown(baseline) } else { format!("{} (strict: {})", shown(baseline), shown(strict)) }
}

/// A value in the flow style of YAML; what is not set is left out.
fn shown(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            // Bounds are read from the lower to the upper, which is the other way round than their names are sorted.
            let set = map.iter().rev().filter(|(_, value)| !value.is_null());
            let pairs: Vec<String> = set.map(|(key, value)| format!("{key}: {}", shown(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::String(text) => match go(text).map(Duration::as_millis) {
            // Whole hours are written as hours.
            Ok(millis) if millis > 0 && millis % 3_600_000 == 0 => format!("{}h", millis / 3_600_000),
            _ => text.clone(),
        },
        other => other.to_string(),
    }
}
