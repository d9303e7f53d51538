//! `no502 lsp`: what `check` finds, in an editor, spoken over standard input and output.
//!
//! Whatever changes, everything is judged anew: the folders as they are on disk, the open texts as they are in the editor.

mod actions;
mod client;
mod edits;
mod findings;
mod hover;
mod place;
mod workspace;

use std::io::{self, Write as _};
use std::time::Duration;

use gen_lsp_types::{
    DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    MessageType, PublishDiagnosticsParams, ShowMessageParams, Uri,
};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response, ResponseError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::judge::{Judge, Judged, knows_profile, name_class, say_panics};
use super::{CliError, Common};
use crate::collect::files::Input;
use crate::engine::Plan;
use client::Client;
use findings::File;
use workspace::{Open, Workspace};

/// Arguments of `no502 lsp`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folders of the editor hold everything: what is missing does not exist
    #[arg(long)]
    complete: bool,
    /// The namespace of objects that name none; where it is not said, they may be meant for any
    #[arg(long, value_name = "NS")]
    namespace: Option<String>,
    /// The ingress class of Ingresses that name none
    #[arg(long, value_name = "NAME")]
    class: Option<String>,
    /// Editors say so; there is no other way
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Nothing is judged before the editor was silent for so long: what comes at once is judged at once.
const SILENCE: Duration = Duration::from_millis(20);

const PUBLISH: &str = "textDocument/publishDiagnostics";

pub(super) fn run(args: &Args, common: &Common) -> Result<u8, CliError> {
    let plan = common.plan()?;
    knows_profile(&plan, common.profile.as_deref())?;
    let (connection, threads) = Connection::stdio();
    let code = serve(&connection, args, &plan, common.profile.as_deref())?;
    drop(connection);
    threads.join().map_err(|error| CliError::Failed(format!("what the editor sent cannot be read: {error}")))?;
    Ok(code)
}

/// Speaks with an editor until it has enough. The exit code is that of the protocol: 0 where it said so before.
fn serve(connection: &Connection, args: &Args, plan: &Plan, profile: Option<&str>) -> Result<u8, CliError> {
    let Ok((id, params)) = connection.initialize_start() else { return Ok(1) };
    let client = Client::new(&params);
    let wanted = client.profile.clone();
    let unknown = knows_profile(plan, wanted.as_deref()).err();
    let profile = wanted.as_deref().filter(|_| unknown.is_none()).or(profile);
    let workspace = Workspace::new(&params);
    let mut server = Server { connection, args, plan, profile, client, workspace, seen: None, is_leaving: false };
    server.send(Response::new_ok(id, server.client.capabilities()))?;
    if let Some(error) = unknown {
        server.notify("window/showMessage", ShowMessageParams { kind: MessageType::Warning, message: error.to_string() })?;
    }
    while let Ok(message) = connection.receiver.recv() {
        let mut next = Some(message);
        while let Some(message) = next {
            if let Some(code) = server.take(message)? {
                return Ok(code);
            }
            next = connection.receiver.recv_timeout(SILENCE).ok();
        }
        server.refresh()?;
    }
    Ok(1)
}

/// What was judged, and what came of it.
struct Seen {
    input: Input,
    judged: Judged,
}

struct Server<'s> {
    connection: &'s Connection,
    args: &'s Args,
    plan: &'s Plan,
    profile: Option<&'s str>,
    client: Client,
    workspace: Workspace,
    /// None where something has changed since.
    seen: Option<Seen>,
    /// Whether the editor said that it is about to leave.
    is_leaving: bool,
}

