//! `no502 lsp` as an editor meets it: what is underlined, told and offered, and what comes of it.

mod editor;
mod protocol;

use serde_json::{Value, json};

use crate::cli::{parsed, run_in};
use editor::{Editor, applied, rules, underlined, uri, with_edits};

pub(crate) const INGRESS: &str = "\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop # ü
  annotations: {example.com/mood: \"😀ü\", nginx.ingress.kubernetes.io/proxy-read-timeout: \"120s\"} # two minutes
spec:
  ingressClassName: nginx
  rules:
    - host: shop.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}
";

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
        - name: shop
          image: shop:1
          ports: [{containerPort: 8080}]
          readinessProbe: {httpGet: {port: 8080}}
";

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  selector: {app: shop}
  ports:
    - port: 80
      targetPort: 8080
";

pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn shop() -> tempfile::TempDir {
    folder(&[("ingress.yaml", INGRESS), ("deployment.yaml", DEPLOYMENT), ("service.yaml", SERVICE)])
}

fn page(editor: &mut Editor, uri: &str, position: &Value) -> Value {
    editor.ask("textDocument/hover", json!({"textDocument": {"uri": uri}, "position": position}))["result"].clone()
}

#[test]
fn a_finding_is_underlined_explained_and_mended() {
    let folder = shop();
    let ingress = uri(folder.path(), "ingress.yaml");
    let mut editor = Editor::start(folder.path());
    let found = editor.open(&ingress, INGRESS);
    assert_eq!(rules(&found), ["value-ignored"], "{found:#?}");
    let own = &found[0];
    assert_eq!((underlined(INGRESS, &own["range"]), &own["severity"], &own["source"]), ("\"120s\"", &1.into(), &"no502".into()));
    let message = own["message"].as_str().unwrap();
    assert!(message.starts_with("ingress-nginx cannot read proxy-read-timeout \"120s\""), "{message}");
    assert!(message.contains("\nfix: write the same value so that it is read:\n"), "{message}");

    let told = page(&mut editor, &ingress, &own["range"]["start"]);
    let text = told["contents"]["value"].as_str().unwrap();
    assert_eq!((&told["contents"]["kind"], &told["range"]), (&"markdown".into(), &own["range"]));
    assert!(text.starts_with("**value-ignored**: ingress-nginx cannot read proxy-read-timeout"), "{text}");
    assert!(text.contains("\n## Why requests fail\n") && !text.contains("](../"), "{text}");
    assert_eq!(page(&mut editor, &ingress, &json!({"line": 0, "character": 0})), Value::Null);

    let actions = editor.actions(&ingress, &own["range"], None);
    let fix = &actions[0];
    assert_eq!(fix["title"], "write nginx.ingress.kubernetes.io/proxy-read-timeout: \"120\"");
    assert_eq!((&fix["kind"], &fix["isPreferred"], &fix["diagnostics"]), (&"quickfix".into(), &true.into(), &json!([own])));
    let mended = applied(INGRESS, fix, &ingress, 1);
    assert_eq!(mended, INGRESS.replace("120s", "120"));
    assert_eq!(editor.change(&ingress, 2, &mended), [] as [Value; 0]);
    // And the disk, which nobody has written, says what it said.
    assert_eq!(std::fs::read_to_string(folder.path().join("ingress.yaml")).unwrap(), INGRESS);
}

#[test]
fn nothing_is_offered_where_nothing_is_underlined() {
    let folder = shop();
    let ingress = uri(folder.path(), "ingress.yaml");
    let mut editor = Editor::start(folder.path());
    let found = editor.open(&ingress, INGRESS);
    let line = json!({"start": {"line": 4, "character": 0}, "end": {"line": 4, "character": 0}});
    assert_eq!(editor.actions(&ingress, &line, None), [] as [Value; 0]);
    assert_eq!(editor.actions(&ingress, &found[0]["range"], Some("refactor")), [] as [Value; 0]);
    assert_eq!(editor.actions(&ingress, &found[0]["range"], Some("quickfix")).len(), 2);
    let other = uri(folder.path(), "not-open.yaml");
    assert_eq!(editor.actions(&other, &line, None), [] as [Value; 0]);
}

