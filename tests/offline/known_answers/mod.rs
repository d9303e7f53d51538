//! The manifests with which other tools test themselves, and what no502 says of them: `docs/known-answers.md`.
//!
//! The verdicts are those that the tools expect of themselves. Where no502 says otherwise, `reasons` says who is right.

mod checks;
mod page;
mod reasons;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use no502::collect::files::Input;
use no502::model::Model;
use no502::object::Kind;
use no502::rule::by_name;
use serde_json::Value;

use crate::corpus;
use checks::{Answer, CHECKS, Of};
use reasons::{REASONS, Reason};

const DOCUMENT: &str = "docs/known-answers.md";

const HEAD: &str = "suite\trepo\tsplit\tfile\tin_corpus\tobject\tcheck\texpected\tin_scope\tnote";

/// One verdict that a tool expects of itself.
struct Row {
    suite: String,
    repo: String,
    /// One file or several, within the repository.
    files: Vec<String>,
    is_in_corpus: bool,
    /// Kind, perhaps a namespace, and name; empty where the verdict is on the files.
    object: Vec<String>,
    check: String,
    expected: String,
    /// Messages of the tool, each after its kind and a colon.
    note: String,
}

impl Row {
    fn read(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.split('\t').collect();
        let [suite, repo, _, files, in_corpus, object, check, expected, in_scope, note] = cells[..] else {
            panic!("not ten cells: {line}")
        };
        // Tests of istio stand before their analyzer; a policy of kyverno before its rule.
        let check = match suite {
            "istio-analyze" => check.rsplit_once('(').unwrap().1.trim_end_matches(')'),
            "kyverno" => check.split('/').next().unwrap(),
            _ => check,
        };
        (in_scope == "yes").then(|| Self {
            suite: suite.to_owned(),
            repo: repo.to_owned(),
            files: files.split(' ').map(str::to_owned).collect(),
            is_in_corpus: in_corpus == "yes",
            object: object.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            check: check.to_owned(),
            expected: expected.to_owned(),
            note: note.to_owned(),
        })
    }

    fn answer(&self) -> &'static Answer {
        let known = CHECKS.iter().find(|(suite, check, _)| *suite == self.suite && *check == self.check);
        &known.unwrap_or_else(|| panic!("nothing is said of {} {}", self.suite, self.check)).2
    }

    /// Whether the verdict is on this object.
    fn is_about(&self, kind: &str, namespace: &str, name: &str) -> bool {
        match self.object.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => true,
            [own_kind, own_name] => own_kind == kind && own_name == name,
            [own_kind, own_namespace, own_name] => own_kind == kind && own_namespace == namespace && own_name == name,
            _ => panic!("not an object: {:?}", self.object),
        }
    }

    fn is_explained_by(&self, reason: &Reason) -> bool {
        reason.check == self.check && format!("{} {}", self.files.join(" "), self.object.join("/")).contains(reason.of)
    }

    /// Where the files are in the unpacked corpus, whose folders begin with the name of a repository.
    fn paths(&self, corpus: &Path) -> Vec<PathBuf> {
        let prefix = self.repo.replace('/', "__");
        let folders = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let folders: Vec<String> = folders.filter(|folder| folder.starts_with(&prefix)).collect();
        let path = |file: &String| {
            let found = folders.iter().map(|folder| Path::new(folder).join(file)).find(|path| corpus.join(path).is_file());
            found.unwrap_or_else(|| panic!("{file} of {} is not in the corpus", self.repo))
        };
        self.files.iter().map(path).collect()
    }
}

/// What came of a row.
enum Standing {
    /// No rule asks that.
    LeftToOthers,
    /// There is nothing to compare, for this reason.
    Nothing(&'static str),
    Agrees,
    /// What no502 says.
    Disagrees(String),
}

/// A row and what came of it.
struct Judged {
    row: Row,
    standing: Standing,
}

impl Judged {
    fn reason(&self) -> Option<&'static Reason> {
        REASONS.iter().find(|reason| self.row.is_explained_by(reason))
    }
}

/// The reports of files that were asked for, since many rows share one.
#[derive(Default)]
struct Reports(BTreeMap<(Vec<PathBuf>, bool), Value>);

impl Reports {
    fn of(&mut self, corpus: &Path, paths: &[PathBuf], is_complete: bool) -> &Value {
        self.0.entry((paths.to_owned(), is_complete)).or_insert_with(|| {
            let mut options = vec!["--class", "nginx"];
            options.extend(is_complete.then_some("--complete"));
            // A rule that panics is said on standard error, which must be empty.
            let (code, report) = corpus::check(corpus, &options, paths);
            assert_eq!(code, corpus::documented(&report), "{paths:?}");
            report
        })
    }
}

fn judge(row: &Row, corpus: &Path, reports: &mut Reports) -> Standing {
    let paths = row.paths(corpus);
    // These tools take what they get for the whole cluster.
    let is_complete = ["istio-analyze", "kube-linter", "polaris"].contains(&&*row.suite);
    let report = reports.of(corpus, &paths, is_complete);
    let (of, rules) = match row.answer() {
        Answer::Other(_) => return Standing::LeftToOthers,
        Answer::NoError => (Of::Objects, None),
        Answer::Same(of, rules, _) => (*of, Some(*rules)),
    };
    if let Some(why) = nothing_to_judge(row, of, corpus, &paths) {
        return Standing::Nothing(why);
    }
    let is_meant = |finding: &&Value| match rules {
        Some(rules) => rules.iter().any(|rule| finding["rule"] == **rule),
        None => finding["level"] == "error",
    };
    let findings: Vec<&Value> = report["findings"].as_array().unwrap().iter().filter(is_meant).collect();
    if is_as_expected(row, &findings) { Standing::Agrees } else { Standing::Disagrees(said(row, &findings)) }
}

