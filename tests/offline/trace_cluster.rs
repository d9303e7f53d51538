//! `no502 trace --cluster` and `no502 check --cluster`, against an API server that knows only lists.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use no502::collect::files::Input;
use serde_json::{Value, json};

use crate::cli::{Ran, parsed, run};

/// The objects of each path such as `/apis/apps/v1/deployments`.
type Lists = BTreeMap<String, Vec<Value>>;

/// An API server with the objects of some files, and what it was asked.
struct Api {
    folder: tempfile::TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Api {
    fn serve(mut change: impl FnMut(&mut Lists)) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/cli/trace");
        let mut lists = Lists::new();
        for path in
            ["/api/v1/services", "/api/v1/namespaces", "/apis/apps/v1/deployments", "/apis/networking.k8s.io/v1/ingresses"]
        {
            lists.insert(path.to_owned(), Vec::new());
        }
        for entry in Input::read(&[folder.join("ingress.yaml"), folder.join("gateway-api.yaml")], Some("default")).objects {
            let kind = entry.object.id.kind;
            let version = kind.api_version();
            let root = if version.contains('/') { "/apis" } else { "/api" };
            // Objects of a list do not repeat what the list says of all.
            let mut raw = entry.object.raw;
            raw.as_object_mut().unwrap().retain(|key, _| key != "apiVersion" && key != "kind");
            lists.entry(format!("{root}/{version}/{}", kind.plural())).or_default().push(raw);
        }
        change(&mut lists);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                answer(stream, &lists, &heard);
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "me", "user": {}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        });
        std::fs::write(folder.path().join("config"), config.to_string()).unwrap();
        Self { folder, asked }
    }

    fn trace(&self, args: &[&str]) -> Ran {
        let config = self.folder.path().join("config").display().to_string();
        run(&[&["trace"], args, &["--cluster", "--kubeconfig", &config, "--policy", "trace/policy.yaml"]].concat())
    }
}

/// One request and its answer: pages of one object, and 404 for what there is no list of.
fn answer(mut stream: TcpStream, lists: &Lists, heard: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let _ = lines.by_ref().take_while(|line| !line.is_empty()).count();
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    heard.lock().unwrap().push(target.clone());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let from: usize = query.split('&').find_map(|pair| pair.strip_prefix("continue=")).map_or(0, |token| token.parse().unwrap());
    let (status, body) = match lists.get(path) {
        Some(items) if items.first().is_some_and(|item| item == "forbidden") => (
            403,
            json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "reason": "Forbidden", "message": "you may not"}),
        ),
        Some(items) => {
            let next = if from + 1 < items.len() { json!((from + 1).to_string()) } else { Value::Null };
            let page: Vec<&Value> = items.iter().skip(from).take(1).collect();
            (200, json!({"kind": "List", "apiVersion": "v1", "metadata": {"continue": next}, "items": page}))
        }
        None => (
            404,
            json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404, "reason": "NotFound", "message": "page not found"}),
        ),
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