#[test]
fn an_exception_holds_once_it_has_a_reason() {
    let folder = shop();
    let ingress = uri(folder.path(), "ingress.yaml");
    let mut editor = Editor::start(folder.path());
    let found = editor.open(&ingress, INGRESS);
    let actions = editor.actions(&ingress, &found[0]["range"], None);
    assert_eq!(actions[1]["title"], "accept value-ignored for a reason, until a day");
    let accepted = applied(INGRESS, &actions[1], &ingress, 1);
    assert!(
        accepted.contains("no502.dev/allow: value-ignored, no502.dev/allow-reason: \"\", no502.dev/allow-until: \"20"),
        "{accepted}"
    );
    let found = editor.change(&ingress, 2, &accepted);
    let message = found[0]["message"].as_str().unwrap();
    assert!(message.ends_with("\nexception: no502.dev/allow needs no502.dev/allow-reason beside it"), "{message}");
    // It is there by now: nothing is left to write but the reason.
    assert_eq!(editor.actions(&ingress, &found[0]["range"], None).len(), 1);
    let reasoned = accepted.replace("allow-reason: \"\"", "allow-reason: \"moves next week\"");
    assert_eq!(editor.change(&ingress, 3, &reasoned), [] as [Value; 0]);
}

#[test]
fn another_rule_joins_an_exception() {
    let text = INGRESS.replace("{example.com", "{no502.dev/allow: tls-missing, no502.dev/allow-reason: x, example.com");
    let folder = folder(&[("ingress.yaml", &text)]);
    let ingress = uri(folder.path(), "ingress.yaml");
    let mut editor = Editor::start(folder.path());
    let found = editor.open(&ingress, &text);
    let own = found.iter().find(|own| own["code"] == "value-ignored").unwrap();
    let actions = editor.actions(&ingress, &own["range"], None);
    let accepted = applied(&text, &actions[1], &ingress, 1);
    assert!(
        accepted.contains("no502.dev/allow: \"tls-missing,value-ignored\", no502.dev/allow-reason: x, example"),
        "{accepted}"
    );
    assert!(accepted.contains("no502.dev/allow-until: \"20"), "{accepted}");
}

#[test]
fn files_of_a_folder_see_each_other_as_they_are_being_edited() {
    let folder = shop();
    let (ingress, service) = (uri(folder.path(), "ingress.yaml"), uri(folder.path(), "service.yaml"));
    let mut editor = Editor::start(folder.path());
    let text = INGRESS.replace("120s", "120");
    assert_eq!(editor.open(&ingress, &text), [] as [Value; 0]);
    // The Service gets another port, in the editor and not on disk: the Ingress hears of it, and sees where.
    let other = SERVICE.replace("port: 80\n", "port: 81\n");
    editor.open(&service, &other);
    let found = editor.findings(&ingress, 1);
    assert_eq!(rules(&found), ["backend-port-missing"], "{found:#?}");
    assert_eq!(underlined(&text, &found[0]["range"]), "{number: 80}");
    let related = &found[0]["relatedInformation"][0];
    assert_eq!(
        (&related["location"]["uri"], related["message"].as_str().unwrap().contains("Service")),
        (&service.as_str().into(), true),
        "{related:#}"
    );
    assert!(underlined(&other, &related["location"]["range"]).contains("port: 81"), "{related:#}");
    // The typo is mended there, and is gone here.
    editor.change(&service, 2, SERVICE);
    assert_eq!(editor.findings(&ingress, 1), [] as [Value; 0]);
    // A closed file is what the disk says, and nothing is said of it any more.
    editor.change(&service, 3, &other);
    assert_eq!(rules(&editor.findings(&ingress, 1)), ["backend-port-missing"]);
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": service}}));
    let closed =
        editor.wait(|message| message["params"]["uri"] == service.as_str() && message["params"].get("version").is_none());
    assert_eq!(closed["params"]["diagnostics"], json!([]));
    assert_eq!(editor.findings(&ingress, 1), [] as [Value; 0]);
}

