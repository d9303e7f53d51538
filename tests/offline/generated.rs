//! The files that follow from the code are current.

use std::collections::BTreeSet;
use std::path::Path;

use no502::cli::generate::files;

#[test]
fn generated_files_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let files = files(&readme);
    let paths: BTreeSet<&str> = files.iter().map(|(path, _)| *path).collect();
    for expected in [
        "deploy/base/rbac.yaml",
        "docs/cli.md",
        "docs/dialects/f5-nginx.md",
        "docs/dialects/ingress-nginx.md",
        "docs/rules.md",
        "policies/schema.json",
    ] {
        assert!(paths.contains(expected), "{expected} is not generated");
    }
    let stale = files.iter().filter(|(path, text)| std::fs::read_to_string(root.join(path)).ok().as_ref() != Some(text));
    let stale: Vec<&str> = stale.map(|(path, _)| *path).collect();
    assert!(stale.is_empty(), "not current: {stale:?}; run `make generate`");
}
