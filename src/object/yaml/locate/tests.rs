//! Places in texts of every style.

use super::*;

/// Lines and columns of the values of a document's fields.
fn values(text: &str, pointers: &[&str]) -> Vec<(u32, u32)> {
    places(text, pointers, Part::Value)
}

fn keys(text: &str, pointers: &[&str]) -> Vec<(u32, u32)> {
    places(text, pointers, Part::Key)
}

fn places(text: &str, pointers: &[&str], part: Part) -> Vec<(u32, u32)> {
    let pointers: Vec<_> = pointers.iter().map(|pointer| (*pointer, part)).collect();
    let found = locate(text, 0, &pointers);
    found.into_iter().map(|at| at.map_or((0, 0), |at| (at.line, at.column))).collect()
}

const BLOCK: &str = "# head\nkind: Pod\nspec:\n  list:\n  - name: a # é\n    port: 80\n  -   b\n  empty:\n  a/b~c: x\n";

#[test]
fn values_and_keys() {
    let pointers = ["/kind", "/spec", "/spec/list", "/spec/list/0", "/spec/list/0/port", "/spec/list/1", "/spec/a~1b~0c", ""];
    let expected = [(2, 7), (4, 3), (5, 5), (5, 5), (6, 11), (7, 7), (9, 10), (2, 1)];
    assert_eq!(values(BLOCK, &pointers), expected);
    let expected = [(2, 1), (3, 1), (4, 3), (5, 5), (6, 5), (7, 7), (9, 3), (2, 1)];
    assert_eq!(keys(BLOCK, &pointers), expected);
}

#[test]
fn absent_fields_get_the_name_of_their_nearest_ancestor() {
    let pointers = ["/spec/nope", "/spec/nope/x/y", "/spec/list/7", "/spec/list/0/z", "/kind/x", "/nope", "spec"];
    let expected = [(3, 1), (3, 1), (4, 3), (5, 5), (2, 1), (2, 1), (2, 1)];
    assert_eq!(values(BLOCK, &pointers), expected);
    assert_eq!(keys(BLOCK, &pointers), expected);
}

#[test]
fn fields_without_a_value_stand_at_their_key() {
    assert_eq!(values(BLOCK, &["/spec/empty"]), [(8, 3)]);
    assert_eq!(values("a:\n  -\n\n  - b\n", &["/a/0", "/a/1"]), [(2, 3), (4, 5)]);
}

#[test]
fn flow_style() {
    let text = "a: {b: [1, {c: 2}], d: {}}\ne: []\nf: &x !!map { g: 1 }\nh: { # {\n i: [ 1 ]}\n";
    let pointers = ["/a", "/a/b", "/a/b/0", "/a/b/1", "/a/b/1/c", "/a/d", "/e", "/e/0", "/f", "/h", "/h/i"];
    let expected = [(1, 4), (1, 8), (1, 9), (1, 12), (1, 16), (1, 24), (2, 4), (2, 1), (3, 13), (4, 4), (5, 5)];
    assert_eq!(values(text, &pointers), expected);
}

#[test]
fn json() {
    let text = "{\n\t\"a\": [\n\t\t{\"b\": \"\\ud83d\\ude00\", \"c\": 1}\n\t]\n}\n";
    assert_eq!(values(text, &["", "/a", "/a/0", "/a/0/b", "/a/0/c"]), [(1, 1), (2, 7), (3, 3), (3, 9), (3, 30)]);
    assert_eq!(keys(text, &["/a/0/c"]), [(3, 25)]);
}

#[test]
fn block_scalars_stand_at_their_mark() {
    let text = "é: 'ü'\na: | # | >\n  x\nb: &x\n  >-\n\n  y\nc:\n- |\n  z\n";
    assert_eq!(values(text, &["/a", "/b", "/c/0"]), [(2, 4), (5, 3), (9, 3)]);
}

#[test]
fn aliases_and_merges() {
    let text = "base: &base\n  a: 1\n  b: 2\nuse: *base\nmore:\n  b: 3\n  <<: *base\n  c: 4\nlast:\n  <<: [*base, {a: 5, d: 6}]\n  b: 7\n";
    let pointers = ["/use", "/use/a", "/more", "/more/b", "/more/c", "/more/z", "/last/a", "/last/b", "/last/d"];
    let expected = [(4, 6), (2, 6), (6, 3), (3, 6), (8, 6), (5, 1), (2, 6), (11, 6), (10, 25)];
    assert_eq!(values(text, &pointers), expected);
    assert_eq!(keys(text, &["/use", "/more/a", "/last/d"]), [(4, 1), (2, 3), (10, 22)]);
}

/// What stands in the text for the name of a field, its value, and all within it.
fn written<'t>(text: &'t str, pointer: &str) -> (&'t str, &'t str, &'t str) {
    let place = Locator::new(text).place(0, pointer).unwrap_or_else(|| panic!("{pointer} is not in {text:?}"));
    let of = |span: Option<Span>| span.map_or("", |span| span.of(text));
    (of(place.key), of(Some(place.value)), of(place.inner))
}

