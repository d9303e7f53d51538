//! Objects from files, folders and standard input. What cannot be read is said, and the rest goes on.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memchr::memmem;
use serde_json::Value;

use super::helm::Templates;
use super::kustomize::{Ground, Kustomizations};
use super::parallel;
use super::sources::{Sources, tidy};
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
    /// The template that it comes from, where Helm wrote so above it.
    pub template: Option<Arc<str>>,
    /// Whether it is known in which namespace it will be: written, asked for, or said by a kustomization.
    pub is_placed: bool,
    /// Whether a kustomization changes it before it is applied.
    pub is_changed: bool,
}

/// What else is to be known of an input: nothing is wrong with it, but more could be found.
#[derive(Debug, Default)]
pub struct Hints {
    /// Folders of kustomizations of which something else comes than stands in the files that were read.
    pub kustomizations: Vec<PathBuf>,
    /// Folders of charts. Their templates were not read.
    pub charts: Vec<PathBuf>,
    /// Files with documents that kubectl drops, and where the first one begins.
    pub dropped: Vec<(String, Position)>,
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
    /// What else is to be known.
    pub hints: Hints,
    /// The places in `objects` of each identity, in their order.
    places: HashMap<ObjectId, Vec<usize>>,
}

impl Input {
    /// Reads files and folders; `-` is standard input. `namespace` is for objects that name none; where none is given, it is
    /// `default` for the time being.
    #[must_use]
    pub fn read(paths: &[PathBuf], namespace: Option<&str>) -> Self {
        Self::read_texts(paths, namespace, Texts::Whole)
    }

    /// The same, for who needs less of the texts than all.
    #[must_use]
    pub fn read_texts(paths: &[PathBuf], namespace: Option<&str>, kept: Texts) -> Self {
        Self::read_all(paths, namespace, kept, &Buffers::new())
    }

    /// The same where the texts of some files are others than the disk has.
    #[must_use]
    pub fn read_over(paths: &[PathBuf], namespace: Option<&str>, buffers: &Buffers) -> Self {
        Self::read_all(paths, namespace, Texts::Whole, buffers)
    }

    fn read_all(paths: &[PathBuf], namespace: Option<&str>, kept: Texts, buffers: &Buffers) -> Self {
        let mut input = Self::default();
        let mut sources = Sources::of(paths.len());
        for path in paths {
            if path.as_os_str() == "-" || buffers.contains_key(path) {
                sources.files.push(path.clone());
            } else if let Err(error) = sources.add(path) {
                input.note(&path.display().to_string(), error.to_string());
            }
        }
        sources.keep_once();
        let kustomizations = Kustomizations::read(&sources.files);
        input.hints.kustomizations = kustomizations.unlike(&sources.files);
        input.hints.charts = sources.charts;
        let (data, grounds, nowhere) = (kustomizations.data(), kustomizations.grounds(), Ground::default());
        sources.files.retain(|path| !data.contains(&*tidy(path)));
        let read = |path: &PathBuf| {
            let ground = grounds.get(&tidy(path)).unwrap_or(&nowhere);
            Text::read(path, &Reading { namespace, ground, kept }, buffers)
        };
        for text in parallel::each(&sources.files, || (), |(), path| read(path)) {
            input.keep(text);
        }
        input
    }

