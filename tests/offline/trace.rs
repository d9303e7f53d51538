//! `no502 trace` as people run it.

use std::path::Path;

use serde_json::Value;

use crate::cli::{Ran, parsed, run, run_in, run_with};

const POLICY: [&str; 2] = ["--policy", "trace/policy.yaml"];

fn trace(what: &str, file: &str, more: &[&str]) -> Ran {
    run(&[&["trace", what, &format!("trace/{file}.yaml")], &POLICY[..], more].concat())
}

/// What each way takes, and how it stands to the request.
fn order(ran: &Ran) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let report = parsed(ran);
    let chains = report["chains"].as_array().unwrap().iter();
    chains.map(|chain| (text(&chain["takes"]), text(&chain["verdict"]))).collect()
}

const SEEN: [(&str, &str, &str); 5] = [
    ("ingress", "shop.example.com/cart", "ingress"),
    ("gateway_api", "https://shop.example.com/cart/1?x=2", "gateway-api"),
    ("virtual_server", "VirtualServer/cafe/cafe", "virtual-server"),
    ("broken", "ing/shop", "broken"),
    ("load_balancer", "svc/office/mail", "load-balancer"),
];

#[test]
fn the_ways_as_text() {
    for (name, what, file) in SEEN {
        let ran = trace(what, file, &[]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{file}");
        let long: Vec<&str> = ran.out.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(long.is_empty(), "{long:#?}");
        insta::assert_snapshot!(format!("{name}_text"), ran.out);
    }
}

#[test]
fn the_ways_as_json() {
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    for (name, what, file) in SEEN {
        let ran = trace(what, file, &["--format", "json"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{file}");
        assert!(ran.out.contains(&version), "{}", ran.out);
        insta::assert_snapshot!(format!("{name}_json"), ran.out.replace(&version, "\"version\": \"VERSION\""));
    }
}

#[test]
fn the_ways_as_a_diagram() {
    for (name, what, file) in SEEN {
        let ran = trace(what, file, &["--format", "mermaid"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{file}");
        // Within the quotation marks of a label nothing may end it.
        for line in ran.out.lines().filter(|line| line.contains('"')) {
            assert_eq!(line.matches('"').count(), 2, "{line}");
        }
        insta::assert_snapshot!(format!("{name}_mermaid"), ran.out);
    }
}

#[test]
fn the_path_that_is_tried_first_stands_first() {
    for (file, what, expected) in [
        ("ingress", "shop.example.com/api/v1", &[("shop.example.com/api", "takes"), ("shop.example.com/", "behind")][..]),
        ("ingress", "shop.example.com/apis", &[("shop.example.com/", "takes")]),
        ("virtual-server", "cafe.example.com/coffee", &[("cafe.example.com =/coffee", "takes")]),
        (
            "virtual-server",
            "cafe.example.com/tea/1",
            &[("cafe.example.com ~ ^/t.a", "perhaps"), ("cafe.example.com/tea", "takes")],
        ),
        // Without a host of its own, a route has that of its listener.
        ("gateway-api", "www.example.com/", &[("*/", "takes")]),
        (
            "gateway-api",
            "shop.example.com/",
            &[
                ("shop.example.com/ca.*", "perhaps"),
                ("shop.example.com/", "takes"),
                ("*/", "behind"),
                ("shop.example.com/", "detached"),
            ],
        ),
    ] {
        let got = order(&trace(what, file, &["--format", "json"]));
        let got: Vec<(&str, &str)> = got.iter().map(|(takes, verdict)| (takes.as_str(), verdict.as_str())).collect();
        assert_eq!(got, expected, "{file} {what}");
    }
}

/// An Ingress for a host, with annotations and paths of a type.
fn ingress(name: &str, host: &str, annotation: &str, paths: &[(&str, &str)]) -> String {
    let backend = "{service: {name: web, port: {number: 80}}}";
    let paths: Vec<String> =
        paths.iter().map(|(path, kind)| format!("{{path: \"{path}\", pathType: {kind}, backend: {backend}}}")).collect();
    let paths = paths.join(", ");
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, annotations: {{{annotation}}}}}\nspec: \
         {{ingressClassName: nginx, rules: [{{host: \"{host}\", http: {{paths: [{paths}]}}}}]}}\n---\n"
    )
}

fn asked(input: &str, what: &str) -> Vec<(String, String)> {
    order(&run_with(input, &["trace", what, "-", "--format", "json"]))
}

#[test]
fn a_nearer_host_hides_the_wildcard_also_where_it_has_no_path() {
    let both =
        ingress("wild", "*.example.com", "", &[("/", "Prefix")]) + &ingress("own", "a.example.com", "", &[("/x", "Prefix")]);
    assert_eq!(asked(&both, "b.example.com/y"), [("*.example.com/".into(), "takes".into())]);
    assert_eq!(asked(&both, "a.example.com/y"), [("*.example.com/".into(), "behind".into())]);
    let ways = asked(&both, "a.example.com/x/1");
    assert_eq!(ways, [("a.example.com/x".into(), "takes".into()), ("*.example.com/".into(), "behind".into())]);
}

#[test]
fn on_a_host_with_expressions_the_longest_text_is_tried_first() {
    let regex = "nginx.ingress.kubernetes.io/use-regex: \"true\"";
    let paths = [("/api/(.*)", "ImplementationSpecific"), ("/api/v1", "Exact"), ("/a(b|c)i/x", "ImplementationSpecific")];
    let input = ingress("web", "a.example.com", regex, &paths);
    let ways = asked(&input, "a.example.com/api/v1/x");
    let ways: Vec<(&str, &str)> = ways.iter().map(|(takes, verdict)| (takes.as_str(), verdict.as_str())).collect();
    assert_eq!(
        ways,
        [("a.example.com/a(b|c)i/x", "perhaps"), ("a.example.com/api/(.*)", "takes"), ("a.example.com/api/v1", "behind"),]
    );
}

#[test]
fn a_canary_takes_a_share_and_never_the_place_of_the_other() {
    let canary = "nginx.ingress.kubernetes.io/canary: \"true\"";
    let input =
        ingress("a", "a.example.com", canary, &[("/", "Prefix")]) + &ingress("b", "a.example.com", "", &[("/", "Prefix")]);
    let verdicts: Vec<String> = asked(&input, "a.example.com").into_iter().map(|(_, verdict)| verdict).collect();
    assert_eq!(verdicts, ["takes", "splits"]);
}

#[test]
fn what_is_found_stands_at_the_hop_where_it_bites() {
    let report = parsed(&trace("ing/shop/shop", "broken", &["--format", "json"]));
    let rules = |findings: &Value| -> Vec<String> {
        findings.as_array().unwrap().iter().map(|own| own["rule"].as_str().unwrap().to_owned()).collect()
    };
    let [web, cart] = [0, 1].map(|index| &report["chains"][index]);
    assert_eq!(rules(&web["legs"][0]["service"]["findings"]), ["target-port-unresolved"]);
    assert!(rules(&web["findings"]).iter().all(|rule| rule != "backend-service-missing"), "{:#}", web["findings"]);
    assert_eq!(rules(&cart["findings"])[0], "backend-service-missing");
    assert_eq!((&cart["legs"][0]["service"]["state"], &cart["legs"][0]["pods"]), (&"missing".into(), &Value::Array(Vec::new())));
    assert!(web["first"].as_str().unwrap().starts_with("Service shop/web: "), "{}", web["first"]);
    // Another port of the Service is not on the way.
    let report = parsed(&trace("shop.example.com/cart", "ingress", &["--format", "json"]));
    assert_eq!(rules(&report["chains"][0]["legs"][0]["service"]["findings"]), Vec::<String>::new());
}

#[test]
fn a_workload_and_a_gateway_are_asked_for_by_name() {
    for (file, what, takes) in [
        ("ingress", "deploy/api", &["shop.example.com/api"][..]),
        ("ingress", "Deployment/shop/web", &["shop.example.com/"]),
        ("load-balancer", "ds/mail", &["mail.office:25", "mail.office:143"]),
        (
            "gateway-api",
            "Gateway/edge",
            &[
                "shop.example.com/cart or /cart with header x-tenant=gold",
                "shop.example.com/ca.*",
                "shop.example.com/",
                "*/",
                "shop.example.com/",
            ],
        ),
    ] {
        let got: Vec<String> = order(&trace(what, file, &["--format", "json"])).into_iter().map(|(takes, _)| takes).collect();
        assert_eq!(got, takes, "{file} {what}");
    }
}

#[test]
fn what_is_not_there_ends_with_2_and_says_what_is_near() {
    for (file, what, said) in [
        ("ingress", "shop.exmple.com/cart", "no path takes shop.exmple.com/cart; did you mean shop.example.com?"),
        ("ingress", "other.test/", "the hosts are shop.example.com"),
        (
            "virtual-server",
            "cafe.example.com/milk",
            "no path of cafe.example.com takes /milk; its paths are /tea, =/coffee, ~ ^/t.a",
        ),
        ("load-balancer", "mail.example.com/", "nothing that declares routes was read"),
        ("ingress", "Ingress/shop/shopp", "there is no Ingress shop/shopp; did you mean Ingress/shop/shop?"),
        ("ingress", "ConfigMap/x", "no request goes through a ConfigMap; ask for one of"),
        ("ingress", "Ingress", "write HOST/PATH, KIND/NAME or KIND/NAMESPACE/NAME"),
        ("ingress", "Ingress/a/b/c", "write KIND/NAMESPACE/NAME"),
        ("no-such-file", "Ingress/web", "trace/no-such-file.yaml: unreadable: "),
    ] {
        let ran = trace(what, file, &[]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{what}");
        assert!(ran.err.contains(said), "{what}: {}", ran.err);
    }
    let ran = run(&["trace", "Ingress/shop", "trace/ingress.yaml", "trace/no-such-file.yaml"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.out.contains("of Ingress shop/shop") && ran.out.contains("no-such-file.yaml: unreadable: "), "{}", ran.out);
}

#[test]
fn the_same_input_in_another_order_gives_the_same_answer() {
    let files = ["trace/ingress.yaml", "trace/broken.yaml"];
    let once = run(&["trace", "shop.example.com/cart", files[0], files[1]]);
    let again = run(&["trace", "shop.example.com/cart", files[1], files[0]]);
    assert_eq!((once.code, once.out), (0, again.out));
}

#[test]
fn what_the_readme_shows_is_what_comes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let (_, rest) = readme.split_once("$ no502 trace ").expect("README.md shows a trace");
    let (command, rest) = rest.split_once('\n').unwrap();
    let (shown, _) = rest.split_once("```").unwrap();
    let args: Vec<&str> = ["trace"].into_iter().chain(command.split_whitespace()).collect();
    let ran = run_in(root, &args);
    assert_eq!(ran.out.trim_end(), shown.trim_end(), "README.md is not current");
}