impl Server<'_> {
    /// Takes a message; the exit code, where it is the last one.
    fn take(&mut self, message: Message) -> Result<Option<u8>, CliError> {
        match message {
            Message::Request(request) => self.answer(request)?,
            Message::Notification(own) if own.method == "exit" => return Ok(Some(u8::from(!self.is_leaving))),
            Message::Notification(own) => match self.hear(&own.method, own.params) {
                Ok(reply) => reply.into_iter().try_for_each(|own| self.send(own))?,
                Err(fault) => drop(writeln!(io::stderr(), "no502: {}: {}", own.method, fault.message)),
            },
            Message::Response(_) => {}
        }
        Ok(None)
    }

    fn answer(&mut self, request: Request) -> Result<(), CliError> {
        let Request { id, method, params } = request;
        if method.starts_with("textDocument/") {
            // It is asked of the texts as they are by now.
            self.refresh()?;
        }
        let response_result = if self.is_leaving {
            Err(fault(ErrorCode::InvalidRequest, "the server is shutting down"))
        } else {
            match &*method {
                "shutdown" => {
                    self.is_leaving = true;
                    Ok(Value::Null)
                }
                "textDocument/hover" => self.hover(params),
                "textDocument/codeAction" => self.actions(params),
                _ => Err(fault(ErrorCode::MethodNotFound, format!("{method} is not known"))),
            }
        };
        self.send(Response { id, response_result })
    }

    /// Takes a notification, which may want something said at once. Whatever changes makes what was seen stale.
    fn hear(&mut self, method: &str, params: Value) -> Result<Option<Message>, ResponseError> {
        let mut reply = None;
        match method {
            "initialized" => reply = self.client.registration().map(Message::from),
            "textDocument/didOpen" => self.workspace.open(parsed::<DidOpenTextDocumentParams>(params)?.text_document),
            "textDocument/didChange" => self.workspace.change(parsed::<DidChangeTextDocumentParams>(params)?),
            "textDocument/didClose" => {
                let DidCloseTextDocumentParams { text_document } = parsed(params)?;
                self.workspace.close(&text_document.uri);
                let nothing = PublishDiagnosticsParams { uri: text_document.uri, version: None, diagnostics: Vec::new() };
                reply = Some(Notification::new(PUBLISH.to_owned(), nothing).into());
            }
            "workspace/didChangeWorkspaceFolders" => {
                self.workspace.change_folders(&parsed::<DidChangeWorkspaceFoldersParams>(params)?.event);
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => {}
            _ => return Ok(None),
        }
        self.seen = None;
        Ok(reply)
    }

    /// Judges what has changed, and tells what is found in the open files.
    fn refresh(&mut self) -> Result<(), CliError> {
        if self.seen.is_some() || self.workspace.open_files().next().is_none() {
            return Ok(());
        }
        let seen = self.look(&self.judge())?;
        say_panics(&seen.input, &seen.judged);
        for (path, open) in self.workspace.open_files() {
            let diagnostics = seen.diagnostics(path, &self.client, &self.workspace);
            let params = PublishDiagnosticsParams { uri: open.uri.clone(), version: Some(open.version), diagnostics };
            self.notify(PUBLISH, params)?;
        }
        self.seen = Some(seen);
        Ok(())
    }

    /// Reads and judges everything.
    fn look(&self, judge: &Judge<'_>) -> Result<Seen, CliError> {
        let mut input = self.workspace.read(self.args.namespace.as_deref());
        if let Some(class) = &self.args.class {
            name_class(&mut input, class);
        }
        let judged = judge.judge(&input, &judge.folders(&input))?;
        Ok(Seen { input, judged })
    }

    fn judge(&self) -> Judge<'_> {
        Judge::new(self.plan, self.profile, &[], self.args.complete)
    }

    /// An open file as it was judged, and what was found in it and elsewhere.
    fn seen(&self, uri: &Uri) -> Option<(&Seen, File<'_>, &Open)> {
        let (path, open) = self.workspace.open_file(uri)?;
        let seen = self.seen.as_ref()?;
        Some((seen, seen.file(&path, &self.client)?, open))
    }

    fn notify(&self, method: &str, params: impl Serialize) -> Result<(), CliError> {
        self.send(Notification::new(method.to_owned(), params))
    }

    fn send(&self, message: impl Into<Message>) -> Result<(), CliError> {
        // The editor went away without a word.
        self.connection.sender.send(message.into()).map_err(|_| CliError::Output(io::ErrorKind::BrokenPipe.into()))
    }
}

fn fault(code: ErrorCode, message: impl Into<String>) -> ResponseError {
    ResponseError { code: code as i32, message: message.into(), data: None }
}

fn parsed<T: DeserializeOwned>(params: Value) -> Result<T, ResponseError> {
    serde_json::from_value(params).map_err(|error| fault(ErrorCode::InvalidParams, error.to_string()))
}

fn answer_of(result: impl Serialize) -> Result<Value, ResponseError> {
    serde_json::to_value(result).map_err(|error| fault(ErrorCode::InternalError, error.to_string()))
}

/// The file that a URI names; none where it names something else, such as an older version of it.
fn path_of(uri: &Uri) -> Option<std::path::PathBuf> {
    let path = uri.as_ref().strip_prefix("file://")?;
    let path = path.get(path.find('/')?..)?;
    percent_encoding::percent_decode_str(path).decode_utf8().ok().map(|path| path.into_owned().into())
}
