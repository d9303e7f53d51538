//! Edits of texts in every style.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn changes(changes: &[(&str, Value)]) -> Vec<Change> {
    let change = |(pointer, value): &(&str, Value)| Change { document: 0, pointer: (*pointer).to_owned(), value: value.clone() };
    changes.iter().map(change).collect()
}

/// Every text before, the change, and the text after, in each of both line ends.
fn check(before: &str, wanted: &[(&str, Value)], after: &str) {
    for eol in ["\n", "\r\n"] {
        let (before, after) = (before.replace('\n', eol), after.replace('\n', eol));
        assert_eq!(edit(&before, &changes(wanted)), Ok(after), "{before}");
        let twice = edit(&before, &changes(wanted)).unwrap();
        assert_eq!(edit(&twice, &changes(wanted)).as_deref(), Ok(&*twice));
    }
}

fn sleep() -> Value {
    json!({"preStop": {"sleep": {"seconds": 10}}})
}

#[test]
fn a_field_is_added_where_its_block_ends() {
    check(
        "\u{feff}# head\nspec:\n    containers:   # all\n    -   name: web  # the one\n        args: ['a', \"b\"]\n        # env:\n        #   - x\n\n    # - name: other\n    # next\n    volumes: []\nstatus: x\n",
        &[("/spec/containers/0/lifecycle", sleep()), ("/spec/grace", json!(45))],
        "\u{feff}# head\nspec:\n    containers:   # all\n    -   name: web  # the one\n        args: ['a', \"b\"]\n        # env:\n        #   - x\n        lifecycle:\n          preStop:\n            sleep:\n              seconds: 10\n\n    # - name: other\n    # next\n    volumes: []\n    grace: 45\nstatus: x\n",
    );
}

#[test]
fn what_stands_deeper_comes_first_and_a_last_line_keeps_its_missing_end() {
    check(
        "a:\n- b:\n    c: 1\n---\nx: 1",
        &[("/a/0/b/d", json!(2)), ("/a/0/e", json!("yes")), ("/f", json!("30s"))],
        "a:\n- b:\n    c: 1\n    d: 2\n  e: \"yes\"\nf: \"30s\"\n---\nx: 1",
    );
    check("a:\n  b: 1", &[("/a/c", json!({"d": "2"}))], "a:\n  b: 1\n  c:\n    d: \"2\"");
    check("a: |\n  x\n\nb: >-\n  y\n\n...\n", &[("/c", json!(["-", 1]))], "a: |\n  x\n\nb: >-\n  y\nc: [\"-\", 1]\n\n...\n");
}

#[test]
fn where_nothing_or_nothing_much_is_written_it_is_written_there() {
    check(
        "a:  # none yet\n  # b: 1\nc: {}  # empty\nd: ~\ne:\nf:\n- g:\n",
        &[
            ("/a", json!({"n.io/a": "1"})),
            ("/c", json!({"b": {}})),
            ("/d", json!({"b": 1})),
            ("/e", json!("x")),
            ("/f/0/g", sleep()),
        ],
        "a:  # none yet\n  n.io/a: \"1\"\n  # b: 1\nc: {b: {}}  # empty\nd: {b: 1}\ne: x\nf:\n- g:\n    preStop:\n      sleep:\n        seconds: 10\n",
    );
}

#[test]
fn a_scalar_is_replaced_in_its_own_quotes() {
    check(
        "a: \"120s\" # s\nb: '16kb'\nc: 30\nd: |\n  x\n  y\ne: word\nf: &g 5\nh: !!str 5\n",
        &[
            ("/a", json!("120")),
            ("/b", json!("it's")),
            ("/c", json!(45)),
            ("/d", json!("z")),
            ("/e", json!("on")),
            ("/f", json!(6)),
            ("/h", json!("6")),
        ],
        "a: \"120\" # s\nb: 'it''s'\nc: 45\nd: z\ne: \"on\"\nf: &g 6\nh: !!str \"6\"\n",
    );
}

#[test]
fn comments_beside_what_is_replaced_stay() {
    check(
        "a: |- # 1\n  x\nb: >2  # 2 | >\n  x\n\n# 3\nc: &c # 4\n  5 # 5\nd: !!str # 6\n  # 7\n\n  x\ne: &e # 8\n  !!str # 9\n  'x' # 10\n",
        &[("/a", json!("z")), ("/b", json!("z")), ("/c", json!(6)), ("/d", json!("z")), ("/e", json!("z"))],
        "a: z # 1\nb: z  # 2 | >\n\n# 3\nc: &c # 4\n  6 # 5\nd: !!str # 6\n  # 7\n\n  z\ne: &e # 8\n  !!str # 9\n  'z' # 10\n",
    );
    check(
        "a: { # 1\n  }\nb:\n- &b { # 2\n    # 3\n  } # 4\nc: { }\n",
        &[("/a/x", json!({"w": "1"})), ("/b/0/x", json!(1)), ("/b/0/w", json!(2)), ("/c/x", json!(1))],
        "a: {x: {w: \"1\"} # 1\n  }\nb:\n- &b {w: 2, x: 1 # 2\n    # 3\n  } # 4\nc: {x: 1}\n",
    );
}

