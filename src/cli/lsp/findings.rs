//! What is found, as an editor shows it.

use std::path::Path;

use gen_lsp_types::{Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, Range};

use super::Seen;
use super::client::Client;
use super::place::Lines;
use super::workspace::Workspace;
use crate::collect::files::{FileObject, SourceFile};
use crate::engine::Spoken;
use crate::finding::Label;
use crate::object::yaml::Locator;
use crate::report::{entry_of, one_line, readable};
use crate::units::Level;

/// A finding, and where it is underlined.
pub(super) struct Shown<'s> {
    pub(super) spoken: &'s Spoken,
    /// The object that was judged.
    pub(super) entry: &'s FileObject,
    pub(super) range: Range,
}

/// A file of the input.
pub(super) struct File<'s> {
    pub(super) index: usize,
    pub(super) name: &'s str,
    pub(super) text: &'s str,
    pub(super) lines: Lines<'s>,
}

impl Seen {
    /// An open file, where it was read.
    pub(super) fn file(&self, path: &Path, client: &Client) -> Option<File<'_>> {
        let index = self.input.files.iter().position(|file| Path::new(&file.name) == path)?;
        let SourceFile { name, text, .. } = self.input.files.get(index)?;
        Some(File { index, name, text, lines: Lines::new(text, client.encoding) })
    }

    /// What is found in a file, from its beginning to its end.
    pub(super) fn shown(&self, file: &File<'_>) -> Vec<Shown<'_>> {
        let mut locator = Locator::new(file.text);
        let mut shown = Vec::new();
        for (index, outcome) in &self.judged {
            let Some(entry) = self.input.objects.get(*index) else { continue };
            for spoken in outcome.spoken.iter().filter(|spoken| !spoken.is_excepted()) {
                let label = &spoken.finding.primary;
                let is_own = label.object == entry.object.id;
                let at = if is_own { entry } else { entry_of(&label.object, entry.file, &self.input).unwrap_or(entry) };
                if at.file == file.index {
                    shown.push(Shown { spoken, entry, range: range(label, at, &file.lines, &mut locator) });
                }
            }
        }
        shown.sort_by_key(|own| (own.range.start, own.spoken.finding.rule));
        shown
    }

    /// All that is to be said of an open file.
    pub(super) fn diagnostics(&self, path: &Path, client: &Client, workspace: &Workspace) -> Vec<Diagnostic> {
        let Some(file) = self.file(path, client) else { return Vec::new() };
        let shown = self.shown(&file);
        let mut all: Vec<Diagnostic> = shown.iter().map(|own| self.diagnostic(own, client, workspace)).collect();
        let notes = self.input.notes.iter().filter(|note| Path::new(&note.file) == path);
        all.extend(notes.map(|note| Diagnostic {
            range: file.lines.rest_of_line(note.position),
            severity: Some(DiagnosticSeverity::Warning),
            code: Some("unreadable".to_owned().into()),
            source: Some("no502".to_owned()),
            message: format!("could not be read, so it was not judged: {}", one_line(&note.message)).into(),
            ..Diagnostic::default()
        }));
        all
    }

    /// A finding as an editor takes it.
    pub(super) fn diagnostic(&self, own: &Shown<'_>, client: &Client, workspace: &Workspace) -> Diagnostic {
        let finding = &own.spoken.finding;
        let severity = if own.spoken.level == Level::Error { DiagnosticSeverity::Error } else { DiagnosticSeverity::Warning };
        let mut message = format!("{}\nfix: {}", one_line(&finding.message), readable(&finding.help));
        if let Some(exception) = &own.spoken.exception {
            message = format!("{message}\nexception: {}", one_line(&exception.reason));
        }
        let related = finding.related.iter().filter(|_| client.relates);
        let related = related.filter_map(|(label, note)| self.related(label, note, own.entry.file, client, workspace));
        let related: Vec<DiagnosticRelatedInformation> = related.collect();
        Diagnostic {
            range: own.range,
            severity: Some(severity),
            code: Some(finding.rule.to_owned().into()),
            source: Some("no502".to_owned()),
            message: message.into(),
            related_information: (!related.is_empty()).then_some(related),
            ..Diagnostic::default()
        }
    }

    /// What a finding clashes with, where a file holds it.
    fn related(
        &self,
        label: &Label,
        note: &str,
        beside: usize,
        client: &Client,
        workspace: &Workspace,
    ) -> Option<DiagnosticRelatedInformation> {
        let at = entry_of(&label.object, beside, &self.input)?;
        let file = self.input.files.get(at.file)?;
        let lines = Lines::new(&file.text, client.encoding);
        let range = range(label, at, &lines, &mut Locator::new(&file.text));
        let message = format!("{}: {}", label.object, one_line(note));
        Some(DiagnosticRelatedInformation { location: Location { uri: workspace.uri(&file.name), range }, message })
    }
}

/// Where a part of an object is underlined.
fn range(label: &Label, at: &FileObject, lines: &Lines<'_>, locator: &mut Locator<'_>) -> Range {
    let pointer = format!("{}{}", at.prefix, label.address.pointer());
    let rest = |locator: &mut Locator<'_>| {
        let found = locator.locate(at.document, &[(&pointer, label.part)]).into_iter().next().flatten();
        found.map(|position| lines.rest_of_line(position)).unwrap_or_default()
    };
    let span = locator.span(at.document, &pointer, label.part);
    span.map_or_else(|| rest(locator), |span| lines.first_line(span))
}
