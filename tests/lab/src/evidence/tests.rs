//! Made-up outcomes come out as pages, pictures and a summary; what is in the repository is current.

use std::fs;

use serde_json::{Value, json};

use super::*;

fn outcome(rule: &str, gateway: &str, failed: usize, mended_failed: usize) -> Value {
    let half = |failed: usize, reason: Option<&str>| {
        json!({"requests": 1100, "failures": failed, "early": 0, "event": 2000, "first_failure": 1109, "reason": reason, "said": "Warning: no502 says so",
            "timeline": {"bin": "100ms", "bins": {"200": format!("10*109 {}", 10_usize.saturating_sub(failed)), "503": format!("0*109 {failed}")}}})
    };
    json!({
        "experiment": rule, "rule": rule, "title": "A rollout | of <pods>", "gateway": gateway, "version": "contour 1.33.8, envoy 1.40.0",
        "event": "rollout restart", "traffic": "100 get a second, new connections", "mended_by": "the webhook",
        "before": half(failed, Some("upstream 10.244.0.11:8080 \u{1b}refused")), "after": half(mended_failed, None),
    })
}

fn entry(outcome: &Value) -> figures::Entry {
    let mut dated = outcome.clone();
    dated["measured"] = json!("2026-11-21");
    serde_json::from_value(dated).unwrap()
}

fn figures(outcomes: &[Value]) -> Figures {
    let mut figures = Figures::default();
    for outcome in outcomes {
        figures.put(entry(outcome));
    }
    figures
}

#[test]
fn the_figures_have_a_line_each_in_order_and_read_back() {
    let own = figures(&[
        outcome("prestop-missing", "nginx", 3, 0),
        outcome("grace-zero", "nginx", 3, 0),
        outcome("prestop-missing", "contour/httproute", 3, 0),
        outcome("prestop-missing", "nginx", 4, 0),
    ]);
    let text = own.text().unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("{\"measured\":\"2026-11-21\",")).count(), 3, "{text}");
    let keys: Vec<(&str, &str, usize)> = own
        .outcomes
        .iter()
        .map(|entry| (entry.outcome.rule.as_str(), entry.outcome.gateway.as_str(), entry.outcome.before.failures))
        .collect();
    assert_eq!(keys, [("grace-zero", "nginx", 3), ("prestop-missing", "contour/httproute", 3), ("prestop-missing", "nginx", 4)]);
    let again: Figures = serde_json::from_str(&text).unwrap();
    assert_eq!(again.text().unwrap(), text);
    let empty: Figures = serde_json::from_str(&Figures::default().text().unwrap()).unwrap();
    assert!(empty.outcomes.is_empty() && empty.calibration.is_none());
}

#[test]
fn results_are_taken_over_and_stay_until_they_are_pruned() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, value: &Value| fs::write(folder.path().join(name), value.to_string()).unwrap();
    put("a.json", &outcome("grace-zero", "nginx", 3, 0));
    put("b.json", &outcome("prestop-missing", "nginx", 3, 0));
    put(
        "calibration.json",
        &json!({"gateways": {"nginx": {"version": "nginx 1.22.1", "deletions": 50, "median_ms": 120, "max_ms": 1900}}}),
    );
    fs::write(folder.path().join("notes.txt"), "nothing").unwrap();
    let mut own = Figures::default();
    own.collect(folder.path(), false).unwrap();
    assert_eq!((own.outcomes.len(), own.calibration.is_some()), (2, true));
    let overview = pages::overview(&own, &Unshown::default());
    assert!(overview.contains("## How long a deleted pod still gets requests\n"), "{overview}");
    assert!(overview.contains("| nginx 1.22.1 | 50 | 120 ms | 1,900 ms |\n"), "{overview}");

    fs::remove_file(folder.path().join("a.json")).unwrap();
    own.collect(folder.path(), false).unwrap();
    assert_eq!(own.outcomes.len(), 2);
    own.collect(folder.path(), true).unwrap();
    assert_eq!(own.outcomes.iter().map(|entry| entry.outcome.rule.as_str()).collect::<Vec<_>>(), ["prestop-missing"]);

    put("c.json", &json!({"rule": 1}));
    let fault = own.collect(folder.path(), false).unwrap_err().to_string();
    assert!(fault.contains("c.json"), "{fault}");
}