#[test]
fn a_cluster_is_listed_once_and_what_it_lacks_is_said() {
    let api = Api::serve(|_| {});
    let ran = api.trace(&["shop.example.com/api", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.starts_with("no502: the cluster has no ") && ran.err.contains("VirtualServer"), "{}", ran.err);
    let report = parsed(&ran);
    let ways: Vec<&str> = report["chains"].as_array().unwrap().iter().map(|chain| chain["takes"].as_str().unwrap()).collect();
    assert!(ways.contains(&"shop.example.com/api") && ways.contains(&"shop.example.com/ca.*"), "{ways:?}");
    let pods =
        &report["chains"].as_array().unwrap().iter().find(|chain| chain["takes"] == "shop.example.com/api").unwrap()["legs"][0];
    assert_eq!((&pods["pods"][0]["object"]["name"], &pods["pods"][0]["line"]), (&"api".into(), &0.into()));
    // All policies were listed.
    assert_eq!(pods["pods"][0]["network"]["shown"], "no NetworkPolicy is in the way of ingress-nginx");
    let asked = api.asked.lock().unwrap();
    let services: Vec<&String> = asked.iter().filter(|path| path.starts_with("/api/v1/services")).collect();
    // Three Services, each on a page of its own.
    assert_eq!(services.len(), 3, "{services:?}");
    assert!(services.iter().all(|path| path.contains("limit=500")), "{services:?}");
}

#[test]
fn files_are_judged_over_what_the_cluster_has() {
    let api = Api::serve(|_| {});
    let folder = tempfile::tempdir().unwrap();
    let route = |port: u16| {
        let backend = json!({"service": {"name": "web", "port": {"number": port}}});
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "more", "namespace": "shop"},
            "spec": {"ingressClassName": "nginx", "defaultBackend": backend}
        })
    };
    let path = folder.path().join("route.json");
    let name = path.display().to_string();
    let check = |port: u16, more: &[&str]| {
        std::fs::write(&path, route(port).to_string()).unwrap();
        let rule = ["--rule", "backend-port-missing", "--rule", "backend-service-missing", "--format", "json", "--policy"];
        let ran = run(&[&["check", &name], &rule[..], &["trace/policy.yaml"], more].concat());
        let report = parsed(&ran);
        let findings = report["findings"].as_array().unwrap().clone();
        let said = |own: &Value| format!("{} {} {}", own["rule"], own["level"], own["certainty"]).replace('"', "");
        (ran.code, findings.iter().map(said).collect::<Vec<_>>())
    };
    let config = api.folder.path().join("config").display().to_string();
    let cluster = ["--cluster", "--kubeconfig", &config];
    assert_eq!(check(80, &cluster), (0, Vec::new()));
    assert_eq!(check(81, &cluster), (1, vec!["backend-port-missing error certain".to_owned()]));
    // Without the cluster nobody knows the Service.
    assert_eq!(check(80, &[]), (0, vec!["backend-service-missing warning pending".to_owned()]));
    // What may not be listed may be there, and the answer is not whole.
    let api = Api::serve(|lists| drop(lists.insert("/api/v1/services".to_owned(), vec!["forbidden".into()])));
    let config = api.folder.path().join("config").display().to_string();
    let expected = (2, vec!["backend-service-missing warning pending".to_owned()]);
    assert_eq!(check(80, &["--cluster", "--kubeconfig", &config]), expected);
}

#[test]
fn an_older_version_is_asked_for_where_the_newest_is_not_there() {
    let api = Api::serve(|lists| {
        let routes = lists.remove("/apis/gateway.networking.k8s.io/v1/httproutes").unwrap();
        lists.insert("/apis/gateway.networking.k8s.io/v1beta1/httproutes".to_owned(), routes);
    });
    let ran = api.trace(&["HTTPRoute/shop/shop"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("of HTTPRoute shop/shop") && ran.out.contains("endpoints: 1 ready, 1 ending"), "{}", ran.out);
}

#[test]
fn what_may_not_be_listed_leaves_what_is_missing_pending() {
    let missing = |lists: &mut Lists| drop(lists.insert("/api/v1/services".to_owned(), Vec::new()));
    let certainty = |ran: &Ran| {
        let findings = parsed(ran)["chains"][0]["findings"].clone();
        let own = findings.as_array().unwrap().iter().find(|own| own["rule"] == "backend-service-missing").unwrap().clone();
        own["certainty"].as_str().unwrap().to_owned()
    };
    let ran = Api::serve(missing).trace(&["Ingress/shop/shop", "--format", "json"]);
    assert_eq!((ran.code, certainty(&ran).as_str()), (0, "certain"));
    let api = Api::serve(|lists| drop(lists.insert("/api/v1/services".to_owned(), vec!["forbidden".into()])));
    let ran = api.trace(&["Ingress/shop/shop", "--format", "json"]);
    assert_eq!((ran.code, certainty(&ran).as_str()), (2, "pending"));
    assert!(ran.err.contains("no502: Service could not be listed: you may not"), "{}", ran.err);
}

#[test]
fn files_are_laid_over_the_cluster() {
    let api = Api::serve(|_| {});
    let ran = api.trace(&["shop.example.com/cart", "trace/broken.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.contains("Service  shop/cart (trace/gateway-api.yaml") || ran.out.contains("Service  shop/cart"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("(trace/broken.yaml:"), "{}", ran.out);
}

#[test]
fn a_cluster_that_cannot_be_asked_ends_with_2() {
    let ran = run(&["trace", "a.example.com/", "--cluster", "--kubeconfig", "no-such-file"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("the kubeconfig cannot be used"), "{}", ran.err);
    let ran = run(&["trace", "a.example.com/", "--context", "here"]);
    assert_eq!(ran.code, 2, "--context is for --cluster: {}", ran.err);
}
