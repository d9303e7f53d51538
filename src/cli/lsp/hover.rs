//! The page of the rule that says something of a place.

use std::collections::BTreeSet;

use gen_lsp_types::{Hover, HoverParams, MarkupContent, MarkupKind};
use lsp_server::ResponseError;
use serde_json::Value;

use super::{Server, answer_of, parsed};
use crate::report::{one_line, page};
use crate::rule::by_name;

impl Server<'_> {
    /// Answers where the pointer rests on a finding.
    pub(super) fn hover(&self, params: Value) -> Result<Value, ResponseError> {
        let HoverParams { text_document_position_params: asked, .. } = parsed(params)?;
        let Some((seen, file, _)) = self.seen(&asked.text_document.uri) else { return Ok(Value::Null) };
        let mut shown = seen.shown(&file);
        shown.retain(|own| own.range.start <= asked.position && asked.position <= own.range.end);
        let Some(range) = shown.first().map(|own| own.range) else { return Ok(Value::Null) };
        let mut told = BTreeSet::new();
        let parts = shown.iter().map(|own| {
            let finding = &own.spoken.finding;
            let said = format!("**{}**: {}\n\n{}", finding.rule, plain(&finding.message), plain(&finding.why));
            let page = by_name(finding.rule).filter(|_| told.insert(finding.rule)).map(|rule| page(rule.meta));
            page.map_or_else(|| said.clone(), |page| format!("{said}\n\n---\n\n{page}"))
        });
        let value = parts.collect::<Vec<_>>().join("\n\n---\n\n");
        answer_of(Hover { contents: MarkupContent { kind: MarkupKind::Markdown, value }.into(), range: Some(range) })
    }
}

/// A text in which names of manifests are no marks of Markdown.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        if "\\`*_[]<>#|~&".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
