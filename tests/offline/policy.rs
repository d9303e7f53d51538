//! The policy document: what ships holds, what is wrong is told at once, and what is laid over what.

use no502::engine::{Plan, Profile, schema, shipped};
use no502::object::yaml;
use no502::policy::Document;
use no502::rule::RULES;
use no502::units::Level;
use serde_json::{Value, json};

const HEAD: &str = "apiVersion: no502.dev/v1alpha1\nkind: Policy\n";

/// The plan of a document, given without its first two lines.
fn plan(body: &str) -> Plan {
    Plan::parse(&format!("{HEAD}{body}")).unwrap_or_else(|error| panic!("{error}: {:#?}", error.0))
}

/// The faults of a document, given without its first two lines, as they are shown.
fn faults(body: &str) -> Vec<String> {
    match Plan::parse(&format!("{HEAD}{body}")) {
        Ok(_) => Vec::new(),
        Err(error) => error.0.iter().map(ToString::to_string).collect(),
    }
}

/// The level of a rule and one of its parameters, as they hold in a profile.
fn holds(profile: &Profile, rule: &str, param: &str) -> (Level, Value) {
    let entry = &profile.effective[rule];
    (entry.level.unwrap(), entry.params.get(param).cloned().unwrap_or_default())
}

#[test]
fn the_shipped_documents_hold_and_name_every_rule() {
    for (name, text) in [("baseline", shipped::BASELINE), ("strict", shipped::STRICT)] {
        let document = Document::parse(text).unwrap();
        let names: Vec<&str> = document.profiles[name].rules.keys().map(|name| &**name).collect();
        assert_eq!(names, RULES.iter().map(|entry| entry.meta.name).collect::<Vec<_>>());
        let plan = Plan::parse(text).unwrap();
        let profile = plan.profile(name).unwrap();
        for entry in RULES {
            let level = if name == "strict" { entry.meta.strict } else { entry.meta.baseline };
            assert_eq!(profile.effective[entry.meta.name].level, Some(level), "{name}: {}", entry.meta.name);
        }
    }
    let standalone = Plan::standalone().unwrap();
    assert_eq!(standalone.profile_names().collect::<Vec<_>>(), ["baseline", "strict"]);
}

#[test]
fn all_faults_of_a_document_are_told_at_once_with_their_places() {
    let body = "\
mode: enforced
default: {enforce: baseline}
clients:
  timeout: 30
loadBalancer: {layer: 5, idleTimeout: soon, deregistrationDelay: 300}
defaults: {audit: strct}
gateways:
  - class: nginx
    dialect: ingress-ngin
  - dialect: ingress-nginx
profiles:
  shop:
    extends: stric
  payments:
    rules:
      prestop-mising: warning
      prestop-missing:
        level: fatal
        sleeep: 5s
        drain: fast
      grace-zero: {fix: true}
exceptions:
  - rules: [grace-zer]
    reason: a demo
    until: soon
  - rules: [grace-zer]
    until: 2027-06-30
mode: warn
";
    let expected = [
        "4:1: there is no `default` here; did you mean `defaults`?",
        "6:12: a duration needs its unit, as in 30s",
        "7:23: must be 4 or 7",
        "7:39: `soon` is not a duration such as 30s or 1m30s",
        "7:66: a duration needs its unit, as in 30s",
        "8:19: there is no profile `strct`; did you mean `strict`?",
        "11:14: there is no dialect `ingress-ngin`; known are aws-load-balancer-controller, cilium, contour, envoy-gateway, f5-nginx, gke-gateway, ingress-nginx, istio, kgateway, kong, nginx-gateway-fabric, traefik",
        "12:5: `class` is missing",
        "15:14: there is no profile `stric`; did you mean `strict`?",
        "18:7: there is no rule `prestop-mising`; did you mean `prestop-missing`?",
        "20:16: `fatal` is not a level: off, warning or error",
        "21:9: prestop-missing: unknown field `sleeep`, expected one of `scope`, `sleep`, `drain`",
        "22:16: prestop-missing: ",
        "23:25: grace-zero has no fix that admission may apply",
        "25:13: there is no rule `grace-zer`; did you mean `grace-zero`?",
        "27:12: `soon` is not a day such as 2027-06-30",
        "28:5: `reason` is missing",
        "28:13: there is no rule `grace-zer`; did you mean `grace-zero`?",
        "30:1: `mode` is written twice",
    ];
    let told = faults(body);
    let is_told = |expected: &str| told.iter().any(|told| told.starts_with(expected));
    let missing: Vec<&&str> = expected.iter().filter(|expected| !is_told(expected)).collect();
    assert!(missing.is_empty(), "not told: {missing:#?}\ntold: {told:#?}");
    assert_eq!(told.len(), expected.len(), "{told:#?}");
}

