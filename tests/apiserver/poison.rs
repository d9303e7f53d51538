//! A value that would stop ingress-nginx for the whole cluster never gets in.

use crate::fault::Result;
use crate::manifests::bare_ingress;
use crate::shared::enforced;

/// A kind of poison with a neighbour that is fine.
struct Kind {
    key: &'static str,
    bad: &'static str,
    good: &'static str,
    /// What else has to stand on the object for the value to count.
    beside: &'static [(&'static str, &'static str)],
}

const fn kind(key: &'static str, bad: &'static str, good: &'static str) -> Kind {
    Kind { key, bad, good, beside: &[] }
}

impl Kind {
    const fn beside(self, beside: &'static [(&'static str, &'static str)]) -> Self {
        Self { beside, ..self }
    }
}

const KINDS: &[Kind] = &[
    kind("proxy-read-timeout", "-1", "60"),
    kind("proxy-next-upstream-tries", "-1", "3"),
    kind("proxy-next-upstream-timeout", "-1", "1"),
    kind("proxy-next-upstream", "errortimeout", "error timeout"),
    kind("proxy-buffers-number", "1", "4"),
    kind("proxy-buffers-number", "2", "3"),
    kind("proxy-buffer-size", "1g", "16k"),
    kind("proxy-buffer-size", "16 k", "16k"),
    kind("proxy-buffer-size", "0", "4k"),
    kind("proxy-max-temp-file-size", "1", "0"),
    kind("proxy-max-temp-file-size", "8k", "16k").beside(&[("proxy-buffer-size", "16k")]),
    kind("proxy-cookie-path", "/one", "/one /two"),
    kind("custom-http-errors", "499", "503"),
    kind("limit-burst-multiplier", "0", "2").beside(&[("limit-rps", "5")]),
    kind("auth-tls-verify-depth", "-1", "1").beside(&[("auth-tls-secret", "default/ca")]),
    kind("proxy-ssl-verify-depth", "-1", "1").beside(&[("proxy-ssl-secret", "default/ca")]),
    kind("connection-proxy-header", "keep -alive", "close"),
    kind("rewrite-target", "/shop$", "/shop"),
    kind("server-alias", "~^(shop$", "~^(shop)$"),
    kind("proxy-redirect-from", "default", "off").beside(&[("backend-protocol", "GRPC")]),
    kind("proxy-redirect-from", "default", "off").beside(&[("backend-protocol", "AUTO_HTTP")]),
];

fn with(annotations: &[(&str, &str)]) -> String {
    let lines: Vec<_> =
        annotations.iter().map(|(key, text)| format!("    nginx.ingress.kubernetes.io/{key}: \"{text}\"")).collect();
    let metadata = format!("metadata:\n  name: web\n  annotations:\n{}", lines.join("\n"));
    bare_ingress("web").replacen("metadata: {name: web}", &metadata, 1)
}

#[test]
fn baseline_denies_each_kind_of_poison_and_lets_its_good_neighbour_in() -> Result {
    let namespace = enforced("poison", "baseline")?;
    for Kind { key, bad, good, beside } in KINDS {
        let whole = |text| with(&[&[(*key, text)], *beside].concat());
        let answer = namespace.apply(&whole(bad))?.denied()?;
        for word in ["poison-value", key, bad] {
            assert!(answer.stderr.contains(word), "{word} is missing: {}", answer.stderr);
        }
        let answer = namespace.apply(&whole(good))?.fine()?;
        assert!(!answer.stderr.contains("poison-value"), "{}", answer.stderr);
        namespace.run(&["delete", "ingress", "web"])?.fine()?;
    }
    Ok(())
}

#[test]
fn a_path_that_cannot_be_compiled_is_denied_where_it_is_an_expression() -> Result {
    let namespace = enforced("poison-path", "baseline")?;
    let shaped = |path: &str| {
        let line = format!("path: {path}\n            pathType: ImplementationSpecific");
        with(&[("use-regex", "true")]).replacen("path: /\n            pathType: Prefix", &line, 1)
    };
    let answer = namespace.apply(&shaped("/shop(/|$"))?.denied()?;
    assert!(answer.stderr.contains("[poison-value]"), "{}", answer.stderr);
    namespace.apply(&shaped("/shop(/|$)(.*)"))?.fine().map(drop)
}
