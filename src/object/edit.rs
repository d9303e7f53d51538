//! Editing a manifest as text: the bytes of the change change, and no others.
//!
//! Comments, order, indentation, quotes and line ends stay as their author wrote them. Whatever comes of it is read again
//! before anybody gets it: a text that does not say exactly what it should is not given out.

mod lines;
mod write;

use serde_json::{Map, Value};

use self::lines::Lines;
use self::write::{Form, block, entries, flow, pretty, scalar};
use super::yaml::{Document, Locator, Place, read};

/// A new value of a field. What should hold the field has to be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Which document of the text.
    pub document: usize,
    /// The JSON pointer of the field in the document.
    pub pointer: String,
    /// What it should say.
    pub value: Value,
}

/// Why a text is left as it is.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Left {
    /// A part of it cannot be read, as in a template.
    #[error("a part of it cannot be read (line {0})")]
    Unreadable(u32),
    /// Other fields would change too.
    #[error("{0} shares its text with other fields, by an anchor or a merge")]
    Shared(String),
    /// It could only be read after its lines were moved.
    #[error("the lines within brackets or quotes are not indented, or a tab follows a colon")]
    Relaxed,
    /// No way is known to write the change there.
    #[error("{0} is written in a way that is not edited")]
    Unusual(String),
    /// The text that came of it says something else.
    #[error("no safe place for the change was found")]
    Otherwise,
}

/// New values of fields of one object, as one fix says them.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Which document of the text.
    pub document: usize,
    /// The JSON pointer of the object in the document.
    pub object: String,
    /// The JSON pointers of the fields in the object, with what they should say.
    pub fields: Vec<(String, Value)>,
}

/// Up to so many bytes are read again to prove offers one by one.
const PROOFS: usize = 1 << 20;

/// The text with these changes.
///
/// # Errors
///
/// Where the text is better left as it is.
pub fn edit(text: &str, changes: &[Change]) -> Result<String, Left> {
    let (documents, unreadable) = read(text);
    if let Some(part) = unreadable.first() {
        return Err(Left::Unreadable(part.at.line));
    }
    let mut wanted = documents.clone();
    for change in changes {
        let document = wanted.iter_mut().find(|document| document.index == change.document);
        let set = document.and_then(|document| set(&mut document.value, &change.pointer, &change.value));
        set.ok_or_else(|| Left::Unusual(change.pointer.clone()))?;
    }
    let mut editor = Editor::new(text);
    for (before, after) in documents.iter().zip(&wanted) {
        editor.document = before.index;
        editor.change("", &before.value, &after.value)?;
    }
    let edited = spliced(text, editor.splices)?;
    if says(&edited, &wanted) { Ok(edited) } else { Err(Left::Otherwise) }
}

/// What to write for each offer alone, in the order of the text; nothing where the text is better left as it is. The text is
/// read as often for many offers as for one, as long as they do not meet.
#[must_use]
pub fn offers(text: &str, offers: &[Offer]) -> Vec<Option<Vec<Splice>>> {
    let (documents, unreadable) = read(text);
    if !unreadable.is_empty() {
        return offers.iter().map(|_| None).collect();
    }
    let mut editor = Editor::new(text);
    let mut found: Vec<Option<Vec<Splice>>> = offers.iter().map(|offer| editor.offer(&documents, offer)).collect();
    let all: Vec<(&Offer, &Vec<Splice>)> =
        offers.iter().zip(&found).filter_map(|(offer, own)| Some((offer, own.as_ref()?))).collect();
    if !is_proven(text, &documents, &all) {
        let is_dear = text.len().saturating_mul(offers.len()) > PROOFS;
        for (offer, own) in offers.iter().zip(&mut found) {
            let holds = |splices: &Vec<Splice>| !is_dear && is_proven(text, &documents, &[(offer, splices)]);
            *own = own.take().filter(holds);
        }
    }
    found
}

/// Whether the text says what these offers say, once they are written.
fn is_proven(text: &str, documents: &[Document], offers: &[(&Offer, &Vec<Splice>)]) -> bool {
    let mut wanted = documents.to_vec();
    let mut splices = Vec::new();
    for (offer, own) in offers {
        let Some(document) = wanted.iter_mut().find(|document| document.index == offer.document) else { return false };
        let mut set = |(field, value): &(String, Value)| set(&mut document.value, &format!("{}{field}", offer.object), value);
        if !offer.fields.iter().all(|field| set(field).is_some()) {
            return false;
        }
        splices.extend(own.iter().cloned());
    }
    spliced(text, splices).is_ok_and(|edited| says(&edited, &wanted))
}