#[test]
fn the_pages_say_what_was_measured() {
    let own = figures(&[outcome("prestop-missing", "contour/httproute", 7, 0), outcome("prestop-missing", "traefik", 0, 2)]);
    let overview = pages::overview(&own, &Unshown::parse("- grace-zero: nobody | asks\n").unwrap());
    let line = "| [prestop-missing](prestop-missing.md) | [prestop-missing](prestop-missing-contour-httproute.svg) | \
                Contour 1.33.8, Envoy 1.40.0 (HTTPRoute) | 1,100, 1,100 | 7 × 503 | none |\n";
    assert!(overview.contains(line), "{overview}");
    assert!(
        overview.contains("| none | 2 × 503 (**shows nothing**: nothing failed before, requests failed after too) |\n"),
        "{overview}"
    );
    assert!(overview.contains("| [grace-zero](../../src/rule/drain/grace_zero.md) | nobody \\| asks |\n"), "{overview}");
    for rule in RULES {
        assert!(overview.contains(&format!("| [{}](", rule.meta.name)), "{}", rule.meta.name);
    }

    let files = files(&own, &Unshown::default()).unwrap();
    let page = &files["prestop-missing.md"];
    for part in [
        "\n## prestop-missing\n\nA rollout | of <pods>.\n\n### Contour 1.33.8, Envoy 1.40.0 (HTTPRoute)\n",
        "- Event: rollout restart, 2,000 ms after the first request; the first request that failed was sent 1,109 ms later\n",
        "- Traffic: 100 GET a second, new connections\n- Mended by: the webhook\n- Measured: 2026-11-21\n",
        "| before | 1,100 | 7 | 7 × 503 | 0 ms |\n| after | 1,100 | 0 | none | 0 ms |\n",
        "](prestop-missing-contour-httproute.svg)\n",
        "reason:\n\n    upstream 10.244.0.11:8080  refused\n",
        "said before:\n\n    Warning: no502 says so\n",
        "**This run shows nothing**: nothing failed before, requests failed after too.\n",
    ] {
        assert!(page.contains(part), "{part}\nis not in\n{page}");
    }
    let picture = &files["prestop-missing-contour-httproute.svg"];
    for part in ["before, behind contour/httproute", "after, mended by the webhook", "rollout restart", "of &lt;pods&gt;"] {
        assert!(picture.contains(part), "{part}");
    }
}

#[test]
fn the_summary_has_the_strongest_outcome_of_each_rule_that_is_shown() {
    let own = figures(&[
        outcome("prestop-missing", "contour", 7, 0),
        outcome("prestop-missing", "haproxy", 9, 0),
        outcome("prestop-missing", "nginx", 9, 0),
        outcome("prestop-missing", "traefik", 10, 1),
        outcome("grace-zero", "nginx", 0, 0),
    ]);
    let table = summary::table(&own);
    let lines: Vec<&str> = table.lines().collect();
    let version = "Contour 1.33.8, Envoy 1.40.0";
    let expected =
        format!("prestop-missing\thaproxy\t{version}\t1100\t9\t503\t0\t1100\trollout restart\t100 GET a second, new connections");
    assert_eq!(lines.get(1..), Some(&[expected.as_str()][..]), "{table}");
}

#[test]
fn every_rule_is_shown_or_has_its_reason_but_not_both() {
    let others = RULES.iter().filter(|rule| rule.meta.name != "grace-zero");
    let list: String = others.map(|rule| "- ".to_owned() + rule.meta.name + ": nobody\n  knows\n").collect();
    let unshown = Unshown::parse(&format!("# Prose\n\n{list}\nMore.\n")).unwrap();
    assert_eq!(unshown.reason("timeout-unset"), Some("nobody knows"));
    complete(&figures(&[outcome("grace-zero", "nginx", 3, 0)]), &unshown).unwrap();
    let without = complete(&figures(&[outcome("grace-zero", "nginx", 3, 1)]), &unshown).unwrap_err().to_string();
    assert!(without.contains("grace-zero is not shown") && without.lines().count() == 1, "{without}");
    let both = [outcome("grace-zero", "nginx", 3, 0), outcome("timeout-unset", "nginx", 3, 0)];
    let both = complete(&figures(&both), &unshown).unwrap_err().to_string();
    assert!(both.contains("timeout-unset is shown"), "{both}");
    for (text, said) in [("- grace: so\n", "no rule"), ("- grace-zero\n", "line 1"), ("- grace-zero:\n", "one reason")] {
        assert!(Unshown::parse(text).unwrap_err().contains(said), "{text}");
    }
}