#[test]
fn what_changes_on_disk_is_read_again() {
    let folder = shop();
    let ingress = uri(folder.path(), "ingress.yaml");
    let mut editor = Editor::start(folder.path());
    let text = INGRESS.replace("120s", "120");
    editor.open(&ingress, &text);
    let service = folder.path().join("service.yaml");
    for (method, params) in [
        ("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri(folder.path(), "service.yaml"), "type": 2}]})),
        ("textDocument/didSave", json!({"textDocument": {"uri": ingress}})),
    ] {
        std::fs::write(&service, SERVICE.replace("port: 80\n", "port: 81\n")).unwrap();
        editor.tell(method, params.clone());
        assert_eq!(rules(&editor.findings(&ingress, 1)), ["backend-port-missing"]);
        std::fs::write(&service, SERVICE).unwrap();
        editor.tell(method, params);
        assert_eq!(editor.findings(&ingress, 1), [] as [Value; 0]);
    }
}

#[test]
fn all_fixes_at_once_are_those_of_check() {
    let text = format!("{INGRESS}---\n{}", INGRESS.replace("name: shop #", "name: other #").replace("120s", "2m"));
    let files = [("all.yaml", &*text), ("deployment.yaml", DEPLOYMENT), ("service.yaml", SERVICE)];
    let (folder, other) = (folder(&files), folder(&files));
    let ran = run_in(other.path(), &["check", "--fix", "--format", "json", "--fail-on", "never"]);
    assert!(parsed(&ran)["summary"]["fixed"].as_u64().unwrap() > 2, "{}", ran.out);
    let mut editor = Editor::start(folder.path());
    for (name, text) in [("all.yaml", &*text), ("deployment.yaml", DEPLOYMENT)] {
        let uri = uri(folder.path(), name);
        let found = editor.open(&uri, text);
        let offered = editor.actions(&uri, &found[0]["range"], None);
        assert!(offered.iter().all(|action| action["kind"] == "quickfix"), "{offered:#?}");
        for only in ["source", "source.fixAll", "source.fixAll.no502"] {
            let actions = editor.actions(&uri, &found[0]["range"], Some(only));
            assert_eq!((actions.len(), &actions[0]["kind"]), (1, &"source.fixAll.no502".into()), "{actions:#?}");
            let fixed = std::fs::read_to_string(other.path().join(name)).unwrap();
            assert_eq!(applied(text, &actions[0], &uri, 1), fixed);
        }
    }
    let clean = uri(folder.path(), "service.yaml");
    editor.open(&clean, SERVICE);
    let anywhere = json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}});
    assert_eq!(editor.actions(&clean, &anywhere, Some("source.fixAll")), [] as [Value; 0]);
}

#[test]
fn columns_are_counted_as_agreed() {
    let folder = shop();
    let ingress = uri(folder.path(), "ingress.yaml");
    let line = INGRESS.lines().nth(4).unwrap();
    let before = &line[..line.find("\"120s\"").unwrap()];
    for (offered, chosen, column) in [
        (json!(["utf-16"]), "utf-16", before.encode_utf16().count()),
        (json!(["utf-16", "utf-8"]), "utf-8", before.len()),
        (Value::Null, "utf-16", before.encode_utf16().count()),
        (json!("utf-8"), "utf-16", before.encode_utf16().count()),
    ] {
        let capabilities = json!({"general": {"positionEncodings": offered}});
        let (mut editor, answer) = Editor::open_folder(&[], folder.path(), &capabilities, &Value::Null);
        assert_eq!(answer["capabilities"]["positionEncoding"], chosen);
        let found = editor.open(&ingress, INGRESS);
        let range = json!({"start": {"line": 4, "character": column}, "end": {"line": 4, "character": column + 6}});
        assert_eq!(found[0]["range"], range);
        // Without versions the edit is a plain one, at the place of the letter that goes.
        let edits = editor.actions(&ingress, &range, None)[0]["edit"]["changes"][&ingress].clone();
        assert_eq!(edits[0]["range"]["start"]["character"], column + 4);
        if chosen == "utf-16" {
            assert_eq!(with_edits(INGRESS, &edits), INGRESS.replace("120s", "120"));
        }
    }
}

