//! What stands for a name until something fills one in.

/// Whether a text is no name of an object and no host, but a place that something fills in before it is applied: `{NAME}`, `$HOST`,
/// `__HOST__`, `MY_HOST`. Nothing can be called `web_app`, and somebody meant it as a name all the same.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    let is_word = |part: &str| part.starts_with(is_small) && part.ends_with(is_small);
    text.chars().any(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '*' | '_')))
        || text.contains('_') && !text.split('_').all(is_word)
}

fn is_small(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_an_underscore_is_a_name_and_what_is_to_be_filled_in_is_none() {
        for text in
            ["{NAME}", "$HOST", "${host}", "<name>", "%HOST%", "@host@", "__HOST__", "__host__", "MY_HOST", "_host", "my_HOST"]
        {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["web", "web-app", "web_app", "web_app_2", "shop.example.com", "*.example.com", "HOST"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