/// Whether a text reads as these documents, and holds no key twice that it did not hold twice before.
fn says(text: &str, wanted: &[Document]) -> bool {
    let (found, unreadable) = read(text);
    let is_same = |(found, wanted): (&Document, &Document)| {
        let names = |document: &Document| document.duplicates.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
        found.index == wanted.index && found.value == wanted.value && names(found) == names(wanted)
    };
    unreadable.is_empty() && found.len() == wanted.len() && found.iter().zip(wanted).all(is_same)
}

/// Gives a field a value.
fn set(document: &mut Value, pointer: &str, value: &Value) -> Option<()> {
    if let Some(present) = document.pointer_mut(pointer) {
        *present = value.clone();
        return Some(());
    }
    let (parent, token) = pointer.rsplit_once('/')?;
    let key = token.replace("~1", "/").replace("~0", "~");
    document.pointer_mut(parent)?.as_object_mut()?.insert(key, value.clone());
    Some(())
}

/// New text for a stretch of the old one, in bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Splice {
    /// Where it begins.
    pub start: usize,
    /// Where what follows begins.
    pub end: usize,
    /// What is to stand there.
    pub text: String,
}

/// Puts everything together.
fn spliced(text: &str, mut splices: Vec<Splice>) -> Result<String, Left> {
    splices.sort_by_key(|splice| splice.start);
    let mut out = String::with_capacity(text.len() + splices.iter().map(|splice| splice.text.len()).sum::<usize>());
    let mut done = 0;
    for splice in &splices {
        out.push_str(text.get(done..splice.start).ok_or(Left::Otherwise)?);
        out.push_str(&splice.text);
        done = splice.end;
    }
    out.push_str(text.get(done..).ok_or(Left::Otherwise)?);
    Ok(out)
}

struct Editor<'t> {
    text: &'t str,
    lines: Lines<'t>,
    locator: Locator<'t>,
    document: usize,
    splices: Vec<Splice>,
}

