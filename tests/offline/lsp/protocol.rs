//! The protocol itself: how it begins and ends, and what nobody should have sent.

use serde_json::{Value, json};

use super::editor::{Editor, rules, uri};
use super::{INGRESS, folder};

#[test]
fn who_says_goodbye_first_ends_with_0() {
    for (goodbye, code) in [(&["shutdown", "exit"][..], 0), (&["exit"], 1), (&["shutdown"], 1), (&[], 1)] {
        let folder = folder(&[]);
        let mut editor = Editor::start(folder.path());
        for word in goodbye {
            if *word == "shutdown" {
                let answer = editor.ask(word, Value::Null);
                assert_eq!((answer.get("result"), answer.get("error")), (Some(&Value::Null), None));
                let late = editor.ask("textDocument/hover", json!({}));
                assert_eq!(late["error"]["code"], -32600, "{late}");
            } else {
                editor.tell(word, Value::Null);
            }
        }
        assert_eq!(editor.leave(), (code, String::new()), "{goodbye:?}");
    }
    let mut early = Editor::launch(&["--stdio"]);
    early.tell("exit", Value::Null);
    assert_eq!(early.leave(), (1, String::new()));
    assert_eq!(Editor::launch(&[]).leave(), (1, String::new()));
}

#[test]
fn what_it_can_do_is_told_first() {
    let folder = folder(&[]);
    let mut early = Editor::launch(&[]);
    let answer = early.ask("textDocument/hover", json!({}));
    assert_eq!(answer["error"]["code"], -32002, "{answer}");
    let (_, answer) = Editor::open_folder(&[], folder.path(), &json!({}), &Value::Null);
    assert_eq!(
        answer,
        json!({
            "capabilities": {
                "positionEncoding": "utf-16",
                "textDocumentSync": {"openClose": true, "change": 1, "save": true},
                "hoverProvider": true,
                "codeActionProvider": {"codeActionKinds": ["quickfix", "source.fixAll.no502"]},
                "workspace": {"workspaceFolders": {"supported": true, "changeNotifications": true}},
            },
            "serverInfo": {"name": "no502", "version": env!("CARGO_PKG_VERSION")},
        })
    );
}

#[test]
fn changes_on_disk_are_asked_for_where_the_editor_tells_of_them() {
    let folder = folder(&[]);
    let capabilities = json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}});
    let (mut editor, _) = Editor::open_folder(&[], folder.path(), &capabilities, &Value::Null);
    let asked = editor.wait(|message| message["method"] == "client/registerCapability");
    let own = &asked["params"]["registrations"][0];
    assert_eq!(own["method"], "workspace/didChangeWatchedFiles");
    assert_eq!(own["registerOptions"]["watchers"], json!([{"globPattern": "**/*.{yaml,yml,json}"}]));
    editor.send(json!({"id": asked["id"], "result": null}));
    let ingress = uri(folder.path(), "ingress.yaml");
    assert!(rules(&editor.open(&ingress, INGRESS)).contains(&"value-ignored"));
}

#[test]
fn a_profile_that_is_not_there_is_told_to_the_editor_or_ends_the_server() {
    let folder = folder(&[]);
    let (mut editor, _) = Editor::open_folder(&[], folder.path(), &json!({}), &json!({"profile": "nobody's"}));
    let told = editor.wait(|message| message["method"] == "window/showMessage");
    assert_eq!(told["params"], json!({"type": 2, "message": "there is no profile nobody's; there are baseline, strict"}));
    let (code, said) = Editor::launch(&["--profile", "nobody's"]).leave();
    assert_eq!((code, said.as_str()), (2, "no502: there is no profile nobody's; there are baseline, strict\n"));
}

#[test]
fn folders_come_and_go() {
    let (here, there) = (
        folder(&[]),
        folder(&[("service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {ports: [{port: 81}]}\n")]),
    );
    let mut editor = Editor::start(here.path());
    let ingress = uri(there.path(), "ingress.yaml");
    let sees = |found: &[Value]| rules(found).contains(&"backend-port-missing");
    assert!(!sees(&editor.open(&ingress, INGRESS)));
    let folder = json!([{"uri": uri(there.path(), ""), "name": "there"}]);
    editor.tell("workspace/didChangeWorkspaceFolders", json!({"event": {"added": folder, "removed": []}}));
    assert!(sees(&editor.findings(&ingress, 1)));
    editor.tell("workspace/didChangeWorkspaceFolders", json!({"event": {"added": [], "removed": folder}}));
    assert!(!sees(&editor.findings(&ingress, 1)));
}

#[test]
fn what_makes_no_sense_harms_nobody() {
    let folder = folder(&[]);
    let ingress = uri(folder.path(), "ingress.yaml");
    let mut editor = Editor::start(folder.path());
    editor.open(&ingress, INGRESS);
    for (method, code) in [
        ("textDocument/hover", -32602),
        ("textDocument/codeAction", -32602),
        ("textDocument/rename", -32601),
        ("no502/unknown", -32601),
        ("initialize", -32601),
    ] {
        for params in
            [Value::Null, json!([]), json!(5), json!({"textDocument": 1}), json!({"position": {"line": -1, "character": 1e99}})]
        {
            let answer = editor.ask(method, params);
            assert_eq!(answer["error"]["code"], code, "{answer}");
        }
    }
    for method in ["didOpen", "didChange", "didClose", "didSave"].map(|own| format!("textDocument/{own}")) {
        for params in [Value::Null, json!("x"), json!({"textDocument": {"uri": 5}}), json!({"contentChanges": [{}]})] {
            editor.tell(&method, params);
        }
    }
    editor.tell("workspace/didChangeWorkspaceFolders", json!({"event": 1}));
    editor.tell("$/cancelRequest", json!({"id": {}}));
    editor.tell(
        "textDocument/didChange",
        json!({"textDocument": {"uri": "file:///never/opened", "version": 2}, "contentChanges": [{"text": "a"}]}),
    );
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": "%%%"}}));
    editor.send(json!({"id": "nobody asked", "result": 5}));
    let far = json!({"textDocument": {"uri": ingress}, "position": {"line": 4_000_000_000_u32, "character": 4_000_000_000_u32}});
    assert_eq!(editor.ask("textDocument/hover", far)["result"], Value::Null);
    assert!(rules(&editor.change(&ingress, 2, INGRESS)).contains(&"value-ignored"));
    let gone = editor.change(&ingress, 3, "\u{0}\u{feff}{[%&\n---\n\t- - :\n");
    assert!(!gone.is_empty() && rules(&gone).iter().all(|own| *own == "unreadable"), "{gone:#?}");
    assert!(editor.ask("shutdown", Value::Null)["error"].is_null());
    editor.tell("exit", Value::Null);
    let (code, said) = editor.leave();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("no502: textDocument/didOpen: "), "{said}");
}

#[test]
fn what_is_no_message_ends_the_server_with_a_word() {
    let folder = folder(&[]);
    for garbage in [
        &b"GET / HTTP/1.1\n\n"[..],
        b"Content-Length: 3\r\n\r\n{{{",
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: 2\r\n\r\n[]",
        b"\xff\xfe\r\n\r\n",
    ] {
        for mut editor in [Editor::launch(&[]), Editor::start(folder.path())] {
            editor.write(garbage);
            let (code, said) = editor.leave();
            assert_eq!(code, 1, "{said}");
            assert!(said.starts_with("no502: what the editor sent cannot be read: "), "{said}");
        }
    }
}
