//! What `no502 trace` claims holds: each of these was said otherwise where it is not so.

use serde_json::Value;

use crate::cli::{Ran, parsed, run, run_in, run_with};

const POLICY: [&str; 2] = ["--policy", "trace/policy.yaml"];

fn of_file(what: &str, file: &str) -> String {
    let ran = run(&[&["trace", what, &format!("trace/{file}.yaml")], &POLICY[..]].concat());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{file}");
    ran.out
}

fn of(input: &str, what: &str) -> String {
    let ran = run_with(input, &["trace", what, "-"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{input}");
    ran.out
}

fn json_of(input: &str, what: &str) -> Value {
    let ran = run_with(input, &["trace", what, "-", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    parsed(&ran)
}

/// Whether the text holds these words, wherever its lines are broken.
fn says(text: &str, words: &str) -> bool {
    let joined: Vec<&str> = text.lines().map(|line| line.trim_start_matches(['|', ' '])).collect();
    joined.join(" ").split_whitespace().collect::<Vec<_>>().join(" ").contains(words)
}

#[track_caller]
fn assert_says(text: &str, words: &[&str]) {
    for words in words {
        assert!(says(text, words), "{words}:\n{text}");
    }
}

#[track_caller]
fn assert_silent(text: &str, words: &[&str]) {
    for words in words {
        assert!(!says(text, words), "{words}:\n{text}");
    }
}

const WEB: &str = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1
          ports: [{containerPort: 8080}]
          readinessProbe: {httpGet: {path: /ready, port: 8080}}
          lifecycle: {preStop: {sleep: {seconds: 10}}}
---
";

/// An Ingress of `a.example.com` with these annotations, each path with its Service.
fn ingress(name: &str, annotations: &str, paths: &[(&str, &str, u16)]) -> String {
    let path = |(path, service, port): &(&str, &str, u16)| {
        format!("{{path: {path}, pathType: Prefix, backend: {{service: {{name: {service}, port: {{number: {port}}}}}}}}}")
    };
    let paths: Vec<String> = paths.iter().map(path).collect();
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}\nspec: \
         {{ingressClassName: nginx, rules: [{{host: a.example.com, http: {{paths: [{}]}}}}]}}\n---\n",
        paths.join(", ")
    )
}

const CLASS: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: envoy}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec: {gatewayClassName: envoy, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
";

fn http_route(name: &str, rule: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}}}\nspec: {{parentRefs: [{{name: edge}}], \
         hostnames: [a.example.com], rules: [{rule}]}}\n---\n"
    )
}

#[test]
fn the_worst_case_is_the_longest_and_says_whose_it_is() {
    // One try for each pod is longer than one try.
    let text = of_file("VirtualServer/cafe/cafe", "virtual-server");
    assert_says(&text, &["at worst 60 s x the pods there are (GET, HEAD, PUT, DELETE): 504 if the pods read nothing"]);
    assert_says(&text, &["at worst 90 s x the pods there are (GET, HEAD, PUT, DELETE): 504 if the pods say nothing"]);
    let text = of_file("shop.example.com/cart", "ingress");
    assert_says(&text, &["at worst 120 s x 2 tries = 240 s (GET, HEAD, PUT, DELETE): 504"]);
    // Where nothing ends a wait for the answer, that of a connection is not the worst.
    let class = CLASS.replace("gateway.envoyproxy.io/gatewayclass-controller", "traefik.io/gateway-controller");
    let traefik = format!("{class}{}{WEB}", http_route("web", "{backendRefs: [{name: web, port: 80}]}"));
    assert_says(&of(&traefik, "HTTPRoute/web"), &["at worst without end: nothing ends a wait for the answer"]);
    // A limit of the whole request is that of all.
    assert_says(&of_file("shop.example.com/cart", "gateway-api"), &["at worst 30 s: 504 if the whole exchange is not over"]);
}