#[test]
fn bytes_of_values_and_keys() {
    let text = "\u{feff}# ü\r\n'ä': \"ß\" # ö\r\nb:\r\n- c: |\r\n    1\r\n\r\n    ü\r\n\r\n  # e\r\n  d: {e: [ 1, f g ], }\r\n-  h\r\n   i\r\nj: &k !!str 5\r\nl: &m\r\n  s: x # y\r\no: *m\r\np:\r\nq:\r\n  - ~\r\n";
    for (pointer, key, value, inner) in [
        ("/ä", "'ä'", "\"ß\"", ""),
        ("/b/0", "", "c: |\r\n    1\r\n\r\n    ü\r\n\r\n  # e\r\n  d: {e: [ 1, f g ], }", "same"),
        ("/b/0/c", "c", "|\r\n    1\r\n\r\n    ü", ""),
        ("/b/0/d", "d", "{e: [ 1, f g ], }", "e: [ 1, f g ]"),
        ("/b/0/d/e", "e", "[ 1, f g ]", "1, f g"),
        ("/b/0/d/e/1", "", "f g", ""),
        ("/b/1", "", "h\r\n   i", ""),
        ("/j", "j", "5", ""),
        ("/l", "l", "s: x", "same"),
        ("/l/s", "s", "x", ""),
        ("/o", "o", "*m", ""),
        ("/p", "p", "", ""),
        ("/q", "q", "- ~", "~"),
        ("/q/0", "", "~", ""),
    ] {
        let inner = if inner == "same" { value } else { inner };
        let found = written(text, pointer);
        assert_eq!((found.0, found.1.trim_end()), (key, value.trim_end()), "{pointer}");
        assert_eq!(found.2.trim_end(), inner.trim_end(), "{pointer}");
    }
    let place = |pointer| Locator::new(text).place(0, pointer);
    assert_eq!(place("/p").unwrap().value.start, text.find("p:").unwrap() + 2);
    assert_eq!((place("/b/7"), place("/z")), (None, None));
    // And of what stands for them where they are absent, or empty.
    let shown = |pointer, part| Locator::new(text).span(0, pointer, part).unwrap().of(text);
    let found = [shown("/j", Part::Value), shown("/j", Part::Key), shown("/l/z", Part::Value), shown("/p", Part::Value)];
    assert_eq!(found, ["5", "j", "l", "p"]);
    assert_eq!((shown("/b/1/z", Part::Value), shown("/b/1", Part::Key)), ("h\r\n   i", "h\r\n   i"));
    let shared = |pointer| place(pointer).unwrap().is_shared;
    assert!(shared("/l") && shared("/l/s") && shared("/o") && shared("/o/s") && !shared("/b/0/d"));
    let flow = |pointer| place(pointer).unwrap().is_flow;
    assert!(flow("/b/0/d") && flow("/b/0/d/e/1") && !flow("/b/0/c") && !flow("/b/0"));
}

#[test]
fn bytes_in_later_documents_and_odd_layouts() {
    let text = "# ü\n---\na: 1\n---\nb: ü\nc:\n  <<: {d: 1}\n  e: 2\n---\nf: {\ng: 1}\n";
    let place = |document, pointer| Locator::new(text).place(document, pointer).unwrap();
    assert_eq!(place(1, "/b").value.of(text), "ü");
    assert!(place(1, "/c/d").is_shared && !place(1, "/c/e").is_shared);
    assert!(place(2, "/f/g").is_relaxed && !place(1, "/b").is_relaxed);
    let span = |document, pointer| Locator::new(text).span(document, pointer, Part::Value);
    assert_eq!((span(1, "/b").map(|span| span.of(text)), span(2, "/f/g")), (Some("ü"), None));
    let json = "{\n\t\"a\": [\n\t\t{\"b\": \"\\ud83d\\ude00\", \"c\": 1}\n\t]\n}\n";
    assert_eq!(written(json, "/a/0/b"), ("\"b\"", "\"\\ud83d\\ude00\"", ""));
    assert_eq!(written(json, "/a/0").2, "\"b\": \"\\ud83d\\ude00\", \"c\": 1");
}

#[test]
fn the_last_of_duplicates_is_found() {
    assert_eq!(values("a: 1\na: 2\n", &["/a"]), [(2, 4)]);
}

#[test]
fn line_ends_and_byte_order_mark() {
    assert_eq!(values("\u{feff}a: 1\r\nb:\r\n  c: 2\r\n", &["/a", "/b/c"]), [(1, 4), (3, 6)]);
    assert_eq!(keys("\u{feff}a: 1\r\nb:\r\n  c: 2\r\n", &["/a", "/b/c"]), [(1, 1), (3, 3)]);
}

#[test]
fn documents_by_their_index() {
    let text = "# c\n---\r\na: 1\n---\n[\n---\n---\n\n  a: 2\n...\na: 3\n---\na: 4\n";
    let line = |document| {
        let found = locate(text, document, &[("/a", Part::Value)]);
        found.into_iter().flatten().map(|at| at.line).next()
    };
    let lines: Vec<_> = (0..7).map(line).collect();
    assert_eq!(lines, [Some(3), None, Some(7), Some(9), Some(11), Some(13), None]);
}
