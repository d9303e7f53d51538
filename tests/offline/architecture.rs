//! What the map in `src/lib.rs` promises of the modules, and what every file and rule keeps to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use no502::rule::RULES;

use crate::source::{Source, sources};

/// The highest floor that is pure.
const PURE: u8 = 5;

/// Crates and modules that a pure floor does without.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time",
    "axum",
    "futures",
    "k8s_openapi",
    "kube",
    "prometheus",
    "rustls",
    "time",
    "tokio",
    "tracing",
];

/// Macros that write output.
const OUTPUT: &[&str] = &["dbg", "eprint", "eprintln", "print", "println"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The floors of the map: lines such as `//!  6  admission/  wire <-> engine     collect/  fill an inventory`.
fn floors() -> BTreeMap<String, u8> {
    let text = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let mut floors = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("//!")) {
        let mut words = line.split_whitespace();
        let Some(floor) = words.next().and_then(|word| word.parse().ok()) else { continue };
        for module in words.filter_map(|word| word.strip_suffix('/')) {
            assert!(floors.insert(module.to_owned(), floor).is_none(), "{module} stands twice in the map");
        }
    }
    floors
}

/// The modules of the crate's root that a source file names, with the line: from `crate`, or by climbing with `super`.
fn named_modules(source: &Source, floors: &BTreeMap<String, u8>) -> Vec<(usize, String)> {
    let depth = source.module().len();
    let mut named = Vec::new();
    for path in source.paths_from("crate").into_iter().chain(source.paths_from("super")) {
        let climbs = path.segments.iter().take_while(|segment| *segment == "super").count();
        let first = if climbs == 0 { 1 } else { climbs };
        // A module inside of the file is one deeper, so that it may climb once more.
        let is_at_root = climbs == 0 || climbs >= depth;
        let module = path.segments.get(first).filter(|module| is_at_root && floors.contains_key(*module));
        named.extend(module.map(|module| (path.line, module.clone())));
    }
    named
}

#[test]
fn the_map_names_every_module_and_no_other() {
    let mut declared = BTreeSet::new();
    let text = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    for line in text.lines() {
        declared.extend(line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')).map(str::to_owned));
    }
    assert_eq!(floors().into_keys().collect::<BTreeSet<_>>(), declared);
}

#[test]
fn modules_import_lower_floors_only() {
    let floors = floors();
    let mut faults = Vec::new();
    let mut imports = 0;
    for source in sources() {
        let Some(own) = source.module().first().copied() else { continue };
        let floor = floors[own];
        for (line, module) in named_modules(&source, &floors) {
            imports += 1;
            if module != own && floors[&module] >= floor {
                faults.push(format!(
                    "src/{}:{line}: {own} (floor {floor}) names {module} (floor {})",
                    source.path, floors[&module]
                ));
            }
        }
    }
    assert!(imports > 100, "only {imports} imports were seen: the reader of sources is at fault");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_lower_floors_are_pure() {
    let floors = floors();
    let mut faults = Vec::new();
    for source in sources() {
        if source.module().first().is_none_or(|own| floors[*own] > PURE) {
            continue;
        }
        for impure in IMPURE {
            let wanted: Vec<&str> = impure.split("::").collect();
            // An address is a value, as long as nothing is sent to it.
            for path in
                source.paths_from(wanted[0]).into_iter().filter(|path| path.segments.last().is_none_or(|last| last != "IpAddr"))
            {
                if path.segments.iter().zip(&wanted).filter(|(segment, wanted)| segment == *wanted).count() == wanted.len() {
                    faults.push(format!("src/{}:{}: {}", source.path, path.line, path.segments.join("::")));
                }
            }
        }
        for pair in source.tokens.windows(2) {
            if OUTPUT.contains(&pair[0].text.as_str()) && pair[1].text == "!" || pair[0].text == "now" && pair[1].text == "(" {
                faults.push(format!("src/{}:{}: {}{}", source.path, pair[0].line, pair[0].text, pair[1].text));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn rules_know_no_gateway() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| source.path.starts_with("rule/")) {
        for (number, line) in (1..).zip(source.text.lines()) {
            let code = line.split("//").next().unwrap_or_default();
            if ["nginx.ingress.kubernetes.io", "ingress-nginx", "nginx.org", "F5"].iter().any(|name| code.contains(name)) {
                faults.push(format!("src/{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn files_and_functions_are_short() {
    let mut faults = Vec::new();
    let mut functions = 0;
    for source in sources() {
        let lines = source.text.lines().count();
        if lines >= 400 {
            faults.push(format!("src/{}: {lines} lines", source.path));
        }
        for (name, line, length) in source.functions() {
            functions += 1;
            if length >= 60 {
                faults.push(format!("src/{}:{line}: {name} has {length} lines", source.path));
            }
        }
    }
    assert!(functions > 300, "only {functions} functions were seen: the reader of sources is at fault");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_module_says_what_it_is() {
    let opens = |source: &Source| source.text.starts_with("//! ") || source.text.starts_with("#![doc = include_str!(");
    let silent: Vec<String> = sources().into_iter().filter(|source| !opens(source)).map(|source| source.path).collect();
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn rules_are_listed_once_and_by_name() {
    let names: Vec<&str> = RULES.iter().map(|entry| entry.meta.name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    for name in names {
        let is_kebab =
            name.split('-').all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
        assert!(is_kebab, "{name} is not in kebab-case");
    }
}

/// Files below `src/rule` with this ending that belong to one rule, from the checkout's root.
fn rule_files(ending: &str) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for family in folders(&root().join("src/rule")) {
        for entry in std::fs::read_dir(&family).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            let is_rule = path.extension().is_some_and(|own| own == ending) && path.file_stem().is_none_or(|stem| stem != "mod");
            if is_rule {
                files.insert(path.strip_prefix(root()).unwrap().display().to_string());
            }
        }
    }
    files
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

#[test]
fn every_rule_file_is_listed_and_has_its_page_and_cases() {
    let place = |family: &str, name: &str, ending: &str| format!("src/rule/{family}/{}.{ending}", name.replace('-', "_"));
    let listed = |ending: &str| -> BTreeSet<String> {
        RULES.iter().map(|entry| place(&entry.meta.family.to_string(), entry.meta.name, ending)).collect()
    };
    assert_eq!(rule_files("rs"), listed("rs"), "files of rules, and RULES");
    assert_eq!(rule_files("md"), listed("md"), "pages of rules, and RULES");
    for entry in RULES {
        let meta = entry.meta;
        assert_eq!(meta.file, place(&meta.family.to_string(), meta.name, "rs"), "{}: its file", meta.name);
        let page = std::fs::read_to_string(root().join(place(&meta.family.to_string(), meta.name, "md"))).unwrap();
        assert!(meta.page == page, "{}: META names another page", meta.name);
    }
    let cases = folders(&root().join("tests/cases/rules"));
    let cases: BTreeSet<String> = cases.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(cases, RULES.iter().map(|entry| entry.meta.name.to_owned()).collect(), "folders of cases, and RULES");
}