#[test]
fn what_nginx_alone_shows_has_a_page_that_says_what_was_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let own = |name: &str| json!({"experiment": name, "rule": "grace-zero", "title": "A | b", "version": "nginx 1.22.1"});
    let half = |line: &str, failures: Value| {
        json!({"annotations": [line], "config": ["keep-alive: \"5\""], "declared": [], "traffic": "50 GET a second for 2 s", "requests": 1100,
            "failures": failures, "reason": "connect() failed"})
    };
    let (mut shown, mut lacking) = (own("two"), own("one"));
    shown["before"] = half("proxy-read-timeout: \"0\"", json!({"502": 3, "504": 7}));
    shown["before"]["declared"] = json!(["no502.dev/protocol: \"grpc\""]);
    shown["after"] = half("proxy-read-timeout: \"1\"", json!({}));
    lacking["lacks"] = json!("http2");
    for entry in [&shown, &lacking] {
        let name = format!("{}.json", entry["experiment"].as_str().unwrap());
        fs::write(folder.path().join(name), entry.to_string()).unwrap();
    }
    let mut own = figures(&[outcome("grace-zero", "nginx", 3, 0)]);
    own.collect_alone(folder.path()).unwrap();
    // What is measured again takes the place of what was there.
    own.collect_alone(folder.path()).unwrap();
    let text = own.text().unwrap();
    let back: Figures = serde_json::from_str(&text).unwrap();
    assert_eq!((back.alone.len(), back.text().unwrap()), (2, text));
    let files = files(&back, &Unshown::default()).unwrap();
    let line = "| A \\| b | [grace-zero](../../src/rule/drain/grace_zero.md) | 50 GET a second for 2 s | 7 × 504, 3 × 502 of 1,100 | \
                none of 1,100 | `proxy-read-timeout: \"0\"`<br>ConfigMap: `keep-alive: \"5\"`<br>Deployment: `no502.dev/protocol: \"grpc\"` | \
                `proxy-read-timeout: \"1\"`<br>ConfigMap: `keep-alive: \"5\"` | connect() failed |\n";
    assert!(files["nginx.md"].contains(line), "{}", files["nginx.md"]);
    assert!(files["nginx.md"].ends_with("## Left out\n\n- one: nginx 1.22.1 has no `http2`\n"), "{}", files["nginx.md"]);
    assert!(files["README.md"].contains("(nginx.md)"));
}

#[test]
fn what_is_missing_changed_or_left_over_is_stale() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&figures(&[outcome("grace-zero", "nginx", 3, 0)]), &Unshown::default()).unwrap();
    assert_eq!(stale(folder.path(), &files).unwrap().len(), 5, "{:?}", files.keys());
    for (name, text) in &files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    assert_eq!(stale(folder.path(), &files).unwrap(), Vec::<String>::new());
    fs::write(folder.path().join("README.md"), "else").unwrap();
    fs::remove_file(folder.path().join("summary.tsv")).unwrap();
    fs::write(folder.path().join("old.svg"), "").unwrap();
    assert_eq!(stale(folder.path(), &files).unwrap(), ["README.md", "old.svg", "summary.tsv"]);
}

#[test]
fn what_is_in_the_repository_is_current() {
    let place = Place::here().unwrap();
    let figures = Figures::read(&folder(&place).join(FIGURES)).unwrap();
    let files = files(&figures, &Unshown::read(&list(&place)).unwrap()).unwrap();
    assert_eq!(stale(&folder(&place), &files).unwrap(), Vec::<String>::new(), "`lab evidence` writes them");
}
