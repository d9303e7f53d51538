//! Objects from files, folders and standard input. What cannot be read is said, and the rest goes on.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::object::yaml::{self, Position};
use crate::object::{At, Kind, Object, ObjectId};

/// A text that was read.
#[derive(Debug)]
pub struct SourceFile {
    /// How it is called in reports.
    pub name: String,
    /// Its whole text.
    pub text: String,
}

/// An object and where it stands.
#[derive(Debug)]
pub struct FileObject {
    /// The object.
    pub object: Object,
    /// Which file.
    pub file: usize,
    /// Which document of the file.
    pub document: usize,
    /// The JSON pointer of the object in the document: not empty in a `List`.
    pub prefix: String,
}

/// What could not be read, and why.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct InputNote {
    /// The file, as it is called in reports.
    pub file: String,
    /// Where in it.
    pub position: Position,
    /// What, and why.
    pub message: String,
}

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Input {
    /// The texts.
    pub files: Vec<SourceFile>,
    /// The objects of kinds that no502 reads.
    pub objects: Vec<FileObject>,
    /// What could not be read.
    pub notes: Vec<InputNote>,
    /// The places in `objects` of each identity, in their order.
    places: HashMap<ObjectId, Vec<usize>>,
}

impl Input {
    /// Reads files and folders; `-` is standard input. `namespace` is for objects that name none.
    #[must_use]
    pub fn read(paths: &[PathBuf], namespace: &str) -> Self {
        let mut input = Self::default();
        for path in paths {
            if path.as_os_str() == "-" {
                let mut bytes = Vec::new();
                match std::io::stdin().lock().read_to_end(&mut bytes) {
                    Ok(_) => input.add("<stdin>", bytes, namespace),
                    Err(error) => input.note("<stdin>", error.to_string()),
                }
                continue;
            }
            let mut found = Vec::new();
            if let Err(error) = walk(path, true, &mut found) {
                input.note(&path.display().to_string(), error.to_string());
            }
            for file in found {
                let name = file.display().to_string();
                match std::fs::read(&file) {
                    Ok(bytes) => input.add(&name, bytes, namespace),
                    Err(error) => input.note(&name, error.to_string()),
                }
            }
        }
        input
    }

    /// Reads one text.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>, namespace: &str) {
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
                let line =
                    u32::try_from(before.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX).saturating_add(1);
                let message = "is not UTF-8".to_owned();
                self.notes.push(InputNote { file: name.to_owned(), position: Position { line, column: 1 }, message });
                return;
            }
        };
        let (documents, unreadable) = yaml::read(&text);
        self.notes.extend(unreadable.into_iter().map(|part| InputNote {
            file: name.to_owned(),
            position: part.at,
            message: part.reason,
        }));
        let file = self.files.len();
        for document in documents {
            self.expand(document.value, file, document.index, String::new(), namespace);
        }
        self.files.push(SourceFile { name: name.to_owned(), text });
    }

    /// Keeps an object, or the objects of a list.
    fn expand(&mut self, mut value: Value, file: usize, document: usize, prefix: String, namespace: &str) {
        let is_list = value.at(["kind"]).as_str().is_some_and(|kind| kind.ends_with("List"));
        if let Some(items) = value.get_mut("items").and_then(Value::as_array_mut).filter(|_| is_list) {
            for (index, item) in std::mem::take(items).into_iter().enumerate() {
                self.expand(item, file, document, format!("{prefix}/items/{index}"), namespace);
            }
            return;
        }
        if let Some(object) = Object::new(value, namespace) {
            self.places.entry(object.id.clone()).or_default().push(self.objects.len());
            self.objects.push(FileObject { object, file, document, prefix });
        }
    }

    fn note(&mut self, file: &str, message: String) {
        self.notes.push(InputNote { file: file.to_owned(), position: Position { line: 1, column: 1 }, message });
    }

    /// The label of a Namespace in the input.
    #[must_use]
    pub fn namespace_label(&self, namespace: &str, label: &str) -> Option<&str> {
        let own = self.defined(&ObjectId::new(Kind::Namespace, "", namespace)).next();
        own?.object.raw.at(["metadata", "labels", label]).as_str()
    }

    /// The place in `objects` of the first object of an identity.
    #[must_use]
    pub fn first(&self, id: &ObjectId) -> Option<usize> {
        self.places.get(id)?.first().copied()
    }

    /// The objects of an identity: several where files hold alternatives.
    pub fn defined(&self, id: &ObjectId) -> impl Iterator<Item = &FileObject> {
        self.places.get(id).into_iter().flatten().filter_map(|place| self.objects.get(*place))
    }
}

/// The manifests below a path, sorted. A file that is named is read whatever its ending.
fn walk(path: &Path, is_named: bool, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        let is_manifest = path.extension().is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known));
        if is_named {
            std::fs::metadata(path)?;
        }
        if is_named || is_manifest {
            found.push(path.to_owned());
        }
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    entries.sort_unstable();
    for entry in entries {
        let is_hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        // A link to a folder may lead in a circle.
        let may_circle = entry.is_symlink() && entry.is_dir();
        if !is_hidden && !may_circle {
            walk(&entry, false, found)?;
        }
    }
    Ok(())
}
