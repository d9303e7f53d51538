//! What may be done about findings: their fixes, and exceptions.

use gen_lsp_types::{
    CodeAction, CodeActionKind, DocumentChange, OptionalVersionedTextDocumentIdentifier, Range, TextDocumentEdit,
    TextDocumentIdentifier, TextEdit, WorkspaceEdit,
};
use jiff::ToSpan as _;
use jiff::civil::Date;
use json_patch::PatchOperation;
use lsp_server::{ErrorCode, ResponseError};
use serde::Deserialize;
use serde_json::Value;

use super::edits::edits;
use super::findings::{File, Shown};
use super::workspace::Open;
use super::{Seen, Server, answer_of, fault, parsed};
use crate::cli::CliError;
use crate::cli::fix::{self, changes};
use crate::cli::judge::Judge;
use crate::collect::files::FileObject;
use crate::engine::patch::Patch;
use crate::finding::{Fix, FixKind};
use crate::model::Write;
use crate::object::edit::edit;
use crate::object::{Address, Object};

/// The kind of the action that writes what `check --fix` would write.
pub(super) const FIX_ALL: &str = "source.fixAll.no502";
/// The kind of the others.
const QUICK_FIX: &str = "quickfix";
/// How long an exception lasts, unless its author says otherwise.
const MONTHS: i32 = 3;

/// What an editor asks. What other servers found there is of no interest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    text_document: TextDocumentIdentifier,
    range: Range,
    #[serde(default)]
    context: Context,
}

#[derive(Default, Deserialize)]
struct Context {
    only: Option<Vec<String>>,
}

impl Context {
    /// Whether actions of a kind are wanted: it, or one that it is a part of, is named.
    fn names(&self, kind: &str) -> bool {
        let within =
            |only: &String| kind.strip_prefix(only.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.only.as_ref().is_some_and(|only| only.iter().any(|only| only.is_empty() || within(only)))
    }
}

impl Server<'_> {
    pub(super) fn actions(&self, params: Value) -> Result<Value, ResponseError> {
        let asked: Asked = parsed(params)?;
        let Some((seen, file, open)) = self.seen(&asked.text_document.uri) else { return Ok(Value::Array(Vec::new())) };
        let mut actions = Vec::new();
        if asked.context.only.is_none() || asked.context.names(QUICK_FIX) {
            let touches = |own: &&Shown<'_>| own.range.start <= asked.range.end && asked.range.start <= own.range.end;
            for own in seen.shown(&file).iter().filter(touches) {
                actions.extend(self.quick_fixes(own, &file, open, seen));
            }
        }
        // Many fixes at once are only for who asks for that.
        if asked.context.names(FIX_ALL) {
            actions.extend(self.fix_all(&file, open)?);
        }
        answer_of(actions)
    }

    /// What may be done about one finding.
    fn quick_fixes(&self, own: &Shown<'_>, file: &File<'_>, open: &Open, seen: &Seen) -> Vec<CodeAction> {
        let finding = &own.spoken.finding;
        let accept = allow(&own.entry.object, finding.rule, self.judge().today);
        let fixes = [(finding.fix.as_ref(), true), (Some(&accept), false)];
        let action = |(fix, is_preferred): (Option<&Fix>, bool)| {
            let entry = Some(own.entry).filter(|entry| entry.file == file.index)?;
            let patch = Patch::build(&entry.object.raw, [(finding.rule, fix?)])?;
            let title = if is_preferred { words(&patch) } else { format!("accept {} for a reason, until a day", finding.rule) };
            Some(CodeAction {
                title,
                kind: Some(CodeActionKind::QuickFix),
                diagnostics: Some(vec![seen.diagnostic(own, &self.client, &self.workspace)]),
                is_preferred: Some(is_preferred),
                edit: Some(self.edit(open, rewritten(entry, &patch, file)?)),
                ..CodeAction::default()
            })
        };
        fixes.into_iter().filter_map(action).collect()
    }

    /// What `check --fix` would write into the file.
    fn fix_all(&self, file: &File<'_>, open: &Open) -> Result<Option<CodeAction>, ResponseError> {
        let failed = |error: CliError| fault(ErrorCode::RequestFailed, error.to_string());
        let judge = Judge { mends: true, ..self.judge() };
        let Seen { mut input, judged } = self.look(&judge).map_err(failed)?;
        let Some(index) = input.files.iter().position(|own| own.name == file.name) else { return Ok(None) };
        fix::run_in_file(index, &mut input, judged, &judge).map_err(failed)?;
        let new = input.files.get(index).map_or(file.text, |file| &*file.text);
        let edits = edits(file.text, new, &file.lines);
        Ok((!edits.is_empty()).then(|| CodeAction {
            title: "write what no502 check --fix writes".to_owned(),
            kind: Some(CodeActionKind::new(FIX_ALL)),
            edit: Some(self.edit(open, edits)),
            ..CodeAction::default()
        }))
    }

    /// Edits of a file as the editor had it when it asked.
    fn edit(&self, open: &Open, edits: Vec<TextEdit>) -> WorkspaceEdit {
        if !self.client.compares_versions {
            return WorkspaceEdit { changes: Some([(open.uri.clone(), edits)].into()), ..WorkspaceEdit::default() };
        }
        let identifier = TextDocumentIdentifier { uri: open.uri.clone() };
        let text_document =
            OptionalVersionedTextDocumentIdentifier { version: Some(open.version), text_document_identifier: identifier };
        let change = TextDocumentEdit { text_document, edits: edits.into_iter().map(Into::into).collect() };
        WorkspaceEdit { document_changes: Some(vec![DocumentChange::TextDocumentEdit(change)]), ..WorkspaceEdit::default() }
    }
}

/// A patch as edits of the text; none where the text is better left as it is.
fn rewritten(entry: &FileObject, patch: &Patch, file: &File<'_>) -> Option<Vec<TextEdit>> {
    let new = edit(file.text, &changes(entry, patch)).ok()?;
    Some(edits(file.text, &new, &file.lines))
}

/// What a patch writes, in a few words.
fn words(patch: &Patch) -> String {
    let write = |operation: &PatchOperation| {
        let (path, value) = match operation {
            PatchOperation::Add(add) => (&add.path, &add.value),
            PatchOperation::Replace(replace) => (&replace.path, &replace.value),
            _ => return None,
        };
        Some(format!("{}: {value}", path.last()?.decoded()))
    };
    let writes: Vec<String> = patch.operations.0.iter().filter_map(write).collect();
    format!("write {}", writes.join(" and "))
}

/// An exception that waits for its reason: until there is one it does not hold.
fn allow(object: &Object, rule: &str, today: Date) -> Fix {
    let said = |key: &str| object.annotation(key).map(str::trim).filter(|text| !text.is_empty());
    let rules = match said("no502.dev/allow") {
        Some(others) if others.split(',').any(|other| other.trim() == rule) => others.to_owned(),
        Some(others) => format!("{others},{rule}"),
        None => rule.to_owned(),
    };
    let until = today.saturating_add(MONTHS.months()).to_string();
    let mut writes = vec![("no502.dev/allow", rules)];
    writes.extend(said("no502.dev/allow-reason").is_none().then(|| ("no502.dev/allow-reason", String::new())));
    writes.extend(said("no502.dev/allow-until").is_none().then_some(("no502.dev/allow-until", until)));
    let write = |(key, value): (&str, String)| Write { address: Address::Annotation(key.into()), value: value.into() };
    Fix { kind: FixKind::Rewrite, writes: writes.into_iter().map(write).collect() }
}
