//! An editor as a language server meets it: it speaks the protocol byte by byte, and applies edits as editors do.

#![expect(clippy::needless_pass_by_value, reason = "what is sent is written where it is sent")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// Nothing takes so long, even where ten tests run at once on one processor.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct Editor {
    server: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// What came while something else was waited for.
    kept: Vec<Value>,
    asked: i64,
}

impl Editor {
    /// Starts a server, and says nothing yet.
    pub(super) fn launch(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_no502"));
        command.arg("lsp").args(args).env_remove("NO502_POLICY");
        let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (input, mut output) = (server.stdin.take(), BufReader::new(server.stdout.take().unwrap()));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut header = String::new();
            while output.read_line(&mut header).is_ok_and(|read| read > 0) {
                let length = header.strip_prefix("Content-Length: ").and_then(|rest| rest.strip_suffix("\r\n")).unwrap();
                let mut body = vec![0; 2 + length.parse::<usize>().unwrap()];
                output.read_exact(&mut body).unwrap();
                let message: Value = serde_json::from_slice(body.strip_prefix(b"\r\n").unwrap()).unwrap();
                assert_eq!(message["jsonrpc"], "2.0", "{message}");
                let _ = sender.send(message);
                header.clear();
            }
        });
        Self { server, input, messages, kept: Vec::new(), asked: 0 }
    }

    /// Starts a server in a folder, with these capabilities; the answer tells its own.
    pub(super) fn open_folder(args: &[&str], folder: &Path, capabilities: &Value, options: &Value) -> (Self, Value) {
        let mut editor = Self::launch(args);
        let folders = json!([{"uri": uri(folder, ""), "name": "shop"}]);
        let params = json!({
            "processId": null, "rootUri": uri(folder, ""), "workspaceFolders": folders,
            "capabilities": capabilities, "initializationOptions": options,
        });
        let answer = editor.ask("initialize", params);
        editor.tell("initialized", json!({}));
        (editor, answer["result"].clone())
    }

    /// With what editors can do these days.
    pub(super) fn start(folder: &Path) -> Self {
        let capabilities = json!({
            "general": {"positionEncodings": ["utf-16"]},
            "workspace": {"workspaceEdit": {"documentChanges": true}},
            "textDocument": {"publishDiagnostics": {"relatedInformation": true}},
        });
        Self::open_folder(&[], folder, &capabilities, &Value::Null).0
    }

    /// Writes bytes that may be no message at all.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub(super) fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = "2.0".into();
        let body = message.to_string();
        self.write(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    pub(super) fn tell(&mut self, method: &str, params: Value) {
        self.send(json!({"method": method, "params": params}));
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(json!({"id": id, "method": method, "params": params}));
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    /// The first message that is meant.
    pub(super) fn wait(&mut self, is_meant: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(at) = self.kept.iter().position(&is_meant) {
                return self.kept.remove(at);
            }
            let next = self.messages.recv_timeout(PATIENCE);
            self.kept.push(next.unwrap_or_else(|error| panic!("{error}; so far {:#?}", self.kept)));
        }
    }

    pub(super) fn open(&mut self, uri: &str, text: &str) -> Vec<Value> {
        self.tell(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}}),
        );
        self.findings(uri, 1)
    }

    pub(super) fn change(&mut self, uri: &str, version: i64, text: &str) -> Vec<Value> {
        let document = json!({"uri": uri, "version": version});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": [{"text": text}]}));
        self.findings(uri, version)
    }

    /// What is said of that version of a file.
    pub(super) fn findings(&mut self, uri: &str, version: i64) -> Vec<Value> {
        let told = self.wait(|message| {
            let params = &message["params"];
            message["method"] == "textDocument/publishDiagnostics" && params["uri"] == uri && params["version"] == version
        });
        told["params"]["diagnostics"].as_array().unwrap().clone()
    }

    pub(super) fn actions(&mut self, uri: &str, range: &Value, only: Option<&str>) -> Vec<Value> {
        let mut context = json!({"diagnostics": []});
        if let Some(only) = only {
            context["only"] = json!([only]);
        }
        let answer =
            self.ask("textDocument/codeAction", json!({"textDocument": {"uri": uri}, "range": range, "context": context}));
        answer["result"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
    }

    /// Closes its end, and waits for the other: the exit code, and what stands on standard error.
    pub(super) fn leave(mut self) -> (i32, String) {
        drop(self.input.take());
        let mut said = String::new();
        self.server.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.server.wait().unwrap().code().unwrap(), said)
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

pub(super) fn uri(folder: &Path, name: &str) -> String {
    format!("file://{}", folder.join(name).display())
}

/// The rules that speak.
pub(super) fn rules(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|own| own["code"].as_str().unwrap()).collect()
}

/// What stands in a range, whose columns count pairs of bytes.
pub(super) fn underlined<'t>(text: &'t str, range: &Value) -> &'t str {
    &text[byte(text, &range["start"])..byte(text, &range["end"])]
}

fn byte(text: &str, position: &Value) -> usize {
    let number = |name: &str| usize::try_from(position[name].as_u64().unwrap()).unwrap();
    let start: usize = text.split_inclusive('\n').take(number("line")).map(str::len).sum();
    let mut left = number("character");
    let line = text[start..].chars().take_while(|c| {
        let is_before = left > 0;
        left = left.saturating_sub(c.len_utf16());
        is_before
    });
    start + line.map(char::len_utf8).sum::<usize>()
}

/// A text after the edit of an action, which is meant for that version of it.
pub(super) fn applied(text: &str, action: &Value, uri: &str, version: i64) -> String {
    let change = &action["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({"uri": uri, "version": version}), "{action:#}");
    with_edits(text, &change["edits"])
}

pub(super) fn with_edits(text: &str, edits: &Value) -> String {
    let mut edits: Vec<&Value> = edits.as_array().unwrap().iter().collect();
    edits.sort_by_key(|edit| byte(text, &edit["range"]["start"]));
    let mut text = text.to_owned();
    for edit in edits.iter().rev() {
        let range = &edit["range"];
        text.replace_range(byte(&text, &range["start"])..byte(&text, &range["end"]), edit["newText"].as_str().unwrap());
    }
    text
}
