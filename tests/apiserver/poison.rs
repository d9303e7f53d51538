//! A value that would stop ingress-nginx for the whole cluster never gets in.

use crate::fault::Result;
use crate::manifests::bare_ingress;
use crate::shared::enforced;

/// Each kind of poison, with a neighbour that is fine, and what else has to stand on the object for it to count.
const KINDS: &[(&str, &str, &str, &[(&str, &str)])] = &[
    ("proxy-read-timeout", "-1", "60", &[]),
    ("proxy-next-upstream-tries", "-1", "3", &[]),
    ("proxy-next-upstream-timeout", "-1", "1", &[]),
    ("proxy-next-upstream", "errortimeout", "error timeout", &[]),
    ("proxy-buffers-number", "1", "4", &[]),
    ("proxy-buffers-number", "2", "3", &[]),
    ("proxy-buffer-size", "1g", "16k", &[]),
    ("proxy-buffer-size", "16 k", "16k", &[]),
    ("proxy-buffer-size", "0", "4k", &[]),
    ("proxy-max-temp-file-size", "1", "0", &[]),
    ("proxy-max-temp-file-size", "8k", "16k", &[("proxy-buffer-size", "16k")]),
    ("proxy-cookie-path", "/one", "/one /two", &[]),
    ("custom-http-errors", "499", "503", &[]),
    ("limit-burst-multiplier", "0", "2", &[("limit-rps", "5")]),
    ("auth-tls-verify-depth", "-1", "1", &[("auth-tls-secret", "default/ca")]),
    ("proxy-ssl-verify-depth", "-1", "1", &[("proxy-ssl-secret", "default/ca")]),
    ("connection-proxy-header", "keep -alive", "close", &[]),
    ("rewrite-target", "/shop$", "/shop", &[]),
    ("server-alias", "~^(shop$", "~^(shop)$", &[]),
    ("proxy-redirect-from", "default", "off", &[("backend-protocol", "GRPC")]),
];

fn with(annotations: &[(&str, &str)]) -> String {
    let lines: String =
        annotations.iter().map(|(key, text)| format!("\n    nginx.ingress.kubernetes.io/{key}: \"{text}\"")).collect();
    bare_ingress("web").replacen("metadata: {name: web}", &format!("metadata:\n  name: web\n  annotations:{lines}"), 1)
}

#[test]
fn baseline_denies_each_kind_of_poison_and_lets_its_good_neighbour_in() -> Result {
    let namespace = enforced("poison", "baseline")?;
    for (key, bad, good, beside) in KINDS {
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
