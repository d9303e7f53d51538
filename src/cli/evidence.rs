//! What was measured of each rule in a real cluster: the strongest outcome, which `lab evidence` writes.

const SUMMARY: &str = include_str!("../../docs/evidence/summary.tsv");

/// The sentence for the page of a rule; nothing, where nothing is measured.
pub(super) fn measured(rule: &str) -> Option<String> {
    sentence(SUMMARY, rule)
}

fn sentence(summary: &str, rule: &str) -> Option<String> {
    // The first line names the columns.
    let lines = summary.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let line = lines.into_iter().find(|fields| fields.first() == Some(&rule))?;
    let [_, _, version, requests, failed, worst, mended_failed, mended_requests, event, traffic] = line[..] else { return None };
    let when = if event.is_empty() { format!("under {traffic}") } else { format!("{event} under {traffic}") };
    Some(format!(
        "Measured behind {version}, {when}: {} of {} requests failed before (mostly {worst}), {} of {} after \
         (docs/evidence/{rule}.md)",
        grouped(failed),
        grouped(requests),
        grouped(mended_failed),
        grouped(mended_requests)
    ))
}

/// `12,615`
fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_rule_becomes_a_sentence() {
        let line = |rule: &str, event: &str| {
            format!(
                "{rule}\tcontour\tContour 1.33.8, Envoy 1.40.0\t1106\t163\t503\t0\t1049\t{event}\t100 GET a second, new connections\n"
            )
        };
        let summary = format!("rule\tgateway\n{}{}{}", line("one", "rollout restart"), line("two", ""), "broken\tline\n");
        assert_eq!(
            sentence(&summary, "one").unwrap(),
            "Measured behind Contour 1.33.8, Envoy 1.40.0, rollout restart under 100 GET a second, new connections: \
             163 of 1,106 requests failed before (mostly 503), 0 of 1,049 after (docs/evidence/one.md)"
        );
        assert!(sentence(&summary, "two").unwrap().contains("Envoy 1.40.0, under 100 GET"));
        for absent in ["rule", "broken", "three", ""] {
            assert_eq!(sentence(&summary, absent), None, "{absent}");
        }
    }

    #[test]
    fn every_line_can_be_read_and_is_of_a_rule() {
        for line in SUMMARY.lines().skip(1) {
            let rule = line.split('\t').next().unwrap();
            assert!(crate::rule::by_name(rule).is_some() && measured(rule).is_some(), "{line}");
        }
    }
}