/// Why there is nothing in the files that the rules could speak of, if so.
fn nothing_to_judge(row: &Row, of: Of, corpus: &Path, paths: &[PathBuf]) -> Option<&'static str> {
    let paths: Vec<PathBuf> = paths.iter().map(|path| corpus.join(path)).collect();
    let input = Input::read(&paths, Some("default"));
    let objects = || input.objects.iter().map(|entry| &entry.object).filter(|object| object.id.kind != Kind::Namespace);
    let has_service = objects().any(|object| object.id.kind == Kind::Service);
    let mut own =
        objects().filter(|object| row.is_about(object.id.kind.name(), &object.id.namespace, &object.id.name)).peekable();
    if own.peek().is_none() {
        return Some("no object of a kind that no502 reads");
    }
    if of == Of::Objects {
        return None;
    }
    let models: Vec<Model> = own.map(Model::read).collect();
    let workloads =
        || models.iter().filter_map(|model| if let Model::Workload(workload) = model { Some(workload) } else { None });
    let mut whole = workloads().filter(|workload| !workload.is_partial).peekable();
    if whole.peek().is_none() {
        let is_fragment = workloads().next().is_some();
        return Some(if is_fragment { "only a fragment, without selector or image" } else { "no workload" });
    }
    let gets_requests = has_service || whole.any(|workload| workload.containers.iter().any(|own| !own.ports.is_empty()));
    (of == Of::Backends && !gets_requests).then_some("no port and no Service, so no requests")
}

fn is_as_expected(row: &Row, findings: &[&Value]) -> bool {
    let text = |finding: &Value, key: &str| finding["object"][key].as_str().unwrap().to_owned();
    let is_own = |finding: &&&Value| row.is_about(&text(finding, "kind"), &text(finding, "namespace"), &text(finding, "name"));
    let own = findings.iter().filter(is_own).count();
    match &*row.expected {
        "accept" | "pass" => own == 0,
        "count=?" | "fail" => own > 0,
        counted => {
            assert_eq!(counted, format!("count={}", row.note.split(" || ").count()));
            // In those files what must not be found is called so.
            let is_wrong =
                |finding: &&Value| ["message", "object"].iter().any(|key| finding[key].to_string().contains("dont-fire"));
            own == messages(row) && !findings.iter().any(is_wrong)
        }
    }
}

/// How many messages the other tool has about kinds that no502 reads.
fn messages(row: &Row) -> usize {
    let kinds = row.note.split(" || ").map(|message| message.split(':').next().unwrap());
    kinds.filter(|kind| Kind::ALL.iter().any(|known| known.name() == *kind)).count()
}

/// What no502 says, in short.
fn said(row: &Row, findings: &[&Value]) -> String {
    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    for finding in findings {
        let object = &finding["object"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (kind, name) = (text(&object["kind"]), text(&object["name"]));
        if row.is_about(&kind, &text(&object["namespace"]), &name) {
            *said.entry(format!("`{}` of {kind} {name}", text(&finding["rule"]))).or_default() += 1;
        }
    }
    let times = |(what, times): (String, usize)| if times == 1 { what } else { format!("{what}, {times} times") };
    if said.is_empty() { "nothing".to_owned() } else { said.into_iter().map(times).collect::<Vec<_>>().join("; ") }
}

/// Disagreements without a reason, and reasons without a disagreement.
fn faults(judged: &[Judged]) -> Vec<String> {
    let mut faults = Vec::new();
    for own in judged {
        if let (Standing::Disagrees(said), None) = (&own.standing, own.reason()) {
            let Row { suite, check, files, object, expected, .. } = &own.row;
            faults.push(format!("no reason: {suite} {check} {files:?} {object:?}: expected {expected}, no502 says {said}"));
        }
    }
    for reason in REASONS {
        let mut rows = judged.iter().filter(|own| own.row.is_explained_by(reason));
        if !rows.any(|own| matches!(own.standing, Standing::Disagrees(_))) {
            faults.push(format!("no disagreement: {} {}", reason.check, reason.of));
        }
    }
    faults
}

#[test]
fn known_answers_are_met_or_it_is_said_why_not() {
    let Some(corpus) = corpus::unpacked("open.txz") else { return };
    let text = std::fs::read_to_string(corpus::beside("known-answers.tsv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(HEAD));
    let (here, absent): (Vec<Row>, Vec<Row>) = lines.filter_map(Row::read).partition(|row| row.is_in_corpus);
    let mut reports = Reports::default();
    let judged: Vec<Judged> =
        here.into_iter().map(|row| Judged { standing: judge(&row, corpus.path(), &mut reports), row }).collect();
    let faults = faults(&judged);
    assert!(faults.is_empty(), "\n{}\nSay who is right in tests/offline/known_answers/reasons.rs", faults.join("\n"));
    let page = page::page(&judged, absent.len());
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    if std::env::var_os("KNOWN_ANSWERS").is_some_and(|what| what == "write") {
        std::fs::write(&target, &page).unwrap();
    }
    let current = std::fs::read_to_string(&target).unwrap_or_default();
    assert!(current == page, "{DOCUMENT} is not current: run `{}`", page::COMMAND);
}

#[test]
fn every_check_is_said_something_of_once() {
    for (index, (suite, check, _)) in CHECKS.iter().enumerate() {
        let is_again = CHECKS[..index].iter().any(|(other_suite, other, _)| other_suite == suite && other == check);
        assert!(!is_again, "{suite} {check} stands twice");
        if let Answer::Same(_, rules, _) = &CHECKS[index].2 {
            assert!(rules.iter().all(|rule| by_name(rule).is_some()), "{suite} {check} names a rule that is not there");
        }
    }
}