    /// Reads one text.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>, namespace: &str) {
        let how = Reading { namespace: Some(namespace), ground: &Ground::default(), kept: Texts::Whole };
        self.keep(Text::parse(name.to_owned(), None, bytes, &how));
    }

    /// Takes in what a text holds.
    fn keep(&mut self, text: Text) {
        self.notes.extend(text.notes);
        let Some(source) = text.source else { return };
        let file = self.files.len();
        self.hints.dropped.extend(text.dropped.map(|place| (source.name.clone(), place)));
        for object in text.objects {
            self.places.entry(object.object.id.clone()).or_default().push(self.objects.len());
            self.objects.push(FileObject { file, ..object });
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

/// How a text is read.
struct Reading<'r> {
    namespace: Option<&'r str>,
    ground: &'r Ground,
    kept: Texts,
}

/// What one text holds, before it has its place among the others.
#[derive(Default)]
struct Text {
    source: Option<SourceFile>,
    objects: Vec<FileObject>,
    notes: Vec<InputNote>,
    dropped: Option<Position>,
}

impl Text {
    fn read(path: &Path, how: &Reading<'_>, buffers: &Buffers) -> Self {
        let (name, path, bytes) = if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            (STDIN.to_owned(), None, std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
        } else if let Some(text) = buffers.get(path) {
            (path.display().to_string(), Some(path.to_owned()), Ok(text.clone().into_bytes()))
        } else {
            (path.display().to_string(), Some(path.to_owned()), std::fs::read(path))
        };
        match bytes {
            Ok(bytes) => Self::parse(name, path, bytes, how),
            Err(error) => Self::unreadable(&name, Position { line: 1, column: 1 }, error.to_string()),
        }
    }

    fn unreadable(file: &str, position: Position, message: String) -> Self {
        Self { notes: vec![InputNote { file: file.to_owned(), position, message }], ..Self::default() }
    }

    fn parse(name: String, path: Option<PathBuf>, bytes: Vec<u8>, how: &Reading<'_>) -> Self {
        let raw = (path.is_none() && how.kept == Texts::Whole).then(|| bytes.clone());
        let (mut text, encoding, fault) = yaml::decode(bytes);
        let raw = raw.filter(|_| fault.is_some());
        let (documents, unreadable) = yaml::read_kinds(&text, is_wanted);
        let note = |part: yaml::Unreadable| InputNote { file: name.clone(), position: part.at, message: part.reason };
        let notes = fault.into_iter().chain(unreadable).map(note).collect();
        let mut own = Self { notes, ..Self::default() };
        own.dropped = documents.iter().find(|document| document.is_dropped).map(|document| document.start);
        let templates = Templates::of(&text);
        // Directives of patches are rare, and this look is cheap.
        let may_patch = memmem::find(text.as_bytes(), b"$patch").is_some();
        for document in documents {
            if may_patch && is_patch(&document.value) {
                continue;
            }
            let template = templates.at(document.start.line).map(Arc::from);
            own.expand(document.value, &Document { index: document.index, template, how }, String::new());
        }
        if how.kept == Texts::Read {
            let is_shown = !own.objects.is_empty() || !own.notes.is_empty();
            text = if is_shown { yaml::without_kinds(&text, is_wanted).unwrap_or(text) } else { String::new() };
        }
        own.source = Some(SourceFile { name, path, text, encoding, raw });
        own
    }

    /// Keeps an object, or the objects of a list.
    fn expand(&mut self, mut value: Value, document: &Document<'_>, prefix: String) {
        let is_list = value.at(["kind"]).as_str().is_some_and(|kind| kind.ends_with("List"));
        if let Some(items) = value.get_mut("items").and_then(Value::as_array_mut).filter(|_| is_list) {
            for (index, item) in std::mem::take(items).into_iter().enumerate() {
                self.expand(item, document, format!("{prefix}/items/{index}"));
            }
            return;
        }
        let Reading { namespace, ground, .. } = document.how;
        let Some(mut object) = Object::new(value, namespace.unwrap_or("default")) else { return };
        if let Some(namespace) = &ground.namespace {
            place(&mut object, namespace);
        }
        let is_written = !object.id.kind.namespaced() || object.raw.at(["metadata", "namespace"]).is_string();
        self.objects.push(FileObject {
            file: 0,
            document: document.index,
            prefix,
            template: document.template.clone(),
            is_placed: is_written || namespace.is_some() || ground.namespace.is_some(),
            is_changed: ground.changes(&object),
            object,
        });
    }
}

/// A document whose objects are kept.
struct Document<'r> {
    index: usize,
    template: Option<Arc<str>>,
    how: &'r Reading<'r>,
}

/// Puts an object where a kustomization does, which renames the Namespace, too. What it says itself stays as it is written.
fn place(object: &mut Object, namespace: &str) {
    let id = &mut object.id;
    match id.kind {
        Kind::Namespace => id.name = namespace.into(),
        kind if kind.namespaced() => id.namespace = namespace.into(),
        _ => {}
    }
}

/// Whether a value holds a directive for whoever merges it into an object, so that it is none itself.
fn is_patch(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.contains_key("$patch") || fields.values().any(is_patch),
        Value::Array(items) => items.iter().any(is_patch),
        _ => false,
    }
}