#[test]
fn what_is_absent_is_shown_on_one_line_and_added_in_crlf() {
    let text = DEPLOYMENT.replace('\n', "\r\n");
    let folder = folder(&[("deployment.yaml", &text), ("service.yaml", SERVICE), ("ingress.yaml", INGRESS)]);
    let deployment = uri(folder.path(), "deployment.yaml");
    let mut editor = Editor::start(folder.path());
    let found = editor.open(&deployment, &text);
    assert_eq!((rules(&found), underlined(&text, &found[0]["range"])), (vec!["prestop-missing"], "name: shop"), "{found:#?}");
    assert_eq!(found[0]["severity"], 2);
    let fix = &editor.actions(&deployment, &found[0]["range"], None)[0];
    assert_eq!(fix["title"], "write lifecycle: {\"preStop\":{\"sleep\":{\"seconds\":10}}}");
    let mended = applied(&text, fix, &deployment, 1);
    let hook = "          lifecycle:\r\n            preStop:\r\n              sleep:\r\n                seconds: 10\r\n";
    assert_eq!(mended, format!("{text}{hook}"));
    assert_eq!(editor.change(&deployment, 2, &mended), [] as [Value; 0]);
}

#[test]
fn what_cannot_be_read_is_told_beside_what_can() {
    let text = format!("a: [1\n---\n{INGRESS}");
    let folder = folder(&[]);
    let ingress = uri(folder.path(), "new.yaml");
    let mut editor = Editor::start(folder.path());
    // The file is not on disk yet.
    let found = editor.open(&ingress, &text);
    assert_eq!(found.iter().filter(|own| own["code"] == "value-ignored").count(), 1, "{found:#?}");
    let note = found.iter().find(|own| own["code"] == "unreadable").unwrap();
    assert!(note["message"].as_str().unwrap().starts_with("could not be read, so it was not judged: "), "{note:#}");
    assert_eq!(note["severity"], 2);
    assert!(note["range"]["start"]["line"].as_u64().unwrap() <= 2, "{note:#}");
}

#[test]
fn a_part_that_only_reads_with_other_line_ends_is_underlined_all_the_same() {
    let text = "kind: Ingress\napiVersion: networking.k8s.io/v1\nmetadata: {name: shop, annotations: {\nnginx.ingress.kubernetes.io/proxy-read-timeout: 120s}}\nspec: {ingressClassName: nginx}\n";
    let folder = folder(&[("ingress.yaml", text)]);
    let ingress = uri(folder.path(), "ingress.yaml");
    let mut editor = Editor::start(folder.path());
    let found = editor.open(&ingress, text);
    let own = found.iter().find(|own| own["code"] == "value-ignored").unwrap_or_else(|| panic!("{found:#?}"));
    assert_eq!(underlined(text, &own["range"]), "120s}}");
    // It cannot be edited safely, so nothing is offered.
    assert_eq!(editor.actions(&ingress, &own["range"], None), [] as [Value; 0]);
}

