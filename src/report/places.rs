//! Where things stand in the files of an input.

use std::collections::VecDeque;
use std::path::Path;

use crate::collect::files::{FileObject, Input};
use crate::finding::Label;
use crate::object::ObjectId;
use crate::object::yaml::{Locator, Part, Position};

/// How many files are held in mind that were looked into last.
const FILES: usize = 4;

/// Where things stand in the files of an input. Nearly always the next one stands in the same file.
pub(super) struct Places<'i> {
    pub(super) input: &'i Input,
    files: VecDeque<(usize, Locator<'i>)>,
}

impl<'i> Places<'i> {
    pub(super) fn new(input: &'i Input) -> Self {
        Self { input, files: VecDeque::with_capacity(FILES) }
    }

    pub(super) fn locate(&mut self, entry: &FileObject, pointers: &[(&str, Part)]) -> Vec<Option<Position>> {
        let Some(file) = self.input.files.get(entry.file) else { return Vec::new() };
        let known = self.files.iter().position(|(own, _)| *own == entry.file).and_then(|index| self.files.remove(index));
        self.files.truncate(FILES - 1);
        self.files.push_front(known.unwrap_or_else(|| (entry.file, Locator::new(&file.text))));
        self.files.front_mut().map(|(_, own)| own.locate(entry.document, pointers)).unwrap_or_default()
    }

    pub(super) fn position(&mut self, entry: &FileObject, label: &Label) -> Option<Position> {
        let (pointer, part) = place(label, &entry.prefix);
        self.locate(entry, &[(&pointer, part)]).into_iter().next().flatten()
    }
}

pub(super) fn place(label: &Label, prefix: &str) -> (String, Part) {
    (format!("{prefix}{}", label.address.pointer()), label.part)
}

/// An object of the input: of several alternatives the one in this file, else one in its folder, else the first.
#[must_use]
pub fn entry_of<'i>(id: &ObjectId, beside: usize, input: &'i Input) -> Option<&'i FileObject> {
    let folder = |file: usize| input.files.get(file).and_then(|file| Path::new(&file.name).parent());
    let is_far = |entry: &&FileObject| (entry.file != beside, folder(entry.file) != folder(beside));
    input.defined(id).min_by_key(is_far)
}
