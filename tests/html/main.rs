//! The page of `no502 check --format html` in a real browser: it complains of nothing, holds what tests/html/check.js asks of it, can
//! be used with 5,000 findings, and be read without JavaScript. What it looks like lies in target/html afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets what it does not expect has failed"
)]
#![allow(clippy::print_stderr, reason = "a test that is left out says so, and figures are for people")]

mod browser;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use browser::{Browser, View, chromium};

const WIDE: View = View { width: 1280, height: 1600, scheme: "light", has_script: true };
const DARK: View = View { scheme: "dark", ..WIDE };
const NARROW: View = View { width: 390, height: 1600, ..WIDE };
const VIEWS: [(&str, View); 4] =
    [("light", WIDE), ("narrow-dark", View { scheme: "dark", ..NARROW }), ("dark", DARK), ("narrow", NARROW)];

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("html");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The page of what lies below a folder.
fn page_of(input: &Path, name: &str) -> PathBuf {
    let run = Command::new(env!("CARGO_BIN_EXE_no502"))
        .args(["check", "--format", "html", "."])
        .current_dir(input)
        .env_remove("NO502_POLICY")
        .output()
        .unwrap();
    let file = folder().join(format!("{name}.html"));
    std::fs::write(&file, run.stdout).unwrap();
    file
}

fn examples() -> PathBuf {
    page_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"), "examples")
}

/// Shops of a few objects each, with five faults, until there are 5,000; or what `NO502_HTML_INPUT` names.
fn many() -> PathBuf {
    if let Some(named) = std::env::var_os("NO502_HTML_INPUT") {
        return page_of(Path::new(&named), "many");
    }
    let input = tempfile::tempdir().unwrap();
    let shop = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/broken.yaml")).unwrap();
    for folder in 0..50 {
        let mut text = String::new();
        for number in 0..17 {
            let namespace = format!("team-{folder}-{number}");
            for document in shop.split("\n---\n") {
                let _ = write!(
                    text,
                    "{}\n---\n",
                    document.replacen("metadata:\n", &format!("metadata:\n  namespace: {namespace}\n"), 1)
                );
            }
        }
        std::fs::write(input.path().join(format!("team-{folder}.yaml")), text).unwrap();
    }
    page_of(input.path(), "many")
}

#[test]
fn the_page_in_a_browser() {
    let Some(chromium) = chromium() else {
        eprintln!("left out: there is no Chromium here (Debian: apt-get install chromium)");
        return;
    };
    let mut browser = Browser::start(&chromium);
    for (name, file, views) in [("examples", examples(), &VIEWS[..]), ("many", many(), &VIEWS[2..])] {
        for (view_name, view) in views {
            let mut page = browser.open(&file, *view);
            page.picture(&folder().join(format!("{name}-{view_name}.png")));
            for part in ["findings", "routes", "rules"] {
                page.evaluate(&format!("document.getElementById('{part}').scrollIntoView()"));
                page.picture(&folder().join(format!("{name}-{view_name}-{part}.png")));
            }
            let wrong = page.evaluate(include_str!("check.js"));
            assert_eq!(wrong, serde_json::json!([]), "{name}, {view_name}");
            assert_eq!(page.complaints(), Vec::<String>::new(), "{name}, {view_name}");
        }
    }
}

#[test]
fn the_page_is_usable_with_5000_findings() {
    let Some(chromium) = chromium() else { return };
    let mut browser = Browser::start(&chromium);
    let file = many();
    let mut page = browser.open(&file, WIDE);
    let loaded = page.loaded;
    let findings = page.evaluate("document.querySelectorAll('#findings .f').length").as_u64().unwrap();
    assert!(findings >= 5_000, "{findings}");
    let mut timed = |what: &str, script: &str, most: u64| {
        let started = Instant::now();
        page.evaluate(&format!(
            "(async () => {{ {script}; await new Promise((done) => requestAnimationFrame(() => setTimeout(done))); }})()"
        ));
        let took = started.elapsed();
        eprintln!("{what}: {took:?}");
        assert!(took < Duration::from_millis(most), "{what}: {took:?}");
    };
    let size = std::fs::metadata(&file).unwrap().len();
    eprintln!("{findings} findings, {size} bytes, there after {loaded:?}");
    // Far more than it takes: machines of pipelines are slow, and what is quadratic takes minutes.
    assert!(loaded < Duration::from_secs(30), "{loaded:?}");
    assert!(size / findings < 3_000, "{size} bytes for {findings} findings");
    let filter = |text: &str| {
        format!(
            "const words = document.forms.filter.elements.words; words.value = '{text}'; document.forms.filter.requestSubmit()"
        )
    };
    timed("the first filter", &filter("preStop web"), 20_000);
    timed("another filter", &filter("readiness"), 20_000);
    timed("all open", "document.forms.filter.elements.open.click()", 20_000);
    timed("all closed", "document.forms.filter.elements.close.click()", 20_000);
}

#[test]
fn the_page_is_read_without_javascript() {
    let Some(chromium) = chromium() else { return };
    let mut browser = Browser::start(&chromium);
    let file = examples();
    let mut page = browser.open(&file, View { has_script: false, ..WIDE });
    page.picture(&folder().join("examples-without-javascript.png"));
    // What asks is no script of the page.
    let is_hidden =
        page.evaluate("document.getElementById('filter').hidden && !document.getElementById('filter').checkVisibility()");
    assert_eq!(is_hidden, true, "a filter that does nothing is shown");
    let unseen =
        page.evaluate("[...document.querySelectorAll('.f, .steps > li')].filter((own) => !own.checkVisibility()).length");
    assert_eq!(unseen, 0, "findings that cannot be seen");
    assert_eq!(page.complaints(), Vec::<String>::new());
}
