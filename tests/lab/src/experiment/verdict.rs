//! Whether an experiment showed what it says: it fails where it should, for the reason stated, and no more once mended.

use super::run::Measured;
use super::{Event, Expected};

/// What is wrong with the outcome; nothing, if all is as it should be. A reason is asked for where there is a `log` to read.
pub(crate) fn faults(event: &Event, expected: &Expected, log: bool, before: &Measured, after: &Measured) -> Vec<String> {
    let mut faults = Vec::new();
    let totals = before.timeline.totals();
    let counted: usize =
        expected.fails.iter().filter_map(|fail| totals.get(fail.name().as_str())).map(|count| *count as usize).sum();
    if counted < expected.at_least {
        let wanted: Vec<String> = expected.fails.iter().map(super::Outcome::name).collect();
        faults.push(format!("{} of {} expected, it was {totals:?}", expected.at_least, wanted.join(" or ")));
    }
    if let Some(limit) = expected.within
        && before.first_failure.is_none_or(|first| first > limit.as_millis())
    {
        faults.push(format!("the first failure within {limit} expected, it came after {:?} ms", before.first_failure));
    }
    if !matches!(event, Event::None) && before.early > 0 {
        faults.push(format!("{} requests failed before anything had happened", before.early));
    }
    if log && counted >= expected.at_least && before.reason.is_none() {
        faults.push(format!("no line of the gateway's log says any of {:?}", expected.because));
    }
    for (half, measured) in [("before", before), ("after", after)] {
        if let Some(count) = measured.timeline.totals().get("client fault") {
            faults.push(format!("{half}: {count} requests failed in the load itself"));
        }
    }
    if after.failures > 0 {
        faults.push(format!("mended, there should be no failure, but it was {:?}", after.timeline.totals()));
    }
    faults
}
