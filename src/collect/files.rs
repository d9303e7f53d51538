//! Objects from files, folders and standard input. What cannot be read is said, and the rest goes on.

use std::collections::{HashMap, HashSet};
use std::fs::DirEntry;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::parallel;
use crate::object::yaml::{self, Encoding, Position};
use crate::object::{At, Kind, Object, ObjectId};

/// Whether documents of a kind are parsed. Most of the bytes of a repository are schemas, roles and the like, which say nothing of
/// requests.
fn is_wanted(kind: &str) -> bool {
    Kind::is_read(kind) || kind.ends_with("List")
}

/// What of the texts is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Texts {
    /// All, for who edits them.
    Whole,
    /// What places are shown in.
    Read,
}

/// How standard input is called in reports.
pub const STDIN: &str = "<stdin>";

/// Texts that somebody is editing, by the paths of their files.
pub type Buffers = HashMap<PathBuf, String>;

/// A text that was read.
#[derive(Debug)]
pub struct SourceFile {
    /// How it is called in reports.
    pub name: String,
    /// Where it was read from; nowhere in the file system where it is standard input.
    pub path: Option<PathBuf>,
    /// Its whole text.
    pub text: String,
    /// How the text is written.
    pub encoding: Encoding,
    /// What was read, where a text that stands in no file holds what is no character: nobody else has these bytes.
    raw: Option<Vec<u8>>,
}

impl SourceFile {
    /// What stands in it.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.raw.clone().unwrap_or_else(|| yaml::encode(&self.text, self.encoding))
    }
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
        Self::read_texts(paths, namespace, Texts::Whole)
    }

    /// The same, for who needs less of the texts than all.
    #[must_use]
    pub fn read_texts(paths: &[PathBuf], namespace: &str, kept: Texts) -> Self {
        Self::read_all(paths, namespace, kept, &Buffers::new())
    }

    /// The same where the texts of some files are others than the disk has.
    #[must_use]
    pub fn read_over(paths: &[PathBuf], namespace: &str, buffers: &Buffers) -> Self {
        Self::read_all(paths, namespace, Texts::Whole, buffers)
    }

    fn read_all(paths: &[PathBuf], namespace: &str, kept: Texts, buffers: &Buffers) -> Self {
        let mut input = Self::default();
        let mut sources = Sources { may_repeat: paths.len() > 1, ..Sources::default() };
        for path in paths {
            if path.as_os_str() == "-" || buffers.contains_key(path) {
                sources.paths.push(path.clone());
            } else if let Err(error) = sources.walk(path) {
                input.note(&path.display().to_string(), error.to_string());
            }
        }
        for text in parallel::each(&sources.once(), || (), |(), path| Text::read(path, namespace, kept, buffers)) {
            input.keep(text);
        }
        input
    }

    /// Reads one text.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>, namespace: &str) {
        self.keep(Text::parse(name.to_owned(), None, bytes, namespace, Texts::Whole));
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

    /// Forgets what objects say besides who they are: most of the memory, when only places in texts are shown from then on.
    pub fn forget_values(&mut self) {
        let part = self.objects.len().div_ceil(parallel::processors()).max(1);
        std::thread::scope(|scope| {
            for objects in self.objects.chunks_mut(part) {
                scope.spawn(|| objects.iter_mut().for_each(|entry| entry.object.raw = Value::Null));
            }
        });
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
    fn read(path: &Path, namespace: &str, kept: Texts, buffers: &Buffers) -> Self {
        let (name, path, bytes) = if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            (STDIN.to_owned(), None, std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
        } else if let Some(text) = buffers.get(path) {
            (path.display().to_string(), Some(path.to_owned()), Ok(text.clone().into_bytes()))
        } else {
            (path.display().to_string(), Some(path.to_owned()), std::fs::read(path))
        };
        match bytes {
            Ok(bytes) => Self::parse(name, path, bytes, namespace, kept),
            Err(error) => Self::unreadable(&name, Position { line: 1, column: 1 }, error.to_string()),
        }
    }

    fn unreadable(file: &str, position: Position, message: String) -> Self {
        Self { notes: vec![InputNote { file: file.to_owned(), position, message }], ..Self::default() }
    }

    fn parse(name: String, path: Option<PathBuf>, bytes: Vec<u8>, namespace: &str, kept: Texts) -> Self {
        let raw = (path.is_none() && kept == Texts::Whole).then(|| bytes.clone());
        let (mut text, encoding, fault) = yaml::decode(bytes);
        let raw = raw.filter(|_| fault.is_some());
        let (documents, unreadable) = yaml::read_kinds(&text, is_wanted);
        let note = |part: yaml::Unreadable| InputNote { file: name.clone(), position: part.at, message: part.reason };
        let notes = fault.into_iter().chain(unreadable).map(note).collect();
        let mut own = Self { source: None, objects: Vec::new(), notes };
        for document in documents {
            own.expand(document.value, document.index, String::new(), namespace);
        }
        if kept == Texts::Read {
            let is_shown = !own.objects.is_empty() || !own.notes.is_empty();
            text = if is_shown { yaml::without_kinds(&text, is_wanted).unwrap_or(text) } else { String::new() };
        }
        own.source = Some(SourceFile { name, path, text, encoding, raw });
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

/// The files that are to be read.
#[derive(Default)]
struct Sources {
    paths: Vec<PathBuf>,
    /// Whether one file may be among them twice: a folder and a file of it, or a file and a link to it.
    may_repeat: bool,
}

impl Sources {
    /// The manifests below a path, sorted. A file that is named is read whatever its ending.
    fn walk(&mut self, path: &Path) -> std::io::Result<()> {
        if std::fs::metadata(path)?.is_dir() {
            return self.walk_folder(path);
        }
        self.paths.push(path.to_owned());
        Ok(())
    }

    fn walk_folder(&mut self, folder: &Path) -> std::io::Result<()> {
        let mut entries: Vec<DirEntry> = std::fs::read_dir(folder)?.filter_map(Result::ok).collect();
        entries.retain(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
        entries.sort_by_cached_key(DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let kind = entry.file_type()?;
            let is_manifest = path.extension().is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known));
            if kind.is_dir() {
                self.walk_folder(&path)?;
            // A link to a folder may lead in a circle.
            } else if is_manifest && !(kind.is_symlink() && path.is_dir()) {
                self.may_repeat |= kind.is_symlink();
                self.paths.push(path);
            }
        }
        Ok(())
    }

    /// Each file once.
    fn once(mut self) -> Vec<PathBuf> {
        if self.may_repeat {
            let mut known = HashSet::new();
            self.paths.retain(|path| known.insert(std::fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
        }
        self.paths
    }
}