#[test]
fn a_block_in_a_tag_of_its_own_ends_with_its_blank_lines_where_they_count() {
    check(
        "a: !<tag:yaml.org,2002:str> |-\n  x\nb: &b>|b >\n  x\nc: |+\n  x\n\n\nd: |2+\n  x\n\n",
        &[("/a", json!("z")), ("/b", json!("z")), ("/c", json!("z")), ("/e", json!(1))],
        "a: !<tag:yaml.org,2002:str> z\nb: &b>|b z\nc: z\nd: |2+\n  x\n\ne: 1\n",
    );
}

#[test]
fn a_block_begins_where_its_first_key_is_announced() {
    check(
        "a:\n- &k b: 1\n- ? b\n  : 1\n- !!str b: &x\n    c: 1\n",
        &[("/a/0/d", json!(2)), ("/a/1/d", json!(2)), ("/a/2/d", json!(2)), ("/a/2/b/d", json!(2))],
        "a:\n- &k b: 1\n  d: 2\n- ? b\n  : 1\n  d: 2\n- !!str b: &x\n    c: 1\n    d: 2\n  d: 2\n",
    );
}

#[test]
fn a_list_is_within_brackets_by_its_own_and_not_by_its_first_item() {
    check(
        "a:\n- [x]\n- b: 1\nc:\n- {x: 1}\n- d: 'on'\n",
        &[("/a/1/w", json!(2)), ("/c/1/d", json!("off"))],
        "a:\n- [x]\n- b: 1\n  w: 2\nc:\n- {x: 1}\n- d: 'off'\n",
    );
}

#[test]
fn brackets_keep_their_form() {
    let add = [("/a/lifecycle", sleep()), ("/b", json!("1"))];
    for (before, after) in [
        ("{a: {x: 1}}\n", "{a: {x: 1, lifecycle: {preStop: {sleep: {seconds: 10}}}}, b: \"1\"}\n"),
        ("{ a: { x: 1, }, } # c\n", "{ a: { x: 1, lifecycle: {preStop: {sleep: {seconds: 10}}}, }, b: \"1\", } # c\n"),
        (
            "{\n  a: {\n    x: 1  # c\n  }\n}\n",
            "{\n  a: {\n    x: 1,  # c\n    lifecycle: {preStop: {sleep: {seconds: 10}}}\n  },\n  b: \"1\"\n}\n",
        ),
        ("{\"a\":{\"x\":1}}", "{\"a\":{\"x\":1,\"lifecycle\":{\"preStop\":{\"sleep\":{\"seconds\":10}}}},\"b\":\"1\"}"),
        (
            "{\n\t\"a\": {\n\t\t\"x\": 1\n\t}\n}\n",
            "{\n\t\"a\": {\n\t\t\"x\": 1,\n\t\t\"lifecycle\": {\n\t\t\t\"preStop\": {\n\t\t\t\t\"sleep\": {\n\t\t\t\t\t\"seconds\": 10\n\t\t\t\t}\n\t\t\t}\n\t\t}\n\t},\n\t\"b\": \"1\"\n}\n",
        ),
        ("{\"a\": {}}", "{\"a\": {\"lifecycle\": {\"preStop\": {\"sleep\": {\"seconds\": 10}}}}, \"b\": \"1\"}"),
    ] {
        check(before, &add, after);
    }
    check("{\"a\": null, \"b\": 1}", &[("/a", json!({"c": "d"})), ("/b", json!("2"))], "{\"a\": {\"c\": \"d\"}, \"b\": \"2\"}");
    check("a: [{b: 1}, {b: 2}]\n", &[("/a/1/c", json!(3))], "a: [{b: 1}, {b: 2, c: 3}]\n");
}

#[test]
fn objects_of_a_list_and_documents_of_a_stream_are_edited_on_their_own() {
    let text = "# ü\n---\nkind: List\nitems:\n- a: 1\n- a: 2\n---\n---\na: 3\n";
    let change = |document, pointer: &str| Change { document, pointer: pointer.to_owned(), value: json!(4) };
    let edited = edit(text, &[change(0, "/items/0/b"), change(0, "/items/1/b"), change(2, "/b")]);
    assert_eq!(edited.unwrap(), "# ü\n---\nkind: List\nitems:\n- a: 1\n  b: 4\n- a: 2\n  b: 4\n---\n---\na: 3\nb: 4\n");
}

