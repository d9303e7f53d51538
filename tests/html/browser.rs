//! A headless Chromium that is steered through its debugging pipe: no port, no driver, no library.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Chromium, by the names under which it is packaged; `NO502_CHROMIUM` names another.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("NO502_CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name))).find(|file| file.is_file())
}

pub(crate) struct Browser {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    last: u64,
    events: Vec<Value>,
    _profile: tempfile::TempDir,
}

/// How a page is looked at.
#[derive(Clone, Copy)]
pub(crate) struct View {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) scheme: &'static str,
    pub(crate) has_script: bool,
}

pub(crate) struct Page<'b> {
    browser: &'b mut Browser,
    session: String,
    /// How long it took until the page was there and its script had run.
    pub(crate) loaded: Duration,
}

impl Browser {
    pub(crate) fn start(chromium: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        // The pipe is file descriptors 3 and 4, which only a shell gives away without unsafe code.
        let mut process = Command::new("sh")
            .arg("-c")
            .arg(
                "exec \"$0\" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --hide-scrollbars \
                 --remote-debugging-pipe --user-data-dir=\"$1\" about:blank 3<&0 4>&1 </dev/null >/dev/null 2>&1",
            )
            .arg(chromium)
            .arg(profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, commands, answers, last: 0, events: Vec::new(), _profile: profile }
    }

    pub(crate) fn open(&mut self, file: &Path, view: View) -> Page<'_> {
        let target = self.ask(None, "Target.createTarget", &json!({"url": "about:blank"}));
        let attached = self.ask(None, "Target.attachToTarget", &json!({"targetId": target["targetId"], "flatten": true}));
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        let mut page = Page { browser: self, session, loaded: Duration::ZERO };
        for domain in ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable"] {
            page.ask(domain, &json!({}));
        }
        page.ask(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": view.width, "height": view.height, "deviceScaleFactor": 1, "mobile": view.width < 600}),
        );
        page.ask("Emulation.setScriptExecutionDisabled", &json!({"value": !view.has_script}));
        let features = [("prefers-color-scheme", view.scheme), ("prefers-reduced-motion", "reduce")];
        let features = features.map(|(name, value)| json!({"name": name, "value": value}));
        page.ask("Emulation.setEmulatedMedia", &json!({"media": "", "features": features}));
        page.browser.events.clear();
        let started = Instant::now();
        page.ask("Page.navigate", &json!({"url": format!("file://{}", file.display())}));
        while !page.browser.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = page.browser.next();
            page.browser.events.push(event);
        }
        page.loaded = started.elapsed();
        page
    }

    fn ask(&mut self, session: Option<&str>, method: &str, parameters: &Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": parameters});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.commands.write_all(format!("{message}\0").as_bytes()).unwrap();
        self.commands.flush().unwrap();
        loop {
            let mut answer = self.next();
            if answer["id"] == self.last {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
            self.events.push(answer);
        }
    }

    fn next(&mut self) -> Value {
        let mut message = Vec::new();
        self.answers.read_until(0, &mut message).unwrap();
        assert_eq!(message.pop(), Some(0), "the browser has ended");
        serde_json::from_slice(&message).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.commands.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let _ = self.commands.flush();
        // It ends when it has heard.
        let _ = self.answers.read_to_end(&mut Vec::new());
        let _ = self.process.wait();
    }
}

impl Page<'_> {
    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.browser.ask(Some(&self.session), method, parameters)
    }

    /// The value of an expression, once it is there.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.ask("Runtime.evaluate", &parameters);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// What the page complained of, and what it tried to load beside itself.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        let mut complaints = Vec::new();
        for event in &self.browser.events {
            let parameters = &event["params"];
            match event["method"].as_str().unwrap_or_default() {
                "Log.entryAdded" => complaints.push(parameters["entry"]["text"].to_string()),
                "Runtime.exceptionThrown" => complaints.push(parameters["exceptionDetails"].to_string()),
                "Runtime.consoleAPICalled" => complaints.push(parameters["args"].to_string()),
                "Network.requestWillBeSent" if parameters["type"] != "Document" => {
                    let url = parameters["request"]["url"].as_str().unwrap_or_default();
                    complaints.extend((!url.starts_with("data:")).then(|| format!("loads {url}")));
                }
                _ => {}
            }
        }
        complaints
    }

    pub(crate) fn picture(&mut self, file: &Path) {
        let shot = self.ask("Page.captureScreenshot", &json!({"format": "png"}));
        let bytes = base64_of(shot["data"].as_str().unwrap());
        std::fs::write(file, bytes).unwrap();
    }
}

fn base64_of(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}
