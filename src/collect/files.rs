//! Objects from files, folders and standard input. What cannot be read is said, and the rest goes on.

use std::collections::{HashMap, HashSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::parallel;
use crate::object::yaml::{self, Position};
use crate::object::{At, Kind, Object, ObjectId};

/// The kind that is not even parsed: most of the bytes of a repository are its schemas, which say nothing of requests.
const UNWANTED: &str = "CustomResourceDefinition";

/// How standard input is called in reports.
pub const STDIN: &str = "<stdin>";

/// Texts that somebody is editing, by the paths of their files.
pub type Buffers = HashMap<PathBuf, String>;

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
        Self::read_over(paths, namespace, &Buffers::new())
    }

    /// The same where the texts of some files are others than the disk has.
    #[must_use]
    pub fn read_over(paths: &[PathBuf], namespace: &str, buffers: &Buffers) -> Self {
        let mut input = Self::default();
        let mut sources: Vec<PathBuf> = Vec::new();
        for path in paths {
            if path.as_os_str() == "-" || buffers.contains_key(path) {
                sources.push(path.clone());
            } else if let Err(error) = walk(path, true, &mut sources) {
                input.note(&path.display().to_string(), error.to_string());
            }
        }
        // A folder and a file of it, or a file and a link to it: what is the same file is read once.
        let mut known = HashSet::new();
        sources.retain(|path| known.insert(std::fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
        for text in parallel::each(&sources, || (), |(), path| Text::read(path, namespace, buffers)) {
            input.keep(text);
        }
        input
    }

    /// Reads one text.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>, namespace: &str) {
        self.keep(Text::parse(name.to_owned(), bytes, namespace));
    }

    /// Takes in what a text holds.
    fn keep(&mut self, text: Text) {
        self.notes.extend(text.notes);
        let Some(source) = text.source else { return };
        let file = self.files.len();
        for Held { object, document, prefix } in text.objects {
            self.places.entry(object.id.clone()).or_default().push(self.objects.len());
            self.objects.push(FileObject { object, file, document, prefix });
        }
        self.files.push(source);
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

    /// The objects of an identity: several where files hold alternatives.
    pub fn defined(&self, id: &ObjectId) -> impl Iterator<Item = &FileObject> {
        self.places.get(id).into_iter().flatten().filter_map(|place| self.objects.get(*place))
    }
}

/// What one text holds, before it has its place among the others.
#[derive(Default)]
struct Text {
    source: Option<SourceFile>,
    objects: Vec<Held>,
    notes: Vec<InputNote>,
}

struct Held {
    object: Object,
    document: usize,
    prefix: String,
}

impl Text {
    fn read(path: &Path, namespace: &str, buffers: &Buffers) -> Self {
        let (name, bytes) = if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            (STDIN.to_owned(), std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
        } else if let Some(text) = buffers.get(path) {
            (path.display().to_string(), Ok(text.clone().into_bytes()))
        } else {
            (path.display().to_string(), std::fs::read(path))
        };
        match bytes {
            Ok(bytes) => Self::parse(name, bytes, namespace),
            Err(error) => Self::unreadable(&name, Position { line: 1, column: 1 }, error.to_string()),
        }
    }

    fn unreadable(file: &str, position: Position, message: String) -> Self {
        Self { notes: vec![InputNote { file: file.to_owned(), position, message }], ..Self::default() }
    }

    fn parse(name: String, bytes: Vec<u8>, namespace: &str) -> Self {
        let (text, _, fault) = yaml::decode(bytes);
        let (documents, unreadable) = yaml::read_kinds(&text, |kind| kind != UNWANTED);
        let note = |part: yaml::Unreadable| InputNote { file: name.clone(), position: part.at, message: part.reason };
        let notes = fault.into_iter().chain(unreadable).map(note).collect();
        let mut own = Self { source: None, objects: Vec::new(), notes };
        for document in documents {
            own.expand(document.value, document.index, String::new(), namespace);
        }
        // Of a text of which nothing is said nothing is shown; a pipe wants its own back.
        let is_kept = !(own.objects.is_empty() && own.notes.is_empty()) || name == STDIN;
        own.source = Some(SourceFile { name, text: if is_kept { text } else { String::new() } });
        own
    }

    /// Keeps an object, or the objects of a list.
    fn expand(&mut self, mut value: Value, document: usize, prefix: String, namespace: &str) {
        let is_list = value.at(["kind"]).as_str().is_some_and(|kind| kind.ends_with("List"));
        if let Some(items) = value.get_mut("items").and_then(Value::as_array_mut).filter(|_| is_list) {
            for (index, item) in std::mem::take(items).into_iter().enumerate() {
                self.expand(item, document, format!("{prefix}/items/{index}"), namespace);
            }
            return;
        }
        if let Some(object) = Object::new(value, namespace) {
            self.objects.push(Held { object, document, prefix });
        }
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