#[test]
fn what_is_no_document_is_told_as_such() {
    let told = |text: &str| Plan::parse(text).err().unwrap().0.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(told("").len(), 1);
    assert!(told("")[0].contains("holds no document"), "{:?}", told(""));
    assert_eq!(told("apiVersion: v1\nkind: ConfigMap\n").len(), 2);
    assert!(told("apiVersion: no502.dev/v1alpha1\nkind: [\n").iter().all(|told| told.starts_with("3:")));
    let second = told(&format!("{HEAD}---\n{HEAD}"));
    assert_eq!(second, ["4:1: a policy is a single document; split the file"]);
}

#[test]
fn a_document_is_laid_over_the_shipped_profile_key_by_key() {
    let plan = plan(
        "profiles:\n  baseline:\n    rules:\n      prestop-missing: {sleep: 20s}\n      grace-zero: \"off\"\n      recreate-strategy: off\n      \
         timeout-out-of-range: {level: error, read: {max: 30s}}\n",
    );
    let baseline = plan.profile("baseline").unwrap();
    assert_eq!(holds(baseline, "prestop-missing", "sleep"), (Level::Warning, json!("20s")));
    assert_eq!(holds(baseline, "prestop-missing", "drain"), (Level::Warning, json!("15s")));
    assert_eq!(holds(baseline, "timeout-out-of-range", "read"), (Level::Error, json!({"min": "1s", "max": "30s"})));
    assert_eq!(holds(baseline, "timeout-out-of-range", "send"), (Level::Error, json!({"min": "1s", "max": "3600s"})));
    for off in ["grace-zero", "recreate-strategy"] {
        assert_eq!(baseline.effective[off].level, Some(Level::Off), "{off}");
        assert!(baseline.uses.iter().all(|entry| plan.armed[entry.armed].meta.name != off), "{off} is armed");
    }
    let strict = plan.profile("strict").unwrap();
    assert_eq!(holds(strict, "prestop-missing", "sleep"), (Level::Error, json!("10s")));
}

#[test]
fn a_profile_extends_another_or_else_baseline() {
    let plan = plan(
        "profiles:\n  plain: {rules: {prestop-missing: error}}\n  team: {extends: strict, rules: {grace-zero: warning}}\n  \
         shop: {extends: team, breaking: warning, rules: {prestop-missing: {sleep: 7s}}}\n",
    );
    let plain = plan.profile("plain").unwrap();
    assert_eq!(holds(plain, "prestop-missing", "scope"), (Level::Error, json!("routed")));
    assert_eq!(holds(plain, "recreate-strategy", "scope").0, Level::Warning);
    let (team, shop) = (plan.profile("team").unwrap(), plan.profile("shop").unwrap());
    assert_eq!(holds(shop, "prestop-missing", "sleep"), (Level::Error, json!("7s")));
    assert_eq!(holds(shop, "prestop-missing", "scope"), (Level::Error, json!("serving")));
    assert_eq!(holds(shop, "grace-zero", "scope").0, Level::Warning);
    assert_eq!((team.breaking, shop.breaking), (Level::Error, Level::Warning));
}

#[test]
fn a_profile_that_extends_itself_is_refused() {
    let circle = faults("profiles:\n  a: {extends: b}\n  b: {extends: c}\n  c: {extends: b}\n");
    assert!(!circle.is_empty());
    assert!(circle.iter().all(|told| told.contains("extends itself")), "{circle:?}");
    assert!(circle.iter().all(|told| told.starts_with("5:") || told.starts_with("6:")), "{circle:?}");
    assert_eq!(faults("profiles:\n  a: {extends: a}\n"), ["4:16: profile a extends itself"]);
}

