//! Names under the prefixes of the F5 controller that it does not know, and what is known of them.

use super::{config_table, table};

/// The prefix of what only NGINX Plus does.
pub(super) const PLUS: &str = "nginx.com/";

/// What is known of a name behind `nginx.org/`, or of a whole key behind another prefix.
pub(super) fn known(name: &str) -> Option<&'static str> {
    if let Some(own) = name.strip_prefix(PLUS) {
        return Some(if table::by_name(own).is_some() { "its prefix is nginx.org/" } else { UNDER_PLUS });
    }
    if table::FOREIGN.iter().any(|row| row.name.strip_prefix(PLUS) == Some(name)) {
        return Some("its prefix is nginx.com/, and only NGINX Plus has it");
    }
    if config_table::by_name(name).is_some() {
        return Some(CONFIG_MAP);
    }
    let index = WITHOUT_EFFECT.binary_search_by(|(own, _)| own.cmp(&name)).ok()?;
    WITHOUT_EFFECT.get(index).map(|(_, known)| *known)
}

/// All that is there under the prefix of NGINX Plus.
pub(super) const UNDER_PLUS: &str = "under nginx.com/ there are health-checks, health-checks-mandatory, \
                                     health-checks-mandatory-queue, jwt-key, jwt-login-url, jwt-realm, jwt-token, policies, slow-start \
                                     and sticky-cookie-services";

const CONFIG_MAP: &str = "it is a key of the controller's ConfigMap, not an annotation";
const POLICY: &str = "the F5 controller has it in a Policy, which nginx.org/policies names";

/// Names that are often written and do nothing, sorted.
pub(super) const WITHOUT_EFFECT: &[(&str, &str)] = &[
    ("backend-protocol", "write ssl-services or grpc-services with the names of the Services instead"),
    ("client-body-timeout", "the F5 controller has no such setting; NGINX waits 60 s"),
    ("connection-proxy-header", "the F5 controller has no such setting; keepalive decides"),
    ("enable-cors", POLICY),
    ("force-ssl-redirect", "write redirect-to-https instead"),
    ("limit-rps", "write limit-req-rate instead, such as \"10r/s\""),
    ("load-balance", "write lb-method instead"),
    ("location-snippet", "the real name is location-snippets"),
    ("proxy-body-size", "write client-max-body-size instead"),
    ("proxy-buffers-number", "write proxy-buffers instead, such as \"8 16k\""),
    ("proxy-buffers-size", "write proxy-buffers instead, such as \"8 16k\""),
    ("proxy-request-buffering", "the F5 controller has no such setting"),
    ("proxy-timeout", "write proxy-connect-timeout, proxy-send-timeout or proxy-read-timeout instead"),
    ("secure-backends", "write ssl-services with the names of the Services instead"),
    ("server-snippet", "the real name is server-snippets"),
    ("upstream-keepalive-connections", "write keepalive instead"),
    ("upstream-keepalive-timeout", "the F5 controller has no such setting; NGINX closes an idle connection after 60 s"),
    ("use-regex", "write path-regex: \"case_insensitive\" instead"),
    ("whitelist-source-range", POLICY),
];

/// Names that are often written in the `ConfigMap` and do nothing, sorted.
pub(super) const WITHOUT_KEY: &[(&str, &str)] = &[
    ("http-snippet", "the real name is http-snippets"),
    ("keep-alive", "write keepalive-timeout instead, such as \"75s\""),
    ("keep-alive-requests", "write keepalive-requests instead"),
    ("load-balance", "write lb-method instead"),
    ("location-snippet", "the real name is location-snippets"),
    ("log-format-stream", "write stream-log-format instead"),
    ("log-format-upstream", "write log-format instead"),
    ("main-snippet", "the real name is main-snippets"),
    ("max-worker-connections", "write worker-connections instead"),
    ("proxy-body-size", "write client-max-body-size instead"),
    ("proxy-buffers-number", "write proxy-buffers instead, such as \"8 16k\""),
    ("proxy-real-ip-cidr", "write set-real-ip-from and real-ip-header instead"),
    ("server-snippet", "the real name is server-snippets"),
    ("stream-snippet", "the real name is stream-snippets"),
    ("upstream-keepalive-connections", "write keepalive instead"),
    ("upstream-keepalive-timeout", "the F5 controller has no such setting; NGINX closes an idle connection after 60 s"),
    ("use-forwarded-headers", "write set-real-ip-from and real-ip-header instead"),
    ("use-http2", "write http2 instead"),
    ("use-proxy-protocol", "write proxy-protocol instead"),
];

/// What the `ConfigMap` of the flag `-mgmt-configmap` has, which may be the same one.
pub(super) const OF_PLUS: &[&str] = &[
    "enforce-initial-report",
    "license-token-secret-name",
    "ssl-certificate-secret-name",
    "ssl-trusted-certificate-secret-name",
    "ssl-verify",
    "usage-report-endpoint",
    "usage-report-interval",
    "usage-report-proxy-host",
];