#[test]
fn what_is_spoken_is_what_the_port_says() {
    let text = of_file("shop.example.com/cart", "gateway-api");
    assert_says(&text, &["speaks HTTP/2 without TLS appProtocol of port 80 (trace/gateway-api.yaml:54)"]);
    assert_silent(&text, &["plain HTTP"]);
    let route = http_route("web", "{backendRefs: [{name: web, port: 80}]}");
    let plain = of(&format!("{CLASS}{route}{WEB}"), "HTTPRoute/web");
    assert_says(&plain, &["speaks plain HTTP default of Envoy Gateway"]);
    assert_silent(&plain, &["appProtocol"]);
    let policy = "apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {name: web}\nspec: {targetRefs: \
                  [{group: '', kind: Service, name: web}], validation: {hostname: web, wellKnownCACertificates: System}}\n---\n";
    let tls = of(&format!("{CLASS}{route}{WEB}{policy}"), "HTTPRoute/web");
    assert_says(&tls, &["speaks HTTPS BackendTLSPolicy default/web (<stdin>:"]);
}

#[test]
fn a_canary_goes_along_with_the_very_same_path_only() {
    let canary = "nginx.ingress.kubernetes.io/canary: 'true', nginx.ingress.kubernetes.io/canary-weight: '20'";
    let main = ingress("main", "", &[("/", "web", 80), ("/api", "api", 80)]);
    let input = format!("{main}{}{WEB}", ingress("next", canary, &[("/", "web-next", 80)]));
    let verdicts = |what: &str| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let report = json_of(&input, what);
        let chains = report["chains"].as_array().unwrap().iter();
        chains.map(|chain| (text(&chain["object"]["name"]), text(&chain["verdict"]))).collect()
    };
    let pairs = |all: &[(&str, &str)]| -> Vec<(String, String)> {
        all.iter().map(|(name, verdict)| ((*name).to_owned(), (*verdict).to_owned())).collect()
    };
    assert_eq!(verdicts("a.example.com/x"), pairs(&[("main", "takes"), ("next", "splits")]));
    assert_eq!(verdicts("a.example.com/api"), pairs(&[("main", "takes"), ("main", "behind"), ("next", "behind")]));
    let text = of(&input, "a.example.com/x");
    assert_says(&text, &["takes 20 of 100 requests, as a canary of Ingress default/main"]);
    assert_says(&text, &["a canary: what Ingress default/main says holds"]);
    assert_silent(&text, &["not known: speaks"]);
    let report = json_of(&input, "a.example.com/x");
    assert_eq!(report["chains"][1]["canary"]["share"], serde_json::json!([20, 100]));
    // What leads to the same port is split wherever it does.
    let same = input.replace("name: api, port", "name: web, port");
    assert!(says(&of(&same, "a.example.com/api"), "takes 20 of 100 requests, as a canary of Ingress default/main"));
    let effective = run_with(&input, &["effective", "-", "--object", "Ingress/next"]).out;
    assert_says(
        &effective,
        &["Nothing is known of its settings: of a canary, what the object with the same host and path says holds."],
    );
    assert_silent(&effective, &["TLS may pass through"]);
    let alone = ingress("next", canary, &[("/", "web", 80)]) + WEB;
    assert_says(&of(&alone, "a.example.com/"), &["gets no request: a canary has no path of its own"]);
}

#[test]
fn the_default_backend_and_the_paths_have_findings_of_their_own() {
    let input = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec: {ingressClassName: nginx, \
                 defaultBackend: {service: {name: gone, port: {number: 80}}}, rules: [{host: a.example.com, http: {paths: [{path: /, \
                 pathType: Prefix, backend: {service: {name: lost, port: {number: 80}}}}]}}]}\n";
    let report = json_of(input, "Ingress/web");
    let fields = |index: usize| -> Vec<String> {
        let findings = report["chains"][index]["findings"].as_array().unwrap().iter();
        let missing = findings.filter(|own| own["rule"] == "backend-service-missing");
        missing.map(|own| own["field"].as_str().unwrap().to_owned()).collect()
    };
    let of_takes = |takes: &str| {
        let chains = report["chains"].as_array().unwrap();
        fields(chains.iter().position(|chain| chain["takes"] == takes).unwrap())
    };
    assert_eq!(of_takes("a.example.com/"), ["/spec/rules/0/http/paths/0/backend/service/name"]);
    assert_eq!(of_takes("the default backend"), ["/spec/defaultBackend/service/name"]);
}