/// Where a value does not fit a schema, for the keywords that ours uses.
fn misfit(schema: &Value, value: &Value, pointer: &str) -> Option<String> {
    for alternatives in ["anyOf", "oneOf"] {
        if let Some(options) = schema[alternatives].as_array() {
            let misfits: Vec<Option<String>> = options.iter().map(|option| misfit(option, value, pointer)).collect();
            if misfits.iter().all(Option::is_some) {
                return Some(format!("{pointer}: fits none of {alternatives}: {misfits:?}"));
            }
        }
    }
    let is_allowed = schema["enum"].as_array().is_none_or(|allowed| allowed.contains(value));
    if !is_allowed || schema.get("const").is_some_and(|only| only != value) {
        return Some(format!("{pointer}: {value} is not allowed"));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(only) => vec![only],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let own = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !types.is_empty() && !types.contains(&own) {
        return Some(format!("{pointer}: {value} is not of type {types:?}"));
    }
    let items = value.as_array().into_iter().flatten().enumerate();
    let mut items = items.filter_map(|(index, item)| misfit(schema.get("items")?, item, &format!("{pointer}/{index}")));
    let fields = value.as_object().into_iter().flatten();
    let mut fields = fields.filter_map(|(key, field)| {
        let pointer = format!("{pointer}/{key}");
        match (schema["properties"].get(key), &schema["additionalProperties"]) {
            (Some(own), _) => misfit(own, field, &pointer),
            (None, Value::Bool(false)) => Some(format!("{pointer}: unknown")),
            (None, Value::Null | Value::Bool(true)) => None,
            (None, others) => misfit(others, field, &pointer),
        }
    });
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut missing = required.filter(|key| value.is_object() && value[*key].is_null());
    items.next().or_else(|| fields.next()).or_else(|| missing.next().map(|key| format!("{pointer}: {key} is missing")))
}

#[test]
fn the_schema_fits_what_ships_and_refuses_what_is_misspelt() {
    let schema = schema();
    for text in [shipped::BASELINE, shipped::STRICT] {
        assert_eq!(misfit(&schema, &yaml::read(text).0[0].value, ""), None);
    }
    for (wrong, pointer) in [
        ("profile: {}\n", "/profile: unknown"),
        ("mode: enforced\n", "/mode: "),
        ("clients: {timeout: 30}\n", "/clients/timeout: "),
        ("profiles: {baseline: {rules: {prestop-mising: warning}}}\n", "/profiles/baseline/rules/prestop-mising: unknown"),
        ("profiles: {baseline: {rules: {prestop-missing: {sleeep: 5s}}}}\n", "/profiles/baseline/rules/prestop-missing: "),
        ("profiles: {baseline: {rules: {grace-zero: {fix: true}}}}\n", "/profiles/baseline/rules/grace-zero: "),
        ("gateways: [{class: nginx}]\n", "/gateways/0: dialect is missing"),
        ("exceptions: [{reason: a demo}]\n", "/exceptions/0: until is missing"),
    ] {
        let document = yaml::read(&format!("{HEAD}{wrong}")).0.remove(0).value;
        let found = misfit(&schema, &document, "");
        assert!(found.as_ref().is_some_and(|found| found.starts_with(pointer)), "{wrong}: {found:?}");
        assert!(!faults(wrong).is_empty(), "the schema refuses what the reader takes: {wrong}");
    }
}

#[test]
fn the_schema_and_the_reader_know_the_same_keys() {
    let schema = schema();
    let misspelt =
        |body: &str| faults(body).into_iter().find(|told| told.contains("there is no") || told.contains("unknown field"));
    for key in schema["properties"].as_object().unwrap().keys().filter(|key| !matches!(key.as_str(), "apiVersion" | "kind")) {
        assert_eq!(misspelt(&format!("{key}:\n")), None);
    }
    let rules =
        schema["properties"]["profiles"]["additionalProperties"]["properties"]["rules"]["properties"].as_object().unwrap();
    assert_eq!(rules.len(), RULES.len());
    for entry in RULES {
        let rule = &rules[entry.meta.name];
        let forms = rule["anyOf"].as_array().unwrap();
        let mut keys: Vec<&str> = forms
            .iter()
            .filter_map(|form| form["properties"].as_object())
            .flat_map(|own| own.keys())
            .map(String::as_str)
            .collect();
        keys.retain(|key| !matches!(*key, "level" | "fix"));
        let known = entry.baseline();
        assert_eq!(keys, known.as_object().unwrap().keys().collect::<Vec<_>>(), "{}", entry.meta.name);
    }
}