#[test]
fn what_cannot_be_edited_is_left_with_the_reason() {
    let left = |text: &str, pointer: &str| edit(text, &changes(&[(pointer, json!({"x": 1}))])).unwrap_err();
    let shared = |pointer: &str| Left::Shared(pointer.to_owned());
    let unusual = |pointer: &str| Left::Unusual(pointer.to_owned());
    for (text, pointer, expected) in [
        ("a: &a {b: 1}\nc: *a\n", "/a/d", shared("/a")),
        ("a: &a {b: 1}\nc: *a\n", "/c/d", shared("/c")),
        ("a: &a\n  b: {c: 1}\nd:\n  <<: *a\n  e: 1\n", "/d/b/f", shared("/d/b")),
        ("a: {\nb: 1}\n", "/a/c", Left::Relaxed),
        ("a: 1\n---\nb: {{ .Values.x }}\n", "/c", Left::Unreadable(3)),
        ("a: 1\n", "/b/c", unusual("/b/c")),
        ("a: [b: 1]\n", "/a/0/c", unusual("/a/0")),
        ("a: !!null\n", "/a", unusual("/a")),
        ("a: &a !!null ~ # c\n", "/a", unusual("/a")),
        ("a: &x\n  &y b: 1\n", "/a/c", Left::Otherwise),
        ("", "/c", unusual("/c")),
    ] {
        assert_eq!(left(text, pointer), expected, "{text}");
    }
    // An anchor elsewhere is no reason.
    check("a: &a {b: 1}\nc: *a\nd:\n  e: 1\n", &[("/d/f", json!(2))], "a: &a {b: 1}\nc: *a\nd:\n  e: 1\n  f: 2\n");
}

/// Values as they stand in manifests.
fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u16>().prop_map(Value::from),
        "[ -~]{0,6}|yes|0x1|~|[a-zäé/ .#:-]{0,12}".prop_map(Value::from),
    ];
    let key = || "[a-z/]{1,4}|on|1|ü";
    let nested = scalar.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key(), inner, 0..4).prop_map(|fields| fields.into_iter().collect()),
        ]
    });
    prop::collection::btree_map("[a-z]{1,4}", nested, 1..4).prop_map(|fields| fields.into_iter().collect())
}

/// All mappings in a value, and all scalars, by their pointers.
fn pointers(value: &Value, pointer: &str, mappings: &mut Vec<String>, scalars: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            mappings.push(pointer.to_owned());
            for (key, value) in fields {
                pointers(value, &format!("{pointer}/{}", crate::object::escape(key)), mappings, scalars);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, &format!("{pointer}/{index}"), mappings, scalars);
            }
        }
        _ => scalars.push(pointer.to_owned()),
    }
}

proptest! {
    /// Whatever the style, any field can be added and any scalar replaced, and what was written stays.
    #[test]
    fn all_styles_take_all_changes(before in value(), new in value(), mapping in any::<prop::sample::Index>(), style in 0..4) {
        let fields = before.as_object().unwrap();
        let text = match style {
            0 => before.to_string(),
            1 => serde_json::to_string_pretty(&before).unwrap(),
            2 => block(fields, 0, "\n"),
            _ => block(fields, 0, "\r\n").replace(": ", ":   ").replace("\r\n", "  # ü\r\n"),
        };
        prop_assume!(read(&text).0.first().is_some_and(|document| document.value == before));
        let (mut mappings, mut scalars) = (Vec::new(), Vec::new());
        pointers(&before, "", &mut mappings, &mut scalars);
        let added = changes(&[(&format!("{}/added", mapping.get(&mappings)), new.clone())]);
        let edited = edit(&text, &added).unwrap();
        let mut rest = edited.chars();
        // An empty mapping is written anew.
        prop_assert!(text.contains("{}") || text.chars().all(|own| rest.any(|other| own == other)), "{text}\n{edited}");
        if !scalars.is_empty() {
            let scalar: &String = mapping.get(&scalars);
            let replaced = changes(&[(scalar, json!("it's \"new\""))]);
            prop_assert!(edit(&text, &replaced).is_ok(), "{text}");
        }
    }

    /// And whatever a text is, it is edited or left.
    #[test]
    fn odd_texts_are_edited_or_left(text in "([a-c]: |- |  |\\{|\\}|\\[|\\]|,|&a |\\*a |<<: |'|\"|\\||#|\r?\n|---\n|\t|ü|~|1){0,24}", at in "(/[a-c01]){1,3}") {
        let _ = edit(&text, &changes(&[(&at, json!({"b": "1"}))]));
    }
}