#[test]
fn the_drain_of_a_sidecar_is_not_reckoned() {
    let sidecar = "      initContainers: [{name: proxy, image: registry.example.com/proxy:1, restartPolicy: Always, ports: \
                   [{containerPort: 9090}]}]\n      containers:\n";
    let input = WEB.replace("targetPort: 8080", "targetPort: 9090").replace("      containers:\n", sidecar);
    assert_says(&of(&input, "svc/web"), &["container proxy on 9090", "stop: a sidecar is stopped after the other containers"]);
    let drain = &json_of(&input, "svc/web")["chains"][0]["legs"][0]["pods"][0]["drain"];
    assert_eq!((&drain["fits"], &drain["preStop"]), (&Value::Null, &Value::Null));
    assert_says(&of_file("shop.example.com/cart", "gateway-api"), &["= at least 15 s of 30 s grace (default): not known"]);
}

#[test]
fn nothing_to_do_is_said_only_where_there_is_nothing() {
    let first = |input: &str, what: &str| json_of(input, what)["chains"][0]["first"].as_str().unwrap().to_owned();
    let healthy = WEB.replace("metadata: {name: web}\nspec:\n", "metadata: {name: web}\nspec:\n  replicas: 2\n");
    assert_eq!(first(&healthy, "svc/web"), "nothing to do: no fault was found on this way");
    let (service, _) = WEB.split_once("---").unwrap();
    assert_eq!(first(service, "svc/web"), "nothing certain: no pods were seen behind Service default/web");
    let slice = "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-x, labels: {kubernetes.io/service-name: \
                 web}}\naddressType: IPv4\nendpoints: [{addresses: [10.0.0.1], conditions: {ready: false}}]\n";
    assert_eq!(first(&format!("{healthy}{slice}"), "svc/web"), "nothing certain: no pod behind Service default/web is ready");
    let other = http_route("web", "{backendRefs: [{group: example.com, kind: Bucket, name: b}]}");
    let told = "nothing certain: no502 does not read what answers here";
    assert_eq!(first(&format!("{CLASS}{other}"), "HTTPRoute/web"), told);
    let hookless = healthy.replace("          lifecycle: {preStop: {sleep: {seconds: 10}}}\n", "");
    let main = ingress("main", "", &[("/", "web", 80)]);
    assert!(first(&format!("{main}{hookless}"), "ing/main").starts_with("Deployment default/web: "));
    let allow = "annotations: {no502.dev/allow: prestop-missing, no502.dev/allow-reason: a batch of work, no502.dev/allow-until: \
                 '2999-12-31'}";
    let excepted = hookless
        .replace("metadata: {name: web}\nspec:\n  replicas", &format!("metadata: {{name: web, {allow}}}\nspec:\n  replicas"));
    assert_eq!(first(&format!("{main}{excepted}"), "ing/main"), "nothing to do: 1 finding, excepted");
}

#[test]
fn what_is_certain_comes_first() {
    let hookless = WEB.replace("          lifecycle: {preStop: {sleep: {seconds: 10}}}\n", "");
    let two = http_route("web", "{backendRefs: [{name: gone, port: 80}, {name: web, port: 80}]}");
    let report = json_of(&format!("{CLASS}{two}{hookless}"), "HTTPRoute/web");
    let chain = &report["chains"][0];
    assert_eq!(chain["findings"][0]["certainty"], "pending", "{chain:#}");
    assert!(chain["first"].as_str().unwrap().starts_with("Deployment default/web: "), "{}", chain["first"]);
}

