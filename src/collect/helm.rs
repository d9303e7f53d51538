//! What Helm leaves behind: folders of templates, and the comments by which its output tells where each object comes from.

use memchr::memmem;
use std::ffi::OsStr;

/// The file that makes a folder a chart.
pub(super) const CHART: &str = "Chart.yaml";

/// Whether something that stands in the folder of a chart is for Helm alone: templates, values, charts within.
pub(super) fn is_part(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    matches!(&*name, CHART | "charts" | "ci" | "templates") || name.starts_with("values")
}

/// From which templates the documents of a text come: `helm template` writes a line of comment behind each `---`.
pub(super) struct Templates<'t> {
    /// Each such comment: its line, from 0, and the template.
    comments: Vec<(usize, &'t str)>,
    /// The lines that begin a document.
    markers: Vec<usize>,
}

impl<'t> Templates<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        const COMMENT: &str = "# Source: ";
        let mut own = Self { comments: Vec::new(), markers: Vec::new() };
        // Few texts have any, and this look is cheap.
        if memmem::find(text.as_bytes(), COMMENT.as_bytes()).is_none() {
            return own;
        }
        let mut is_first = true;
        for (number, line) in text.lines().enumerate() {
            if let Some(template) = line.strip_prefix(COMMENT).filter(|_| is_first) {
                own.comments.push((number, template.trim_end()));
            }
            is_first = line.starts_with("---");
            if is_first {
                own.markers.push(number);
            }
        }
        own
    }

    /// The template of the document whose first key stands in this line, from 1.
    pub(super) fn at(&self, line: u32) -> Option<&'t str> {
        let line = usize::try_from(line).ok()?;
        let (place, template) = self.comments.get(self.comments.partition_point(|(place, _)| *place < line).checked_sub(1)?)?;
        let marker = self.markers.partition_point(|marker| *marker < line).checked_sub(1);
        let marker = marker.and_then(|marker| self.markers.get(marker));
        marker.is_none_or(|marker| marker < place).then_some(*template)
    }
}
