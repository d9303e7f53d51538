//! The folders and files of an editor: on disk, and as they are being edited.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gen_lsp_types::{
    DidChangeTextDocumentParams, TextDocumentContentChangeEvent, TextDocumentItem, Uri, WorkspaceFoldersChangeEvent,
};
use serde_json::Value;

use super::path_of;
use crate::collect::files::{Buffers, Input};
use crate::object::At;
use crate::report::uri;

/// What an editor has open.
pub(super) struct Workspace {
    folders: Vec<PathBuf>,
    files: BTreeMap<PathBuf, Open>,
    /// The texts of the open files.
    texts: Buffers,
}

/// An open file.
pub(super) struct Open {
    /// How the editor calls it.
    pub(super) uri: Uri,
    /// Which of its texts it is.
    pub(super) version: i32,
}

impl Workspace {
    /// The folders that an editor names when it starts.
    pub(super) fn new(params: &Value) -> Self {
        let folders = params.at(["workspaceFolders"]).as_array();
        let uris: Vec<&Value> = match folders {
            Some(folders) => folders.iter().map(|folder| folder.at(["uri"])).collect(),
            None => vec![params.at(["rootUri"])],
        };
        let folders = uris.into_iter().filter_map(|uri| path_of(&uri.as_str()?.into())).collect();
        Self { folders, files: BTreeMap::new(), texts: Buffers::new() }
    }

    pub(super) fn change_folders(&mut self, event: &WorkspaceFoldersChangeEvent) {
        let paths = |folders: &[gen_lsp_types::WorkspaceFolder]| -> Vec<PathBuf> {
            folders.iter().filter_map(|folder| path_of(&folder.uri)).collect()
        };
        let removed = paths(&event.removed);
        self.folders.retain(|folder| !removed.contains(folder));
        self.folders.extend(paths(&event.added));
    }

    pub(super) fn open(&mut self, item: TextDocumentItem) {
        if let Some(path) = path_of(&item.uri) {
            self.texts.insert(path.clone(), item.text);
            self.files.insert(path, Open { uri: item.uri, version: item.version });
        }
    }

    pub(super) fn change(&mut self, params: DidChangeTextDocumentParams) {
        let Some(path) = path_of(&params.text_document.text_document_identifier.uri) else { return };
        let Some(open) = self.files.get_mut(&path) else { return };
        open.version = params.text_document.version;
        // Only whole texts were asked for.
        if let Some(TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole)) =
            params.content_changes.into_iter().next_back()
        {
            self.texts.insert(path, whole.text);
        }
    }

    pub(super) fn close(&mut self, uri: &Uri) {
        if let Some(path) = path_of(uri) {
            self.files.remove(&path);
            self.texts.remove(&path);
        }
    }

    pub(super) fn open_files(&self) -> impl Iterator<Item = (&Path, &Open)> {
        self.files.iter().map(|(path, open)| (path.as_path(), open))
    }

    pub(super) fn open_file(&self, uri: &Uri) -> Option<(PathBuf, &Open)> {
        let path = path_of(uri)?;
        self.files.get(&path).map(|open| (path, open))
    }

    /// How the editor calls a file.
    pub(super) fn uri(&self, path: &str) -> Uri {
        self.files.get(Path::new(path)).map_or_else(|| uri(path).into(), |open| open.uri.clone())
    }

    /// Reads the folders, and what is open besides.
    pub(super) fn read(&self, namespace: Option<&str>) -> Input {
        let holds = |folder: &PathBuf, path: &Path| path != folder.as_path() && path.starts_with(folder);
        let is_within = |path: &Path| self.folders.iter().any(|folder| holds(folder, path));
        let folders = self.folders.iter().filter(|folder| !is_within(folder));
        // Of the files in a folder those are read that `check` would read.
        let others = self.files.keys().filter(|path| !is_within(path) || !path.exists());
        let mut paths: Vec<PathBuf> = folders.chain(others).cloned().collect();
        paths.sort_unstable();
        paths.dedup();
        Input::read_over(&paths, namespace, &self.texts)
    }
}