#[test]
fn the_autoscaler_says_how_many_replicas_there_are() {
    let text = of_file("shop.example.com/cart", "ingress");
    assert_says(&text, &["Deployment shop/web: 3 to 10 replicas (HorizontalPodAutoscaler web)"]);
    assert_silent(&text, &["3 replicas"]);
}

#[test]
fn where_nothing_gets_through_no_wait_is_told() {
    let shut = http_route("web", "{backendRefs: [{name: web, port: 80, weight: 0}]}");
    let text = of(&format!("{CLASS}{shut}{WEB}"), "HTTPRoute/web");
    assert_says(&text, &["(weight 0: gets no request)", "answered by the gateway, with 500: all backends have weight 0"]);
    assert_silent(&text, &["at worst"]);
    let half = http_route("web", "{backendRefs: [{name: web, port: 80, weight: 0}, {name: web, port: 80, weight: 1}]}");
    let text = of(&format!("{CLASS}{half}{WEB}"), "HTTPRoute/web");
    assert_says(&text, &["(weight 0: gets no request)", "at worst", "Deployment default/web: as above"]);
    let wrong = format!("{}{WEB}", ingress("web", "", &[("/", "web", 81)]));
    let text = of(&wrong, "Ingress/web");
    assert_says(&text, &["answered by the gateway, with 503: the Service has no port 81"]);
    assert_silent(&text, &["at worst", "Deployment default/web:"]);
    let empty = http_route("web", "{matches: [{method: POST, path: {value: /login}}]}");
    let text = of(&format!("{CLASS}{empty}"), "HTTPRoute/web");
    assert_says(&text, &["POST a.example.com/login of", "answered by the gateway, with 500: the rule names no backend"]);
    let name =
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: ExternalName, externalName: web.example.com}\n";
    let text = of(&format!("{}{name}", ingress("web", "", &[("/", "web", 443)])), "Ingress/web");
    assert_says(&text, &["port 443 of that name"]);
    assert_silent(&text, &["which the Service does not have"]);
}

#[test]
fn no_more_is_claimed_than_was_seen() {
    let text = of_file("shop.example.com/cart", "ingress");
    assert_says(&text, &["network: no NetworkPolicy that was seen is in the way of ingress-nginx"]);
    let text = of_file("VirtualServer/cafe/cafe", "virtual-server");
    assert_says(&text, &["Service cafe/tea (a share of the requests, not read)"]);
    let text = of_file("shop.example.com/", "gateway-api");
    assert_says(&text, &["no listener takes it (Gateway edge/edge: no listener has that name or port)"]);
    let by_hand = "apiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {ports: [{port: 5432}]}\n";
    assert_says(&of(by_hand, "svc/db"), &["it has no selector: its endpoints are written by hand"]);
    assert_says(&of_file("ing/shop", "broken"), &["(pending)", "pending: an object that was not seen may change it"]);
    assert_silent(&of_file("svc/mail", "load-balancer"), &["pending", "a proxy may send"]);
}

#[test]
fn a_rule_that_only_redirects_has_no_timeouts() {
    let redirect = "{filters: [{type: RequestRedirect, requestRedirect: {hostname: b.example.com}}]}";
    let ran = run_with(&format!("{CLASS}{}", http_route("web", redirect)), &["effective", "-"]);
    assert_says(&ran.out, &["answer the gateway itself, with a redirect"]);
    assert_silent(&ran.out, &["what holds", "the worst case"]);
    let two = http_route("web", "{backendRefs: [{name: web, port: 80}, {name: next, port: 80}]}");
    let ran = run_with(&format!("{CLASS}{two}"), &["effective", "-"]);
    assert_silent(&ran.out, &["a.example.com/, a.example.com/"]);
}

