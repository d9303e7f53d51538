//! A value that would stop ingress-nginx for the whole cluster never gets in.

use crate::fault::Result;
use crate::manifests::ingress;
use crate::shared::enforced;

/// Each kind of poison, with a neighbour that is fine.
const KINDS: &[(&str, &str, &str)] = &[
    ("proxy-next-upstream-timeout", "-1", "1"),
    ("proxy-buffers-number", "1", "4"),
    ("proxy-buffer-size", "1g", "16k"),
    ("proxy-max-temp-file-size", "1", "0"),
    ("proxy-cookie-path", "/one", "/one /two"),
    ("custom-http-errors", "499", "503"),
    ("connection-proxy-header", "keep -alive", "close"),
    ("rewrite-target", "/shop$", "/shop"),
    ("server-alias", "~^(shop$", "~^(shop)$"),
];

#[test]
fn baseline_denies_each_kind_of_poison_and_lets_its_good_neighbour_in() -> Result {
    let namespace = enforced("poison", "baseline")?;
    for (key, bad, good) in KINDS {
        let with = |text: &str| {
            let line = format!("  annotations:\n    nginx.ingress.kubernetes.io/{key}: \"{text}\"");
            ingress("web").replacen("  annotations:", &line, 1)
        };
        let answer = namespace.apply(&with(bad))?.denied()?;
        for word in ["poison-value", key, bad] {
            assert!(answer.stderr.contains(word), "{word} is missing: {}", answer.stderr);
        }
        let answer = namespace.apply(&with(good))?.fine()?;
        assert!(!answer.stderr.contains("poison-value"), "{}", answer.stderr);
    }
    Ok(())
}
