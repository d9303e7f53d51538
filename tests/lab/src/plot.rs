//! A picture of answers over time: one lane for each load, one below the other on the same time axis.
//!
//! All arithmetic is in whole pixels and milliseconds, so the same input gives the same bytes everywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use no502::units;

use crate::load::Timeline;

/// One load in the picture.
pub(crate) struct Lane<'a> {
    /// What is different here: `as people write it`, `with preStop`.
    pub(crate) label: &'a str,
    /// Its answers.
    pub(crate) timeline: &'a Timeline,
}

const LEFT: u64 = 16;
const WIDTH: u64 = 688;
const TOTAL_WIDTH: u64 = WIDTH + 2 * LEFT;
const BARS: u64 = 46;
const LANE: u64 = BARS + 32;
const ROW: u64 = 15;
/// A single failure among hundreds of answers must be seen.
const LEAST: u64 = 3;
/// About the width of a small letter.
const LETTER: u64 = 6;
/// Bars beside each other, finest first: the next is tried where the picture comes out larger than `MOST_BYTES`.
const COLUMNS: [u64; 3] = [344, 172, 86];
const MOST_BYTES: usize = 20_000;
/// Distances of the marks of the time axis, in milliseconds, and how many of these there may be.
const STEPS: [u64; 13] = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000];
const MOST_STEPS: u64 = 12;

/// Colours that differ in brightness too, and that people who see no red or no green can tell apart.
const STYLE: &str = "text{font:11px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;fill:#57606a}\
.halo{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}\
.title{font-size:14px;font-weight:600;fill:#1f2328}.lane{font-size:12px;font-weight:600;fill:#1f2328}\
.mark{fill:#1f2328}.end{text-anchor:end}.mid{text-anchor:middle}.page{fill:#fff}\
.axis{stroke:#d0d7de;fill:none}.event{stroke:#1f2328;stroke-dasharray:4 3;fill:none}\
.good{fill:#b6d7ea}.other{fill:#8c959f}.client{fill:#f2b705}.server{fill:#d1480f}\
.timeout{fill:#7048c6}.cut{fill:#1f2328}.wrong{fill:#d664a0}\
@media(prefers-color-scheme:dark){text{fill:#9da7b3}.title,.lane,.mark{fill:#f0f6fc}.page{fill:#0d1117}\
.halo{stroke:#0d1117}.axis{stroke:#30363d}.event{stroke:#f0f6fc}.good{fill:#2b5570}.other{fill:#6e7681}\
.client{fill:#ffd33d}.server{fill:#ff7b39}.timeout{fill:#b392f0}.cut{fill:#f0f6fc}.wrong{fill:#ff9bce}}";

/// Outcomes of one colour. In the order of the bars, from the ground up; what is good fills the rest.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Class {
    Server,
    Timeout,
    Cut,
    Wrong,
    Client,
    Other,
    Good,
}

const BAD: [Class; 6] = [Class::Server, Class::Timeout, Class::Cut, Class::Wrong, Class::Client, Class::Other];

impl Class {
    fn of(outcome: &str) -> Self {
        match outcome {
            "timeout" => Self::Timeout,
            "reset" | "closed" | "refused" => Self::Cut,
            "wrong backend" => Self::Wrong,
            _ if outcome.starts_with("grpc ") => Self::Server,
            _ => match outcome.parse::<u16>() {
                Ok(101 | 200..300) => Self::Good,
                Ok(400..500) => Self::Client,
                Ok(500..600) => Self::Server,
                _ => Self::Other,
            },
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Timeout => "timeout",
            Self::Cut => "cut",
            Self::Wrong => "wrong",
            Self::Client => "client",
            Self::Other => "other",
            Self::Good => "good",
        }
    }
}

/// Draws answers over time, the lanes in the order given, with events as vertical lines through all of them.
#[must_use]
pub(crate) fn svg(title: &str, lanes: &[Lane<'_>], marks: &[(Duration, &str)]) -> String {
    let mut picture = String::new();
    for columns in COLUMNS {
        picture = Picture::new(lanes, marks, columns).draw(title, lanes);
        if picture.len() <= MOST_BYTES {
            break;
        }
    }
    picture
}

/// The measures of a picture.
struct Picture<'a> {
    /// The whole of the time axis in milliseconds.
    extent: u64,
    columns: u64,
    marks: Vec<Mark<'a>>,
    top: u64,
    ground: u64,
    text: String,
}

/// An event and the place of its label.
struct Mark<'a> {
    at: u64,
    label: &'a str,
    x: u64,
    row: u64,
    before_line: bool,
}