fn failed(ran: &Ran) -> &str {
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    &ran.err
}

#[test]
fn what_is_not_there_is_told_with_its_reason() {
    let (_, deployment) = WEB.split_once("---\n").unwrap();
    let ruleless = format!("{CLASS}{}", http_route("web", ""));
    for (input, what, said) in [
        (deployment, "deploy/web", "no Service selects the pods of Deployment default/web, so nothing reaches them"),
        (CLASS, "gtw/edge", "no route hangs on Gateway default/edge"),
        (&ruleless, "HTTPRoute/web", "HTTPRoute default/web has no rules"),
        (&ruleless, "a.example.com/", "HTTPRoute default/web names that host, and declares no path"),
        (WEB, "svc/nope", "there is no Service nope; there is Service/default/web"),
        (WEB, "ing/web", "there is no Ingress web; did you mean Deployment/default/web, Service/default/web?"),
        (WEB, "foo/bar", "(or KIND/NAME, such as Service/bar)"),
        (WEB, "shop", "(or KIND/NAME, such as Service/shop)"),
        (WEB, "hpa/web", "no request goes through a HorizontalPodAutoscaler; ask for one of"),
        (WEB, "netpol/web", "no request goes through a NetworkPolicy; ask for one of"),
        (WEB, "", "no502: write HOST/PATH"),
        (WEB, "service/", "service/: write HOST/PATH"),
    ] {
        let ran = run_with(input, &["trace", what, "-"]);
        let err = failed(&ran);
        assert!(err.contains(said), "{what}: {err}");
    }
    let ran = run(&["trace", "Ingress/web", "trace/no-such-file.yaml"]);
    assert!(failed(&ran).starts_with("no502: trace/no-such-file.yaml: unreadable: "), "{}", ran.err);
}

#[test]
fn several_answers_are_told_apart() {
    let two = format!(
        "{}{}",
        WEB.replace("{name: web}", "{name: web, namespace: one}"),
        WEB.replace("{name: web}", "{name: web, namespace: two}")
    );
    assert_says(&of(&two, "svc/web"), &["2 services are called web: one/web, two/web"]);
    assert_silent(&of(WEB, "svc/web"), &["are called"]);
    let folder = tempfile::tempdir().unwrap();
    for file in ["a", "b"] {
        std::fs::create_dir(folder.path().join(file)).unwrap();
        std::fs::write(folder.path().join(file).join("web.yaml"), WEB).unwrap();
    }
    let ran = run(&["trace", "svc/web", &folder.path().display().to_string()]);
    assert_says(&ran.out, &["Service default/web stands in 2 files; each is shown in its own world"]);
    let input = ingress("main", "", &[("/", "web", 80)]) + WEB;
    for file in ["a", "b"] {
        std::fs::write(folder.path().join(file).join("web.yaml"), &input).unwrap();
    }
    let ran = run(&["trace", "a.example.com/", &folder.path().display().to_string()]);
    assert_says(&ran.out, &["Ingress default/main stands in 2 files; each is shown in its own world"]);
    let ran = run_in(&folder.path().join("a"), &["trace", "ing/main"]);
    assert_says(&ran.out, &["Ingress default/main (web.yaml:1)"]);
    // Of many that get no request only some are named.
    let many: String = (10..30).map(|index| ingress(&format!("w{index}"), "", &[("/", "web", 80)])).collect();
    let text = of(&format!("{many}{WEB}"), "a.example.com/");
    assert_says(&text, &["and 11 more that get no such request"]);
}

#[test]
fn rules_and_explain_say_that_no_policy_changes_them() {
    for args in [&["rules", "--profile", "strict"][..], &["explain", "grace-zero", "--policy", "trace/policy.yaml"]] {
        let ran = run(args);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.err.contains("`no502 policy show` tells what holds"), "{}", ran.err);
    }
    assert_eq!(run(&["rules"]).err, "");
}
