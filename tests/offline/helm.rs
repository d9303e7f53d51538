//! What `no502 check` makes of charts, and of what Helm prints.

use serde_json::Value;

use crate::check_worlds::{deployment, service, write};
use crate::cli::{parsed, run_in, run_with};

/// What `helm template` prints: by kinds, each behind the name of its template, hooks last.
fn printed() -> String {
    let from = |template: &str, object: &str| {
        format!("---\n# Source: shop/templates/{template}\n{}", object.trim_start_matches("---\n"))
    };
    [
        from("web.yaml", &service("web", 80)),
        from("api/all.yaml", &format!("# Source: nobody\n{}", service("api", 80).trim_start_matches("---\n"))),
        from("web.yaml", &deployment("web", "")),
        from("api/all.yaml", &deployment("api", "")),
        // No comment of Helm, and so nobody's.
        deployment("own", "").replace("---\n", "---\n\n# Source: shop/templates/no.yaml\n") + &service("own", 80),
        from("tests/hook.yaml", &deployment("hook", "")) + "\n" + &service("hook", 80),
    ]
    .concat()
}

#[test]
fn findings_name_the_template_and_stand_together_by_it() {
    let ran = run_with(&printed(), &["check", "--format", "json", "--rule", "prestop-missing", "-"]);
    let report = parsed(&ran);
    let told = |item: &Value| (item["object"]["name"].to_string(), item["template"].as_str().map(str::to_owned));
    let told: Vec<(String, Option<String>)> = report["findings"].as_array().unwrap().iter().map(told).collect();
    let from = |name: &str, template: Option<&str>| (format!("{name:?}"), template.map(|own| format!("shop/templates/{own}")));
    let expected = [
        from("own", None),
        from("api", Some("api/all.yaml")),
        from("hook", Some("tests/hook.yaml")),
        from("web", Some("web.yaml")),
    ];
    assert_eq!(told, expected);
    // The lines are those of the stream.
    let lines: Vec<u64> = report["findings"].as_array().unwrap().iter().map(|item| item["line"].as_u64().unwrap()).collect();
    let is_deployment = |line: &u64| printed().lines().nth(usize::try_from(*line).unwrap() - 1).unwrap().contains("containers:");
    assert!(lines.iter().all(is_deployment), "{lines:?}");
}

#[test]
fn the_template_is_told_in_text_and_in_annotations() {
    let args = |format| ["check", "--format", format, "--rule", "prestop-missing", "-"];
    let text = run_with(&printed(), &args("text")).out;
    let places: Vec<&str> = text.lines().filter(|line| line.starts_with("  --> ")).collect();
    assert!(places[1].starts_with("  --> <stdin>:") && places[1].ends_with(" (shop/templates/api/all.yaml)"), "{text}");
    assert!(!places[0].contains('('), "{text}");
    let annotations = run_with(&printed(), &args("github")).out;
    assert!(annotations.contains("%0Atemplate: shop/templates/web.yaml"), "{annotations}");
}

const TEMPLATE: &str =
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n{{- if .Values.on }}\nspec: {}\n{{- end }}\n";

#[test]
fn a_chart_is_named_with_its_command_and_its_templates_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let beside = deployment("web", "");
    write(
        folder.path(),
        &[
            ("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
            ("shop/values-prod.yaml", "{{ broken"),
            ("shop/templates/service.yaml", TEMPLATE),
            ("shop/templates/plain.yaml", &beside),
            ("shop/charts/db/Chart.yaml", "name: db\n"),
            ("shop/charts/db/templates/db.yaml", TEMPLATE),
            ("shop/ci/test-values.yaml", "{{ broken"),
            ("shop/examples/web.yaml", &beside),
        ],
    );
    let ran = run_in(folder.path(), &["check", "--format", "json"]);
    let report = parsed(&ran);
    assert_eq!((&report["summary"]["files"], &report["summary"]["objects"]), (&1.into(), &1.into()));
    assert_eq!(report["notes"], serde_json::json!([]));
    assert_eq!(ran.code, 0);
    assert_eq!(ran.err.lines().skip(1).collect::<Vec<_>>(), ["  helm template ./shop | no502 check -"]);
    // The same for the folder of templates alone.
    let ran = run_in(folder.path(), &["check", "shop/templates"]);
    assert_eq!((ran.code, ran.err.lines().last()), (0, Some("  helm template shop | no502 check -")));
}

#[test]
fn a_template_outside_of_a_chart_is_a_note_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let jinja = "{% if on %}\nkind: Service\n{% endif %}\n";
    write(folder.path(), &[("a.yaml", TEMPLATE), ("b.yaml", jinja), ("c.yaml", &deployment("web", ""))]);
    let ran = run_in(folder.path(), &["check", "--format", "json"]);
    let report = parsed(&ran);
    let notes: Vec<String> =
        report["notes"].as_array().unwrap().iter().map(|note| format!("{} {}", note["file"], note["message"])).collect();
    let told = "\"this is a template, not a manifest: check what it is rendered to\"";
    assert_eq!(notes, [format!("\"./a.yaml\" {told}"), format!("\"./b.yaml\" {told}")]);
    assert_eq!((ran.code, &report["summary"]["objects"]), (2, &1.into()));
    // A fault without a template near it is told as it is.
    write(folder.path(), &[("a.yaml", "a: b: c\n\n\nd: '{{ x }}'\n"), ("b.yaml", "")]);
    let report = parsed(&run_in(folder.path(), &["check", "--format", "json"]));
    assert!(report["notes"][0]["message"].as_str().unwrap().starts_with("a key cannot stand here"), "{report}");
}
