//! What an editor can do, as it says when it starts, and what it is told of no502.

use gen_lsp_types::{
    CodeActionKind, CodeActionOptions, DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern,
    InitializeResult, PositionEncodingKind, Registration, RegistrationParams, ServerCapabilities, ServerInfo,
    TextDocumentSyncKind, TextDocumentSyncOptions, WorkspaceFoldersServerCapabilities, WorkspaceOptions,
};
use lsp_server::Request;
use serde_json::Value;

use super::actions::FIX_ALL;
use super::place::Encoding;
use crate::object::At;

/// An editor.
pub(super) struct Client {
    /// In what it counts the columns of a line.
    pub(super) encoding: Encoding,
    /// Whether it shows places beside that of a finding.
    pub(super) relates: bool,
    /// Whether it compares versions before it edits.
    pub(super) compares_versions: bool,
    /// Whether it tells of changed files where it is asked to.
    watches: bool,
    /// The profile that it asks for.
    pub(super) profile: Option<String>,
}

impl Client {
    /// Reads what it says. What is not there, or is something else, cannot be done.
    pub(super) fn new(params: &Value) -> Self {
        let can = |path: [&str; 3]| params.at(["capabilities"]).at(path).as_bool() == Some(true);
        let encodings = params.at(["capabilities", "general", "positionEncodings"]).as_array();
        let takes_utf8 = encodings.is_some_and(|own| own.iter().any(|own| own.as_str() == Some("utf-8")));
        Self {
            encoding: if takes_utf8 { Encoding::Utf8 } else { Encoding::Utf16 },
            relates: can(["textDocument", "publishDiagnostics", "relatedInformation"]),
            compares_versions: can(["workspace", "workspaceEdit", "documentChanges"]),
            watches: can(["workspace", "didChangeWatchedFiles", "dynamicRegistration"]),
            profile: params.at(["initializationOptions", "profile"]).as_str().map(str::to_owned),
        }
    }

    /// What no502 can do for it.
    pub(super) fn capabilities(&self) -> InitializeResult {
        let encoding = match self.encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        };
        let sync = TextDocumentSyncOptions {
            open_close: Some(true),
            // Manifests are short, and everything is read anew in any case.
            change: Some(TextDocumentSyncKind::Full),
            save: Some(true.into()),
            ..TextDocumentSyncOptions::default()
        };
        let kinds = vec![CodeActionKind::QuickFix, CodeActionKind::new(FIX_ALL)];
        let actions = CodeActionOptions { code_action_kinds: Some(kinds), ..CodeActionOptions::default() };
        let folders = WorkspaceFoldersServerCapabilities { supported: Some(true), change_notifications: Some(true.into()) };
        let capabilities = ServerCapabilities {
            position_encoding: Some(encoding),
            text_document_sync: Some(sync.into()),
            hover_provider: Some(true.into()),
            code_action_provider: Some(actions.into()),
            workspace: Some(WorkspaceOptions { workspace_folders: Some(folders), ..WorkspaceOptions::default() }),
            ..ServerCapabilities::default()
        };
        let info = ServerInfo { name: "no502".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) };
        InitializeResult { capabilities, server_info: Some(info) }
    }

    /// What no502 asks of it: to tell of manifests that somebody else changes.
    pub(super) fn registration(&self) -> Option<Request> {
        let glob_pattern = GlobPattern::Pattern("**/*.{yaml,yml,json}".to_owned());
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: vec![FileSystemWatcher { glob_pattern, kind: None }] };
        let register_options = serde_json::to_value(options).ok();
        let method = "workspace/didChangeWatchedFiles".to_owned();
        let registrations = vec![Registration { id: "manifests".to_owned(), method, register_options }];
        let params = RegistrationParams { registrations };
        self.watches.then(|| Request::new("manifests".to_owned().into(), "client/registerCapability".to_owned(), params))
    }
}
