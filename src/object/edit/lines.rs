//! Where lines begin and end.

/// A text by its lines. Places in it are bytes.
#[derive(Clone, Copy)]
pub(super) struct Lines<'t>(pub(super) &'t str);

impl<'t> Lines<'t> {
    fn before(self, at: usize) -> &'t str {
        let before = self.0.get(..at).unwrap_or_default();
        before.rsplit('\n').next().unwrap_or_default().trim_start_matches('\u{feff}')
    }

    /// How many characters stand before a place on its line.
    pub(super) fn column(self, at: usize) -> usize {
        self.before(at).chars().count()
    }

    /// What stands before a place on its line, where that is nothing but blanks.
    pub(super) fn indentation(self, at: usize) -> Option<&'t str> {
        Some(self.before(at)).filter(|before| before.trim().is_empty())
    }

    /// How lines end there.
    pub(super) fn line_end(self, at: usize) -> &'static str {
        let rest = self.0.get(at..).unwrap_or_default();
        let line = rest.split_inclusive('\n').next().filter(|line| line.ends_with('\n')).unwrap_or(self.0);
        if line.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// Where the text of the line ends.
    pub(super) fn end_of_line(self, at: usize) -> usize {
        let rest = self.0.get(at..).unwrap_or_default();
        at + rest.lines().next().unwrap_or_default().len()
    }

    /// Where the next line begins.
    pub(super) fn after_line(self, at: usize) -> usize {
        let rest = self.0.get(at..).unwrap_or_default();
        at + rest.split_inclusive('\n').next().unwrap_or_default().len()
    }

    /// Where a block ends: after the line of its last value, and after the comments that are indented as it is.
    pub(super) fn end_of_block(self, last: usize, column: usize) -> usize {
        let mut at = self.after_line(last);
        loop {
            let line = self.0.get(at..).unwrap_or_default().lines().next().unwrap_or_default();
            let comment = line.trim_start_matches(' ');
            if !comment.starts_with('#') || line.len() - comment.len() < column.max(1) {
                return at;
            }
            at = self.after_line(at);
        }
    }
}