#[test]
fn objects_of_a_list_and_of_json_are_mended_where_they_stand() {
    let ingress = |name: &str| {
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": name, "annotations": {"nginx.ingress.kubernetes.io/proxy-read-timeout": "120s"}},
            "spec": {"ingressClassName": "nginx"},
        })
    };
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [ingress("a"), ingress("b")]});
    let text = serde_json::to_string_pretty(&list).unwrap();
    let folder = folder(&[("list.json", &text)]);
    let list = uri(folder.path(), "list.json");
    let mut editor = Editor::start(folder.path());
    let found = editor.open(&list, &text);
    let found: Vec<&Value> = found.iter().filter(|own| own["code"] == "value-ignored").collect();
    assert_eq!(found.len(), 2);
    let mended = applied(&text, &editor.actions(&list, &found[1]["range"], None)[0], &list, 1);
    assert_eq!((mended.matches("\"120s\"").count(), mended.rfind("\"120\"") > mended.find("\"120s\"")), (1, true), "{mended}");
}

#[test]
fn options_are_those_of_check() {
    let text =
        INGRESS.replace("  ingressClassName: nginx\n", "").replace("    - host: shop.example.com\n      http", "    - http");
    let folder = folder(&[("ingress.yaml", &text)]);
    let found = |args: &[&str], options: &Value| -> Vec<(String, i64)> {
        let (mut editor, _) = Editor::open_folder(args, folder.path(), &json!({}), options);
        let found = editor.open(&uri(folder.path(), "ingress.yaml"), &text);
        let mut found: Vec<(String, i64)> =
            found.iter().map(|own| (own["code"].as_str().unwrap().to_owned(), own["severity"].as_i64().unwrap())).collect();
        found.sort();
        found
    };
    let checked = |args: &[&str]| -> Vec<(String, i64)> {
        let report = parsed(&run_in(folder.path(), &[&["check", "--format", "json"], args].concat()));
        let level = |own: &Value| if own["level"] == "error" { 1 } else { 2 };
        let all = report["findings"].as_array().unwrap().iter();
        let mut all: Vec<(String, i64)> = all.map(|own| (own["rule"].as_str().unwrap().to_owned(), level(own))).collect();
        all.sort();
        all
    };
    let mut seen = std::collections::BTreeSet::new();
    for args in [&[][..], &["--class", "nginx"], &["--class", "nginx", "--profile", "strict"], &["--complete"]] {
        let own = found(args, &Value::Null);
        assert_eq!(own, checked(args), "{args:?}");
        seen.insert(own);
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
    // An editor may ask for a profile, too.
    let strict = checked(&["--class", "nginx", "--profile", "strict"]);
    assert_eq!(found(&["--class", "nginx"], &json!({"profile": "strict"})), strict);
    assert_eq!(found(&["--class", "nginx", "--profile", "strict"], &json!({"profile": "nobody's"})), strict);
}

#[test]
fn a_file_outside_of_the_folders_and_names_with_odd_letters_are_read() {
    let folder = folder(&[("ingress.yaml", INGRESS)]);
    let odd = folder.path().join("größe & so%");
    std::fs::create_dir(&odd).unwrap();
    std::fs::write(odd.join("service.yaml"), SERVICE).unwrap();
    let encoded = folder.path().join("gr%C3%B6%C3%9Fe%20%26%20so%25");
    let mut editor = Editor::start(&encoded);
    // The Service beside it is found.
    let ingress = uri(&encoded, "ingress.yaml");
    let found = editor.open(&ingress, INGRESS);
    assert_eq!(rules(&found), ["value-ignored"], "{found:#?}");
    // An older version of a file, as editors show it beside the new one, is no file.
    let older = ingress.replace("file:", "git:");
    editor.tell(
        "textDocument/didOpen",
        json!({"textDocument": {"uri": older, "languageId": "yaml", "version": 1, "text": "a: ["}}),
    );
    assert_eq!(editor.change(&ingress, 2, &INGRESS.replace("120s", "120")), [] as [Value; 0]);
    // One from elsewhere is read with the others, which may be an alternative of it.
    let outside = uri(folder.path(), "ingress.yaml");
    let found = editor.open(&outside, INGRESS);
    assert!(rules(&found).contains(&"value-ignored"), "{found:#?}");
}