impl<'t> Editor<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, lines: Lines(text), locator: Locator::new(text), document: 0, splices: Vec::new() }
    }

    /// What to write for an offer, in the order of the text.
    fn offer(&mut self, documents: &[Document], offer: &Offer) -> Option<Vec<Splice>> {
        let document = documents.iter().find(|document| document.index == offer.document)?;
        let before = document.value.pointer(&offer.object)?;
        let mut after = before.clone();
        for (field, value) in &offer.fields {
            set(&mut after, field, value)?;
        }
        self.document = offer.document;
        let changed = self.change(&offer.object, before, &after);
        let mut splices = std::mem::take(&mut self.splices);
        splices.sort_by_key(|splice| splice.start);
        changed.ok().map(|()| splices)
    }

    /// Makes of one value the other. Values nest no deeper than what was read, so this may call itself.
    fn change(&mut self, pointer: &str, before: &Value, after: &Value) -> Result<(), Left> {
        let below = |key: &str| format!("{pointer}/{}", super::escape(key));
        match (before, after) {
            _ if before == after => Ok(()),
            (Value::Object(before), Value::Object(after)) => {
                if before.keys().any(|key| !after.contains_key(key)) {
                    return Err(Left::Unusual(pointer.to_owned()));
                }
                let mut added = Map::new();
                for (key, value) in after {
                    match before.get(key) {
                        Some(present) => self.change(&below(key), present, value)?,
                        None => drop(added.insert(key.clone(), value.clone())),
                    }
                }
                // What stands deeper comes first where both end on the same line.
                if added.is_empty() { Ok(()) } else { self.add(pointer, &added) }
            }
            (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
                let mut pairs = before.iter().zip(after).enumerate();
                pairs.try_for_each(|(index, (before, after))| self.change(&below(&index.to_string()), before, after))
            }
            (Value::Object(_) | Value::Array(_), _) => Err(Left::Unusual(pointer.to_owned())),
            _ => self.replace(pointer, before, after),
        }
    }

    /// The place of a field that may be edited.
    fn place(&mut self, pointer: &str) -> Result<Place, Left> {
        let place = self.locator.place(self.document, pointer).ok_or_else(|| Left::Unusual(pointer.to_owned()))?;
        if place.is_relaxed {
            Err(Left::Relaxed)
        } else if place.is_shared {
            Err(Left::Shared(pointer.to_owned()))
        } else {
            Ok(place)
        }
    }

    /// Adds fields to a mapping.
    fn add(&mut self, pointer: &str, fields: &Map<String, Value>) -> Result<(), Left> {
        let place = self.place(pointer)?;
        match place.inner {
            _ if place.is_flow => self.add_within_brackets(pointer, &place, fields),
            Some(_) => {
                let column = self.lines.column(place.value.start);
                let at = self.lines.end_of_block(place.value.end, column);
                self.insert_lines(at, |eol| block(fields, column, eol));
                Ok(())
            }
            None => Err(Left::Unusual(pointer.to_owned())),
        }
    }

    fn add_within_brackets(&mut self, pointer: &str, place: &Place, fields: &Map<String, Value>) -> Result<(), Left> {
        let close = place.value.end.saturating_sub(1);
        let written = place.value.of(self.text);
        if !(written.starts_with('{') && written.ends_with('}')) {
            return Err(Left::Unusual(pointer.to_owned()));
        }
        let Some(inner) = place.inner else {
            // A comment between the brackets stays there.
            let end = if written.contains('#') { place.value.start + 1 } else { close };
            self.splices.push(Splice { start: place.value.start + 1, end, text: entries(fields, self.form(place)) });
            return Ok(());
        };
        let form = Form::of(inner.of(self.text));
        let after = self.text.get(inner.end..close).unwrap_or_default();
        let lead = self.lines.indentation(inner.start).filter(|_| after.contains('\n'));
        let Some(lead) = lead else {
            self.insert(inner.end, format!("{}{}", form.comma(), entries(fields, form)));
            return Ok(());
        };
        let has_comma = after.trim_start().starts_with(',');
        if !has_comma {
            self.insert(inner.end, ",".to_owned());
        }
        let step = self.lines.indentation(close).and_then(|base| lead.strip_prefix(base)).filter(|step| !step.is_empty());
        let eol = self.lines.line_end(inner.end);
        let mut lines = pretty(fields, form, lead, step.unwrap_or("  "), eol);
        if has_comma {
            lines.push(',');
        }
        let at = self.lines.end_of_line(inner.end);
        self.insert(at, format!("{eol}{lead}{lines}"));
        Ok(())
    }

    /// Gives a scalar another value.
    fn replace(&mut self, pointer: &str, before: &Value, after: &Value) -> Result<(), Left> {
        let place = self.place(pointer)?;
        let written = place.value.of(self.text);
        let form = self.form(&place);
        // A tag says that it is nothing, so it cannot become something.
        if place.is_tagged && before.is_null() {
            return Err(Left::Unusual(pointer.to_owned()));
        }
        if !written.is_empty() {
            // The mark of a block may have a comment.
            let mark = written.lines().next().filter(|_| written.starts_with(['|', '>'])).unwrap_or_default();
            let comment = mark.trim_start_matches(|own: char| !own.is_whitespace());
            let text = format!("{}{comment}", scalar(written, after, form));
            self.splices.push(Splice { start: place.value.start, end: place.value.end, text });
            return Ok(());
        }
        let key = place.key.filter(|_| before.is_null()).ok_or_else(|| Left::Unusual(pointer.to_owned()))?;
        match after {
            Value::Object(fields) if !place.is_flow && !fields.is_empty() => {
                let column = self.lines.column(key.start) + write::STEP;
                self.insert_lines(self.lines.after_line(place.value.end), |eol| block(fields, column, eol));
            }
            _ => self.insert(place.value.end, format!(" {}", flow(after, form))),
        }
        Ok(())
    }

    /// How what stands at a place is written.
    fn form(&self, place: &Place) -> Form {
        place.key.filter(|_| place.is_flow).map_or(Form::Yaml, |key| Form::of(key.of(self.text)))
    }

    fn insert(&mut self, at: usize, text: String) {
        self.splices.push(Splice { start: at, end: at, text });
    }

    /// Inserts whole lines.
    fn insert_lines(&mut self, at: usize, text: impl FnOnce(&str) -> String) {
        let before = self.text.get(..at).unwrap_or_default();
        let is_dos = before.ends_with("\r\n") || (!before.ends_with('\n') && before.contains("\r\n"));
        let eol = if is_dos { "\r\n" } else { "\n" };
        let mut text = text(eol);
        // The last line of a file may lack its end, and goes on to.
        if at == self.text.len() && !self.text.ends_with('\n') {
            text.truncate(text.len() - eol.len());
            text.insert_str(0, eol);
        }
        self.insert(at, text);
    }
}

#[cfg(test)]
mod tests;