impl<'a> Picture<'a> {
    fn new(lanes: &[Lane<'_>], marks: &[(Duration, &'a str)], columns: u64) -> Self {
        let ends = lanes.iter().map(|lane| lane.timeline.bin.as_millis().saturating_mul(lane.timeline.len() as u64));
        let marks: Vec<(u64, &str)> = marks.iter().map(|(at, label)| (millis(*at), *label)).collect();
        let extent = ends.chain(marks.iter().map(|(at, _)| *at)).max().unwrap_or(0).max(1);
        let marks = placed(marks, extent);
        let rows = marks.iter().map(|mark| mark.row + 1).max().unwrap_or(0);
        let top = 34 + rows * ROW;
        Self { extent, columns, marks, top, ground: top + lanes.len() as u64 * LANE, text: String::new() }
    }

    fn draw(mut self, title: &str, lanes: &[Lane<'_>]) -> String {
        let legend = legend(lanes);
        let height = self.ground + 26 + legend.iter().map(|entry| entry.row + 1).max().unwrap_or(0) * ROW + 8;
        self.put(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {TOTAL_WIDTH} {height}\" width=\"{TOTAL_WIDTH}\" \
             height=\"{height}\" role=\"img\"><title>{}</title><desc>{}</desc><style>{STYLE}</style>",
            escaped(title),
            escaped(&self.description(lanes))
        ));
        self.put(&format!("<rect class=\"page\" width=\"{TOTAL_WIDTH}\" height=\"{height}\" rx=\"6\"/>"));
        self.text_at(LEFT, 23, "title", title);
        self.axis();
        for (number, lane) in (0..).zip(lanes) {
            self.bars(self.top + number * LANE, lane);
        }
        self.events();
        for (number, lane) in (0..).zip(lanes) {
            let line = self.top + number * LANE + 16;
            self.text_at(LEFT, line, "lane halo", lane.label);
            self.text_at(LEFT + WIDTH, line, "end halo", &tally(lane.timeline));
        }
        for entry in legend {
            let y = self.ground + 30 + entry.row * ROW;
            self.put(&format!(
                "<rect class=\"{}\" x=\"{}\" y=\"{y}\" width=\"10\" height=\"10\" rx=\"2\"/>",
                entry.class, entry.x
            ));
            self.text_at(entry.x + 15, y + 9, "", &entry.label);
        }
        self.put("</svg>\n");
        self.text
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn text_at(&mut self, x: u64, y: u64, class: &str, text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        self.put(&format!("<text{class} x=\"{x}\" y=\"{y}\">{}</text>", escaped(text)));
    }

    fn x(&self, millis: u64) -> u64 {
        place(millis, self.extent)
    }

    /// The time axis below, with a fine line up through all lanes at each of its marks.
    fn axis(&mut self) {
        let step = STEPS.into_iter().find(|step| self.extent / step <= MOST_STEPS);
        let step = step.unwrap_or_else(|| self.extent.div_ceil(MOST_STEPS).max(1));
        let mut lines = format!("M{LEFT} {}h{WIDTH}", self.ground);
        for at in (0..=self.extent / step).map(|number| number * step) {
            let (x, label) = (self.x(at), units::Duration::from_millis(at).to_string());
            let _ = write!(lines, "M{x} {}v4", self.ground);
            let (x, class) = match x {
                ..24 => (LEFT, ""),
                x if x + 12 > LEFT + WIDTH => (LEFT + WIDTH, "end"),
                x => (x, "mid"),
            };
            self.text_at(x, self.ground + 17, class, &label);
        }
        self.put(&format!("<path class=\"axis\" d=\"{lines}\" shape-rendering=\"crispEdges\"/>"));
    }

    /// The bars of one lane: the share of each class in the requests of each column, equal neighbours as one.
    fn bars(&mut self, top: u64, lane: &Lane<'_>) {
        let bin = lane.timeline.bin.as_millis().max(1);
        let width = self.extent.div_ceil(bin).div_ceil(self.columns).max(1);
        let columns: Vec<Column> = columns(lane.timeline, usize::try_from(width).unwrap_or(usize::MAX));
        let ground = top + LANE - 8;
        for class in std::iter::once(Class::Good).chain(BAD) {
            let mut path = String::new();
            let mut first = 0;
            for run in columns.chunk_by(|left, right| left.get(&class) == right.get(&class)) {
                let next = first + run.len() as u64;
                if let Some((foot, height)) = run.first().and_then(|column| column.get(&class)) {
                    let (from, to) = (self.x(first * width * bin), self.x(next * width * bin));
                    let wide = to.saturating_sub(from).max(1);
                    let _ = write!(path, "M{from} {}h{wide}v-{height}h-{wide}z", ground - foot);
                }
                first = next;
            }
            if !path.is_empty() {
                self.put(&format!("<path class=\"{}\" shape-rendering=\"crispEdges\" d=\"{path}\"/>", class.name()));
            }
        }
    }

    fn events(&mut self) {
        for mark in std::mem::take(&mut self.marks) {
            let (x, y) = (self.x(mark.at), 34 + mark.row * ROW);
            self.put(&format!("<path class=\"event\" d=\"M{x} {y}V{}\"/>", self.ground));
            let class = if mark.before_line { "mark halo end" } else { "mark halo" };
            self.text_at(mark.x, y + 11, class, mark.label);
        }
    }

    /// The picture in words.
    fn description(&self, lanes: &[Lane<'_>]) -> String {
        let mut words = String::new();
        for lane in lanes {
            let counts = lane.timeline.totals();
            let counts: Vec<String> =
                counts.iter().map(|(outcome, count)| format!("{} \u{d7} {outcome}", grouped(*count))).collect();
            let _ = write!(words, "{}: {}. ", lane.label, counts.join(", "));
        }
        for mark in &self.marks {
            let _ = write!(words, "At {}: {}. ", units::Duration::from_millis(mark.at), mark.label);
        }
        words.trim_end().to_owned()
    }
}

/// Foot and height of each class in one column.
type Column = BTreeMap<Class, (u64, u64)>;

fn columns(timeline: &Timeline, width: usize) -> Vec<Column> {
    let starts = (0..timeline.len()).step_by(width);
    let column = |start: usize| {
        let mut counts: BTreeMap<Class, u64> = BTreeMap::new();
        for (outcome, bins) in &timeline.bins {
            let count: u64 = bins.iter().skip(start).take(width).copied().map(u64::from).sum();
            *counts.entry(Class::of(outcome)).or_default() += count;
        }
        let all: u64 = counts.values().sum();
        let mut column = Column::new();
        let (mut foot, mut sum) = (0, 0);
        for class in BAD {
            let count = counts.get(&class).copied().unwrap_or(0);
            sum += count;
            let top = (sum * BARS / all.max(1)).max(foot + LEAST).min(BARS);
            if count > 0 && top > foot {
                column.insert(class, (foot, top - foot));
                foot = top;
            }
        }
        if all > 0 {
            // What is good stands behind the others, so that it is one bar as long as there are answers at all.
            column.insert(Class::Good, (0, BARS));
        }
        column
    };
    starts.map(column).collect()
}

struct Entry {
    class: &'static str,
    label: String,
    x: u64,
    row: u64,
}

/// One entry for each colour that occurs, with the outcomes that have it.
fn legend(lanes: &[Lane<'_>]) -> Vec<Entry> {
    let mut labels: BTreeMap<Class, BTreeSet<&str>> = BTreeMap::new();
    for outcome in lanes.iter().flat_map(|lane| lane.timeline.bins.keys()) {
        labels.entry(Class::of(outcome)).or_default().insert(outcome);
    }
    let good = labels.remove_entry(&Class::Good);
    let (mut x, mut row) = (LEFT, 0);
    let entries = good.into_iter().chain(labels).map(|(class, outcomes)| {
        let label = outcomes.into_iter().collect::<Vec<_>>().join(", ");
        let width = 15 + letters(&label) + 14;
        if x > LEFT && x + width > LEFT + WIDTH {
            (x, row) = (LEFT, row + 1);
        }
        x += width;
        Entry { class: class.name(), label, x: x - width, row }
    });
    entries.collect()
}

/// How many requests failed in a lane.
fn tally(timeline: &Timeline) -> String {
    let totals = timeline.totals();
    let all: u32 = totals.values().sum();
    let failed: Vec<String> = totals
        .iter()
        .filter(|(outcome, _)| Class::of(outcome) != Class::Good)
        .map(|(outcome, count)| format!("{} \u{d7} {outcome}", grouped(*count)))
        .collect();
    let failed = if failed.is_empty() { "no failure".to_owned() } else { failed.join(", ") };
    format!("{failed} in {} requests", grouped(all))
}

/// Places the labels of events so that none covers another.
fn placed(mut marks: Vec<(u64, &str)>, extent: u64) -> Vec<Mark<'_>> {
    marks.sort_unstable();
    let mut rows: Vec<u64> = Vec::new();
    let mut found = Vec::new();
    for (at, label) in marks {
        let line = place(at, extent);
        let width = letters(label);
        let before_line = line + 5 + width > LEFT + WIDTH;
        let (from, to) = if before_line { (line.saturating_sub(5 + width), line) } else { (line, line + 5 + width) };
        let row = rows.iter().position(|end| end + 8 <= from).unwrap_or(rows.len());
        match rows.get_mut(row) {
            Some(end) => *end = to,
            None => rows.push(to),
        }
        let x = if before_line { line.saturating_sub(5) } else { line + 5 };
        found.push(Mark { at, label, x, row: row as u64, before_line });
    }
    found
}

fn place(millis: u64, extent: u64) -> u64 {
    LEFT + (millis.saturating_mul(WIDTH) / extent.max(1)).min(WIDTH)
}

fn letters(text: &str) -> u64 {
    text.chars().count() as u64 * LETTER
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// `12,615`
pub(crate) fn grouped(count: u32) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML has no place for them, not even as a number.
            control if control.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests;
