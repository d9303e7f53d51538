//! The picture is well-formed, small, the same every time, and shows each failure.

use super::*;

fn timeline(lists: &[(&str, Vec<u32>)]) -> Timeline {
    let bins = lists.iter().map(|(outcome, counts)| ((*outcome).to_owned(), counts.clone())).collect();
    Timeline { bin: units::Duration::from_millis(100), bins }
}

/// A rollout of a minute, with failures from 10 s on.
fn rollout() -> Timeline {
    let bad = |from: usize, to: usize, count: fn(usize) -> u32| {
        (0..600).map(|bin| if (from..to).contains(&bin) { count(bin) } else { 0 }).collect::<Vec<u32>>()
    };
    let (bad_gateway, timeout, reset) = (
        bad(100, 135, |bin| u32::try_from(bin * 7 % 13).unwrap_or(0)),
        bad(120, 128, |bin| u32::from(bin % 3 == 0) * 2),
        bad(128, 131, |_| 3),
    );
    let good = (0..600).map(|bin| 20 - bad_gateway[bin] - timeout[bin] - reset[bin]).collect();
    timeline(&[("200", good), ("502", bad_gateway), ("timeout", timeout), ("reset", reset)])
}

fn picture() -> String {
    let (before, after) = (rollout(), timeline(&[("200", vec![20; 600])]));
    let lanes = [Lane { label: "as people write it", timeline: &before }, Lane { label: "with preStop", timeline: &after }];
    let marks = [(Duration::from_secs(10), "rollout restart"), (Duration::from_secs(11), "first pod <deleted>")];
    svg("A rollout & its \"502\"", &lanes, &marks)
}

/// Every tag is closed in its turn, every attribute quoted, every `&` an entity.
fn well_formed(text: &str) {
    let mut open = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        assert!(before.split('&').skip(1).all(|part| ["amp;", "lt;", "gt;", "quot;"].iter().any(|name| part.starts_with(name))));
        let (tag, next) = after.split_once('>').unwrap();
        assert!(!tag.contains('<') && tag.matches('"').count() % 2 == 0, "{tag}");
        let name = tag.split([' ', '/']).find(|name| !name.is_empty()).unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        rest = next;
    }
    assert!(open.is_empty() && rest.trim().is_empty());
}

#[test]
fn a_picture_is_well_formed_small_and_the_same_every_time() {
    let picture = picture();
    well_formed(&picture);
    assert!(picture.len() < 8000, "{}", picture.len());
    assert_eq!(picture, self::picture());
    assert!(picture.contains("role=\"img\"><title>A rollout &amp; its &quot;502&quot;</title><desc>as people write it: "));
}

#[test]
fn the_legend_has_what_occurs() {
    let picture = picture();
    for text in [">200</text>", ">502</text>", ">reset</text>", ">timeout</text>"] {
        assert!(picture.contains(text), "{text}");
    }
    assert!(!picture.contains("class=\"wrong\"") && !picture.contains("class=\"client\""));
    assert!(picture.contains("no failure in 12,000 requests"));
}

#[test]
fn a_single_failure_is_seen_and_failures_alone_fill_the_bar() {
    let columns = columns(&timeline(&[("200", vec![999, 0, 0]), ("502", vec![1, 1, 0]), ("reset", vec![0, 2, 0])]), 1);
    assert_eq!(columns[0], Column::from([(Class::Server, (0, LEAST)), (Class::Good, (0, BARS))]));
    let split = [(Class::Server, (0, 15)), (Class::Cut, (15, 31)), (Class::Good, (0, BARS))];
    assert_eq!(columns[1], Column::from(split));
    assert_eq!(columns[2], Column::new());
}

#[test]
fn the_worst_case_stays_small() {
    let noise = |seed: u32| (0..3000_u32).map(|bin| bin.wrapping_mul(2_654_435_761).rotate_left(seed) % 17).collect::<Vec<_>>();
    let outcomes = ["200", "404", "503", "timeout", "reset", "wrong backend", "grpc 14"];
    let lists: Vec<_> = outcomes.into_iter().zip((0..).map(|seed| noise(seed * 3))).collect();
    let timeline = timeline(&lists);
    let picture = svg("noise", &[Lane { label: "a", timeline: &timeline }, Lane { label: "b", timeline: &timeline }], &[]);
    well_formed(&picture);
    assert!(picture.len() <= MOST_BYTES, "{}", picture.len());
    well_formed(&svg("", &[], &[]));
}

#[test]
fn labels_of_near_events_stand_in_rows() {
    let marks = placed(vec![(1000, "first"), (1100, "second"), (9900, "a long label at the end")], 10_000);
    assert_eq!(marks.iter().map(|mark| (mark.row, mark.before_line)).collect::<Vec<_>>(), [(0, false), (1, false), (0, true)]);
}
