//! What was measured, as figures and pictures for people: `docs/evidence`. All of it follows from the figures and the
//! list of what is not shown, so a test can tell whether it is current.

mod alone;
mod figures;
mod pages;
mod summary;
mod unshown;
mod words;

use std::collections::BTreeMap;
use std::fs::{create_dir_all, read_dir, read_to_string, remove_file, write as write_file};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use no502::rule::RULES;

use self::figures::Figures;
use self::unshown::Unshown;
use crate::fault::{At, Fault, Result};
use crate::place::Place;
use crate::say::{remark, say};

/// The measured data, in the folder of the evidence.
const FIGURES: &str = "figures.json";

/// Takes over what was measured and writes all files anew.
pub(crate) fn write(place: &Place, prune: bool) -> Result {
    let folder = folder(place);
    let mut figures = Figures::read(&folder.join(FIGURES))?;
    figures.collect(&place.results().join("results"), prune)?;
    figures.collect_alone(&place.results().join("nginx"))?;
    let unshown = Unshown::read(&list(place))?;
    let files = files(&figures, &unshown)?;
    create_dir_all(&folder).at(&folder)?;
    let stale = stale(&folder, &files)?;
    for name in &stale {
        let path = folder.join(name);
        match files.get(name) {
            Some(text) => write_file(&path, text).at(&path)?,
            None => remove_file(&path).at(&path)?,
        }
    }
    for entry in figures.outcomes.iter().filter(|entry| !entry.shows()) {
        let outcome = &entry.outcome;
        remark(format!("{} behind {} does not show it: {}", outcome.experiment, outcome.gateway, entry.doubt()));
    }
    say(format!("{} files in {}, {} of them new or changed", files.len(), folder.display(), stale.len()));
    complete(&figures, &unshown)
}

/// Whether the files are what the figures and the list give, and no rule is left out.
pub(crate) fn check(place: &Place) -> Result {
    let folder = folder(place);
    let (figures, unshown) = (Figures::read(&folder.join(FIGURES))?, Unshown::read(&list(place))?);
    let stale = stale(&folder, &files(&figures, &unshown)?)?;
    if !stale.is_empty() {
        let names = stale.join("\n  ");
        return Err(Fault::Other(format!("not current in {} (`lab evidence` writes them):\n  {names}", folder.display())));
    }
    complete(&figures, &unshown)
}

fn folder(place: &Place) -> PathBuf {
    place.repository.join("docs/evidence")
}

fn list(place: &Place) -> PathBuf {
    place.source().join("experiments/unshown.md")
}

/// All files of the folder with their contents.
fn files(figures: &Figures, unshown: &Unshown) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::from([
        (FIGURES.to_owned(), figures.text()?),
        ("README.md".to_owned(), pages::overview(figures, unshown)),
        ("summary.tsv".to_owned(), summary::table(figures)),
    ]);
    for entry in RULES {
        let ours: Vec<&figures::Entry> = figures.of_rule(entry.meta.name).collect();
        if !ours.is_empty() {
            files.insert(format!("{}.md", entry.meta.name), pages::page(entry.meta, &ours));
        }
    }
    for entry in &figures.outcomes {
        files.insert(entry.picture_name(), pages::picture(entry));
    }
    if !figures.alone.is_empty() {
        files.insert(alone::PAGE.to_owned(), alone::page(&figures.alone));
    }
    Ok(files)
}

/// Files that are missing or different, and pages and pictures of what is measured no more.
fn stale(folder: &Path, files: &BTreeMap<String, String>) -> Result<Vec<String>> {
    let mut stale = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        match read_to_string(&path) {
            Ok(found) if found == *text => {}
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Fault::File { path, error }),
            _ => stale.push(name.clone()),
        }
    }
    let entries = read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let written = |name: &String| Path::new(name).extension().is_some_and(|end| end == "md" || end == "svg");
    stale.extend(names.filter(|name| written(name) && !files.contains_key(name)));
    stale.sort_unstable();
    Ok(stale)
}

/// Every rule is shown, or it is said why not; not both.
fn complete(figures: &Figures, unshown: &Unshown) -> Result {
    let mut faults = Vec::new();
    for entry in RULES {
        let name = entry.meta.name;
        let shown = figures.of_rule(name).any(figures::Entry::shows);
        match (shown, unshown.reason(name)) {
            (false, None) => {
                faults.push(format!("{name} is not shown: run an experiment, or add `- {name}: reason` to unshown.md"));
            }
            (true, Some(_)) => faults.push(format!("{name} is shown: take it out of unshown.md")),
            _ => {}
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Fault::Other(faults.join("\n"))) }
}

#[cfg(test)]
mod tests;
