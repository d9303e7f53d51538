//! The report as a page, as a browser would get it: what it says, that it is sound, and that no input becomes a part of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use crate::cli::{run_in, run_with};

/// The examples of the project, as a page.
fn examples() -> String {
    let ran = run_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"), &["check", "--format", "html"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    ran.out
}

/// A page without its style and its script, of which there is one each.
fn body(page: &str) -> String {
    let mut rest = page.to_owned();
    for name in ["style", "script"] {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        assert_eq!((rest.matches(&open).count(), rest.matches(&close).count()), (1, 1), "{name}");
        let (from, to) = (rest.find(&open).unwrap(), rest.find(&close).unwrap());
        rest.replace_range(from..to + close.len(), "");
    }
    rest
}

/// The tags of a page, each without its brackets: text is escaped, so no other bracket stands there.
fn tags(body: &str) -> Vec<&str> {
    body.split('<').skip(1).map(|rest| rest.split_once('>').unwrap_or_else(|| panic!("no end of <{rest}")).0).collect()
}

fn attributes<'p>(tags: &[&'p str], name: &str) -> Vec<&'p str> {
    let start = format!(" {name}=\"");
    tags.iter().filter_map(|tag| Some(tag.split_once(&start)?.1.split_once('"')?.0)).collect()
}

/// Tags are closed in the order in which they were opened, ids are there once, links lead somewhere inside, no level of headings
/// is left out, and nothing is loaded.
fn assert_sound(page: &str) {
    let body = body(page);
    let tags = tags(&body);
    let mut open: Vec<&str> = Vec::new();
    let mut level = 0;
    for tag in &tags {
        let name = tag.split([' ', '\n']).next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{tag} in {open:?}"),
            None if ["!doctype", "meta", "link", "input"].contains(&name) => {}
            None => open.push(name),
        }
        if let Some(own) = name.strip_prefix('h').and_then(|digit| digit.parse::<usize>().ok()) {
            assert!(own <= level + 1, "h{own} after h{level}");
            level = own;
        }
        // Without what is quoted, the names of attributes are left.
        let bare: String = tag.split('"').step_by(2).collect();
        for loading in [" src=", " srcset=", " on"] {
            assert!(!bare.contains(loading), "<{tag}>");
        }
    }
    assert_eq!(open, Vec::<&str>::new());
    let ids = attributes(&tags, "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    for link in attributes(&tags, "href") {
        let target = link.strip_prefix('#');
        assert!(link == "data:," || target.is_some_and(|id| unique.contains(id)), "{link}");
    }
    for label in attributes(&tags, "aria-labelledby") {
        assert!(unique.contains(label), "{label}");
    }
    for word in ["url(", "@import", "fetch(", "XMLHttpRequest", "eval(", "innerHTML", "//cdn"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn the_examples_as_a_page() {
    let page = examples();
    assert_sound(&page);
    let version = format!("Made by no502 {}", env!("CARGO_PKG_VERSION"));
    assert!(page.contains(&version));
    insta::assert_snapshot!("page", body(&page).replace(&version, "Made by no502 VERSION"));
}

#[test]
fn the_same_input_gives_the_same_page() {
    assert_eq!(examples(), examples());
}

#[test]
fn nothing_of_the_input_becomes_markup() {
    let nasty = "</script><img src=x onerror=alert(1)>\\\"'{{script}}&amp;<!--]]>\\u202e\\u0007";
    let manifest = format!(
        r#"
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: "web{nasty}"
  namespace: "shop{nasty}"
  annotations: {{nginx.ingress.kubernetes.io/proxy-read-timeout: "120s{nasty}"}}
spec:
  ingressClassName: nginx
  rules:
    - host: "h{nasty}"
      http: {{paths: [{{path: "/{nasty}", pathType: Prefix, backend: {{service: {{name: "web{nasty}", port: {{name: "p{nasty}"}}}}}}}}]}}
---
apiVersion: v1
kind: Service
metadata:
  name: "web{nasty}"
  namespace: "shop{nasty}"
  annotations: {{no502.dev/allow: target-port-unresolved, no502.dev/allow-reason: "because{nasty}", no502.dev/allow-until: "2999-01-01"}}
spec: {{selector: {{app: web}}, ports: [{{name: "p{nasty}", port: 80, targetPort: "t{nasty}"}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: "web{nasty}"
  namespace: "shop{nasty}"
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: "c{nasty}", image: "i{nasty}", ports: [{{name: "p{nasty}", containerPort: 80}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: "<b>{nasty}", name: "twice"}}
spec: [
"#
    );
    let ran = run_with(&manifest, &["check", "--format", "html", "-"]);
    let page = ran.out;
    assert_sound(&page);
    let body = body(&page);
    assert!(!body.contains("<img"), "{body}");
    assert!(
        body.contains(
            "web&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;{{script}}&amp;amp;&lt;!--]]&gt;\u{fffd}\u{fffd}"
        ),
        "{body}"
    );
    // Wherever such a text may stand there is one.
    for part in
        ["id=\"first\"", "id=\"unread\"", "id=\"excepted\"", "because&lt;/script&gt;", "h&lt;/script&gt;", "class=\"hops\""]
    {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert!(body.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'));
}

#[test]
fn a_page_without_findings_says_so() {
    let ran = run_with("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}", &["check", "--format", "html", "-"]);
    assert_eq!(ran.code, 0);
    assert_sound(&ran.out);
    assert!(ran.out.contains("Nothing was found."), "{}", ran.out);
    assert!(!body(&ran.out).contains("What to do first"));
}

#[test]
fn of_very_many_findings_all_are_told_and_few_stand_open() {
    let mut manifest = String::new();
    for number in 0..400 {
        let _ = write!(
            manifest,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web{number}, namespace: ns{}}}\nspec:\n  \
             selector: {{matchLabels: {{app: web{number}}}}}\n  template:\n    metadata: {{labels: {{app: web{number}}}}}\n    \
             spec: {{containers: [{{name: web, image: web, ports: [{{containerPort: 80}}]}}]}}\n\
             ---\napiVersion: v1\nkind: Service\nmetadata: {{name: web{number}, namespace: ns{0}}}\n\
             spec: {{selector: {{app: web{number}}}, ports: [{{port: 80}}]}}\n\
             ---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web{number}, namespace: ns{0}}}\n\
             spec: {{ingressClassName: nginx, rules: [{{host: h{number}, http: {{paths: [{{path: /, pathType: Prefix, \
             backend: {{service: {{name: web{number}, port: {{number: 80}}}}}}}}]}}}}]}}\n",
            number % 20
        );
    }
    let ran = run_with(&manifest, &["check", "--format", "html", "-"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_sound(&ran.out);
    let page = body(&ran.out);
    assert_eq!(page.matches("<article ").count(), 800);
    assert!(page.contains("The 200 of 400 routes in which most is found"), "the bound is not told");
    assert_eq!(page.matches("<details class=\"way\">").count(), 200);
    assert_eq!(page.matches("<details class=\"space\"").count(), 20);
    assert!(!page.contains(" open>"));
    // What twenty findings have in common is said once.
    assert_eq!(page.matches("calls a container without a readinessProbe ready").count(), 20);
}
