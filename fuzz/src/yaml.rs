//! YAML: what is read can be found again where it was written.

use std::collections::BTreeMap;

use no502::object::escape;
use no502::object::yaml::{Part, Position, locate, read};
use serde_json::Value;

/// How many fields of one document are looked for: all of a small one, the first of a large one.
const FIELDS: usize = 300;

/// Reads a text, and looks for everything that was read.
///
/// # Panics
/// Where a promise is broken.
pub fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let (documents, unreadable) = read(text);
    for told in &unreadable {
        assert!(!told.reason.trim().is_empty(), "unreadable without a reason");
        assert!(stands_in(text, told.at), "{:?} is outside of the text: {}", told.at, told.reason);
    }
    assert!(documents.windows(2).all(|pair| pair[0].index < pair[1].index), "documents are numbered in order");
    for document in &documents {
        assert!(!document.value.is_null() && stands_in(text, document.start));
        assert!(document.duplicates.iter().all(|(at, _)| stands_in(text, *at)), "duplicates stand in the text");
        found_again(text, document.index, document.start, &document.value);
    }
}

fn found_again(text: &str, index: usize, start: Position, value: &Value) {
    let mut pointers = vec![String::new()];
    let mut parents = vec![usize::MAX];
    list(value, &mut pointers, &mut parents);
    let asked: Vec<(&str, Part)> = pointers.iter().map(|pointer| (pointer.as_str(), Part::Key)).collect();
    let keys = locate(text, index, &asked);
    let asked: Vec<(&str, Part)> = pointers.iter().map(|pointer| (pointer.as_str(), Part::Value)).collect();
    let values = locate(text, index, &asked);
    assert_eq!((keys.len(), values.len()), (pointers.len(), pointers.len()));
    assert_eq!(values.first().copied().flatten(), Some(start), "a document starts at its first key, item or scalar");
    // Whoever is not found stands where its parent does: so names of one mapping stand at places of their own.
    let mut taken: BTreeMap<(usize, Position), &str> = BTreeMap::new();
    for (((pointer, parent), key), value) in pointers.iter().zip(&parents).zip(&keys).zip(&values) {
        let (Some(key), Some(value)) = (key, value) else { panic!("{pointer:?} was read and is not found") };
        assert!(stands_in(text, *key) && stands_in(text, *value), "{pointer:?} stands outside of the text");
        // A name that JSON writes with half a surrogate pair is read as U+FFFD, and several may become one.
        if !pointer.contains('\u{fffd}') {
            let other = taken.insert((*parent, *key), pointer);
            assert_eq!(other, None, "{pointer:?} and its sibling stand at one place, {key:?}");
        }
    }
}

/// All pointers below the last one, each with the index of its parent.
fn list(value: &Value, pointers: &mut Vec<String>, parents: &mut Vec<usize>) {
    let here = pointers.len() - 1;
    let base = pointers[here].clone();
    let children: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (escape(name), field)).collect(),
        _ => Vec::new(),
    };
    for (token, child) in children {
        if pointers.len() == FIELDS {
            return;
        }
        pointers.push(format!("{base}/{token}"));
        parents.push(here);
        list(child, pointers, parents);
    }
}

/// Whether a text has such a line, and the line such a column; one behind the last character is the end. YAML ends the
/// last line whether or not something ends it: the end may be below it. It ends a line at a lone carriage return, too;
/// no editor writes those, and the column beside one is not promised.
pub fn stands_in(text: &str, at: Position) -> bool {
    let text = format!("{}\n", text.replace("\r\n", "\n"));
    let line = text.split(['\n', '\r']).nth(at.line.saturating_sub(1) as usize);
    let has_column = |line: &str| text.contains('\r') || at.column as usize <= line.chars().count() + 1;
    at.line > 0 && at.column > 0 && line.is_some_and(has_column)
}
