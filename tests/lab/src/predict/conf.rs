//! As much of nginx.conf as is compared: its blocks, and the directives in them with their words.

use std::iter::Peekable;
use std::str::Chars;

/// What stands between two braces.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    /// What stands before them.
    head: String,
    /// Each with one blank between its words, and without quotes. Of Lua, what stands between commas and ends of lines.
    directives: Vec<String>,
    blocks: Vec<Self>,
}

impl Block {
    /// Reads a file, or a part of it.
    pub(super) fn read(text: &str) -> Self {
        Reader(text.chars().peekable()).block(String::new())
    }

    /// The first block whose head begins so.
    pub(super) fn inner(&self, head: &str) -> Option<&Self> {
        self.blocks.iter().find(|block| block.head.starts_with(head))
    }

    /// The first block with one of these heads.
    pub(super) fn one_of(&self, heads: &[String]) -> Option<&Self> {
        self.blocks.iter().find(|block| heads.contains(&block.head))
    }

    /// The heads of the blocks in it.
    pub(super) fn heads(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().map(|block| &*block.head)
    }

    /// The directives in it, and not in its blocks.
    pub(super) fn directives(&self) -> impl Iterator<Item = &str> {
        self.directives.iter().map(String::as_str)
    }

    /// What stands behind each directive of this name, also where that is the head of a block; not in locations, which speak for
    /// themselves.
    pub(super) fn values(&self, directive: &str) -> Vec<String> {
        let mut values: Vec<String> = self.directives.iter().filter_map(|own| begins(own, directive)).collect();
        for block in &self.blocks {
            values.extend(begins(&block.head, directive));
            if begins(&block.head, "location").is_none() {
                values.extend(block.values(directive));
            }
        }
        values
    }
}

/// What stands behind these words.
fn begins(text: &str, words: &str) -> Option<String> {
    let rest = text.strip_prefix(words)?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim_start().to_owned())
}

struct Reader<'t>(Peekable<Chars<'t>>);

impl Reader<'_> {
    /// The rest of a block, and its end.
    fn block(&mut self, head: String) -> Block {
        let mut block = Block { head, ..Block::default() };
        let mut words: Vec<String> = Vec::new();
        while let Some(char) = self.0.next() {
            match char {
                ';' => block.directives.push(std::mem::take(&mut words).join(" ")),
                '{' => {
                    let head = std::mem::take(&mut words).join(" ");
                    let is_lua = head.contains("_by_lua_block");
                    block.blocks.push(if is_lua { self.lua(head) } else { self.block(head) });
                }
                '}' => break,
                '#' => drop(self.0.by_ref().find(|char| *char == '\n')),
                char if char.is_whitespace() => {}
                char => words.push(self.word(char)),
            }
        }
        block
    }

    fn word(&mut self, first: char) -> String {
        let mut word = String::new();
        if matches!(first, '"' | '\'') {
            self.quoted(first, &mut word);
        } else {
            self.bare(first, &mut word);
        }
        // An `if` may close its parenthesis right behind a quote.
        while let Some(char) = self.0.next_if(|char| !char.is_whitespace() && !matches!(char, ';' | '{' | '}')) {
            self.bare(char, &mut word);
        }
        word
    }

    fn bare(&mut self, char: char, word: &mut String) {
        word.push(char);
        match char {
            '\\' => word.extend(self.0.next()),
            '$' if self.0.peek() == Some(&'{') => {
                for char in self.0.by_ref() {
                    word.push(char);
                    if char == '}' {
                        break;
                    }
                }
            }
            _ => {}
        }
    }

    fn quoted(&mut self, end: char, word: &mut String) {
        while let Some(char) = self.0.next() {
            match char {
                '\\' => match self.0.next() {
                    Some(next) if next == end => word.push(next),
                    next => {
                        word.push('\\');
                        word.extend(next);
                    }
                },
                char if char == end => return,
                char => word.push(char),
            }
        }
    }

    /// A program: nothing of it is read but what sets something to a value.
    fn lua(&mut self, head: String) -> Block {
        let (mut depth, mut text) = (1_u32, String::new());
        for char in self.0.by_ref() {
            match char {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            text.push(char);
        }
        let parts = text.split([',', '\n', '{', '}']).map(str::trim).filter(|part| !part.is_empty());
        Block { head, directives: parts.map(str::to_owned).collect(), blocks: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = r#"
        server {
            server_name a.lab b.lab ;
            if ($uri = /) { return 302 $scheme://$http_host/app; }
            # a comment; with { marks
            location = /_external-auth-Lw-Prefix { proxy_method GET; }
            location ~* "^/api" {
                rewrite_by_lua_block { f({ ssl_redirect = true, force_ssl_redirect = false }) }
                rewrite "(?i)/api" /${x}1 break;
                if ($request_method = 'OPTIONS') { set $cors ${cors}options; }
                more_set_headers 'Access-Control-Allow-Methods: GET, "POST"';
                include /etc/nginx/fastcgi_params;fastcgi_index "index.php";
            }
        }
    "#;

    #[test]
    fn directives_are_found_where_they_stand() {
        let file = Block::read(SERVER);
        let server = file.inner("server").expect("a server");
        assert_eq!(server.heads().count(), 3);
        assert_eq!(server.values("server_name"), ["a.lab b.lab"]);
        assert_eq!(server.values("return 302"), ["$scheme://$http_host/app"]);
        // That of a location is not the server's.
        assert!(server.values("proxy_method").is_empty());
        let location = server.inner("location ~* ^/api").expect("a location");
        for (directive, value) in [
            ("ssl_redirect =", "true"),
            ("force_ssl_redirect =", "false"),
            ("rewrite", "(?i)/api /${x}1 break"),
            ("set $cors", "${cors}options"),
            ("more_set_headers Access-Control-Allow-Methods:", "GET, \"POST\""),
            ("fastcgi_index", "index.php"),
        ] {
            assert_eq!(location.values(directive), [value], "{directive}");
        }
    }
}
