//! What can be told of an expression without running it.

/// What has a meaning of its own in an expression, and ends its plain beginning.
const MARKS: &[char] = &['(', ')', '|', '*', '+', '?', '[', ']', '{', '}', '^', '$', '\\', '.'];

/// Whether an expression may match a path from its first character on. `false` is certain: its plain beginning differs, whatever
/// the case of letters.
pub(super) fn may_match(expression: &str, path: &str) -> bool {
    // One alternative may begin differently.
    if expression.contains('|') {
        return true;
    }
    let plain = expression.find(MARKS).unwrap_or(expression.len());
    let (head, rest) = expression.split_at_checked(plain).unwrap_or((expression, ""));
    let mut head = head.chars();
    if rest.starts_with(['?', '*', '{']) {
        // The last character may be left out.
        head.next_back();
    }
    let head = head.as_str();
    path.get(..head.len()).is_some_and(|own| own.eq_ignore_ascii_case(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_beginning_rules_an_expression_out() {
        for (expression, path) in [("/t.a", "/tea"), ("/api/?", "/api"), ("/a(b|c)", "/zz"), ("/API", "/api/v1"), ("", "/")] {
            assert!(may_match(expression, path), "{expression} {path}");
        }
        for (expression, path) in [("/t.a", "/coffee"), ("/api/v[0-9]", "/api"), ("/ca.*", "/")] {
            assert!(!may_match(expression, path), "{expression} {path}");
        }
    }
}
