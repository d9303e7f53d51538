//! Rust source as tokens with their lines: enough to see paths and functions, without comments and texts.

use std::path::{Path, PathBuf};

/// One source file.
pub(crate) struct Source {
    /// Its path from `src/`, as in `rule/drain/mod.rs`.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// Its tokens.
    pub(crate) tokens: Vec<Token>,
}

/// A word, or one mark; `::` is one mark.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Token {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A path that the source names: where, and its segments.
pub(crate) struct Named {
    pub(crate) line: usize,
    pub(crate) segments: Vec<String>,
}

/// All source files, sorted.
pub(crate) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    let sources = found.into_iter().map(|file| {
        let text = std::fs::read_to_string(&file).unwrap();
        Source { path: file.strip_prefix(&root).unwrap().display().to_string(), tokens: tokens(&text), text }
    });
    sources.collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

impl Source {
    /// The modules on the way to this file: `rule/drain/mod.rs` is `rule`, `drain`.
    pub(crate) fn module(&self) -> Vec<&str> {
        let mut parts: Vec<&str> = self.path.trim_end_matches(".rs").split('/').collect();
        if matches!(parts.last(), Some(&("mod" | "lib" | "main"))) {
            parts.pop();
        }
        parts
    }

    /// All paths that begin with this word, those of grouped imports one by one.
    pub(crate) fn paths_from(&self, first: &str) -> Vec<Named> {
        let mut found = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            let is_first = token.text == first && (at == 0 || self.tokens[at - 1].text != "::");
            if is_first && self.is(at + 1, "::") {
                self.expand(at, Vec::new(), &mut found);
            }
        }
        found
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.text == text)
    }

    /// Reads the path at a token, and each of a group; gives the token behind it.
    fn expand(&self, mut at: usize, mut segments: Vec<String>, found: &mut Vec<Named>) -> usize {
        let line = self.tokens.get(at).map_or(0, |token| token.line);
        loop {
            if self.is(at, "{") {
                at += 1;
                while at < self.tokens.len() && !self.is(at, "}") {
                    at = if self.is(at, ",") { at + 1 } else { self.expand(at, segments.clone(), found) };
                }
                return at + 1;
            }
            segments.extend(self.tokens.get(at).map(|token| token.text.clone()));
            at += 1;
            if !self.is(at, "::") {
                break;
            }
            at += 1;
        }
        // `use x::y as z` goes on to the next comma.
        at += if self.is(at, "as") { 2 } else { 0 };
        found.push(Named { line, segments });
        at
    }

    /// The functions with bodies: name, first line, and how many lines.
    pub(crate) fn functions(&self) -> Vec<(&str, usize, usize)> {
        let mut found = Vec::new();
        for (at, token) in self.tokens.iter().enumerate().filter(|(_, token)| token.text == "fn") {
            let Some(name) = self.tokens.get(at + 1).filter(|name| name.text.starts_with(is_word)) else { continue };
            let mut depth = 0_i32;
            let mut has_body = false;
            for inner in &self.tokens[at..] {
                match inner.text.as_str() {
                    ";" if depth == 0 => break,
                    "{" => has_body = true,
                    _ => {}
                }
                depth += match inner.text.as_str() {
                    "(" | "[" | "{" => 1,
                    ")" | "]" | "}" => -1,
                    _ => 0,
                };
                if has_body && depth == 0 {
                    found.push((name.text.as_str(), token.line, inner.line - token.line + 1));
                    break;
                }
            }
        }
        found
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The tokens of a text.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let end = at + length(&chars[at..]);
        let piece: String = chars[at..end].iter().collect();
        let is_kept = piece.starts_with(is_word) && !piece.contains('"') || piece == "::" || piece.chars().count() == 1;
        if is_kept && !piece.trim().is_empty() {
            tokens.push(Token { line, text: piece.clone() });
        }
        line += piece.matches('\n').count();
        at = end;
    }
    tokens
}

/// How many characters the next piece has: a comment, a text, a word, or a mark.
fn length(rest: &[char]) -> usize {
    let starts = |text: &str| text.chars().enumerate().all(|(index, c)| rest.get(index) == Some(&c));
    if starts("//") {
        return rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
    }
    if starts("/*") {
        let end = rest.windows(2).position(|pair| pair == ['*', '/']);
        return end.map_or(rest.len(), |end| end + 2);
    }
    if starts("::") {
        return 2;
    }
    let prefix = rest.iter().take_while(|c| matches!(c, 'b' | 'c' | 'r')).count();
    let hashes = rest[prefix..].iter().take_while(|c| **c == '#').count();
    let is_text = rest.get(prefix + hashes) == Some(&'"') && (hashes == 0 || rest[..prefix].contains(&'r'));
    if is_text {
        return text_length(rest, prefix + hashes, hashes, rest[..prefix].contains(&'r'));
    }
    if rest[0] == '\'' {
        // A character, unless it is a lifetime.
        return match rest {
            ['\'', '\\', ..] => rest.iter().skip(3).position(|c| *c == '\'').map_or(1, |end| end + 4),
            ['\'', _, '\'', ..] => 3,
            _ => 1,
        };
    }
    rest.iter().take_while(|c| is_word(**c)).count().max(1)
}

/// The length of a text whose opening quote stands at `open`.
fn text_length(rest: &[char], open: usize, hashes: usize, is_raw: bool) -> usize {
    let mut at = open + 1;
    while at < rest.len() {
        if !is_raw && rest[at] == '\\' {
            at += 2;
            continue;
        }
        if rest[at] == '"' && rest[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes {
            return at + 1 + hashes;
        }
        at += 1;
    }
    rest.len()
}

#[test]
fn tokens_are_read_as_the_compiler_reads_them() {
    let text = "// crate::a\nuse crate::{b, c::{self, d as e}, f};\n/* crate::g */ let x = r#\"crate::\"h\"#; let y = \"\\\"crate::i\";\n\
                let z: &'a str = b'\"'; let q = ('\"', '\\'', '\\u{1F}');\nfn k<'a>(l: fn(u8) -> [u8; 2]) -> u8 {\n  crate::m::N\n}\nfn o();\n";
    let source = Source { path: "p/mod.rs".to_owned(), text: text.to_owned(), tokens: tokens(text) };
    let named: Vec<(usize, String)> =
        source.paths_from("crate").into_iter().map(|named| (named.line, named.segments.join("::"))).collect();
    let expected = [(2, "crate::b"), (2, "crate::c::self"), (2, "crate::c::d"), (2, "crate::f"), (6, "crate::m::N")]
        .map(|(line, path)| (line, path.to_owned()));
    assert_eq!(named, expected);
    assert_eq!(source.functions(), [("k", 5, 3)]);
    assert_eq!(source.module(), ["p"]);
}
