//! The seeds of the fuzz targets, replayed through the same functions that nightly runs on inputs of its own.

use std::path::Path;

#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "{} holds {} seeds only", folder.display(), files.len());
    for file in files {
        let input = std::fs::read(&file).unwrap();
        if let Err(panicked) = std::panic::catch_unwind(|| check(&input)) {
            eprintln!("the seed {} is at fault", file.display());
            std::panic::resume_unwind(panicked);
        }
    }
}

#[test]
fn reviews() {
    replay("review", fuzz::review::check);
}

#[test]
fn policies() {
    replay("policy", fuzz::policy::check);
}

#[test]
fn units() {
    replay("units", fuzz::units::check);
}

#[test]
fn yaml() {
    replay("yaml", fuzz::yaml::check);
}
