//! From text to a document, with all faults at once.

use serde_json::{Map, Value};

use super::fault::{Fault, near};
use super::{
    API_VERSION, ConfigSource, Defaults, Document, Exception, GatewayEntry, LoadBalancer, Mode, Pattern, ProfileEntry, RuleEntry,
};
use crate::model::Version;
use crate::object::{At, escape, yaml};
use crate::units::{Duration, Level, go};

/// Reads the first document of a text, as far as it can be read, and says what is wrong with it.
pub(super) fn document(text: &str) -> (Document, Vec<Fault>) {
    let (documents, unreadable) = yaml::read(text);
    let broken = unreadable.into_iter().map(|broken| Fault { position: Some(broken.at), ..Fault::value("", broken.reason) });
    let mut faults: Vec<Fault> = broken.collect();
    let mut documents = documents.into_iter();
    let Some(first) = documents.next() else {
        if faults.is_empty() {
            faults.push(Fault::value(
                "",
                format!("holds no document: a policy starts with `apiVersion: {API_VERSION}` and `kind: Policy`"),
            ));
        }
        return (Document::default(), faults);
    };
    for (position, key) in first.duplicates {
        faults.push(Fault { position: Some(position), ..Fault::key("", format!("`{key}` is written twice")) });
    }
    if let Some(second) = documents.next() {
        faults.push(Fault { position: Some(second.start), ..Fault::value("", "a policy is a single document; split the file") });
    }
    let read = Node { value: &first.value, pointer: String::new() }.document(&mut faults);
    (read, faults)
}

/// One value of the document and where it stands.
struct Node<'v> {
    value: &'v Value,
    pointer: String,
}

impl<'v> Node<'v> {
    fn child(&self, key: &str) -> Self {
        Self { value: self.value.at([key]), pointer: format!("{}/{}", self.pointer, escape(key)) }
    }

    fn is_absent(&self) -> bool {
        self.value.is_null()
    }

    /// The entries of a mapping of which these keys are known; none, and a fault, where it is no mapping.
    fn fields(&self, known: &[&str], faults: &mut Vec<Fault>) {
        if let Some(map) = self.mapping(faults) {
            for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
                let meant = near(key, known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
                let meant = meant.unwrap_or_else(|| format!("; known are {}", known.join(", ")));
                faults.push(Fault::key(self.child(key).pointer, format!("there is no `{key}` here{meant}")));
            }
        }
    }

    fn mapping(&self, faults: &mut Vec<Fault>) -> Option<&'v Map<String, Value>> {
        let map = self.value.as_object();
        if map.is_none() && !self.is_absent() {
            faults.push(Fault::value(&*self.pointer, "must be a mapping of keys to values"));
        }
        map
    }

    fn items(&self, faults: &mut Vec<Fault>) -> Vec<Node<'v>> {
        let items = self.value.as_array();
        if items.is_none() && !self.is_absent() {
            faults.push(Fault::value(&*self.pointer, "must be a list"));
        }
        let nodes = items.into_iter().flatten().enumerate();
        nodes.map(|(index, value)| Node { value, pointer: format!("{}/{index}", self.pointer) }).collect()
    }

    fn text(&self, faults: &mut Vec<Fault>) -> Option<&'v str> {
        let text = self.value.as_str();
        if text.is_none() && !self.is_absent() {
            faults.push(Fault::value(&*self.pointer, "must be a text; put it in quotes"));
        }
        text
    }

    fn texts(&self, faults: &mut Vec<Fault>) -> Vec<&'v str> {
        self.items(faults).iter().filter_map(|item| item.text(faults)).collect()
    }

    fn required(&self, key: &str, faults: &mut Vec<Fault>) -> &'v str {
        let child = self.child(key);
        if child.is_absent() {
            faults.push(Fault::value(&*self.pointer, format!("`{key}` is missing")));
        }
        child.text(faults).unwrap_or_default()
    }

    /// A text that `parse` understands; a fault that names what is expected where it does not.
    fn parsed<T>(&self, parse: impl Fn(&str) -> Option<T>, expected: &str, faults: &mut Vec<Fault>) -> Option<T> {
        let text = self.text(faults)?;
        let parsed = parse(text);
        if parsed.is_none() {
            faults.push(Fault::value(&*self.pointer, format!("`{text}` is not {expected}")));
        }
        parsed
    }

    fn duration(&self, faults: &mut Vec<Fault>) -> Option<Duration> {
        if self.value.is_number() {
            faults.push(Fault::value(&*self.pointer, "a duration needs its unit, as in 30s"));
            return None;
        }
        self.parsed(|text| go(text).ok(), "a duration such as 30s or 1m30s", faults)
    }

    fn level(&self, faults: &mut Vec<Fault>) -> Option<Level> {
        // YAML 1.1 reads a bare `off` as false.
        if *self.value == Value::Bool(false) {
            return Some(Level::Off);
        }
        self.parsed(level, "a level: off, warning or error", faults)
    }

    fn document(&self, faults: &mut Vec<Fault>) -> Document {
        const KNOWN: &[&str] = &[
            "apiVersion",
            "kind",
            "metadata",
            "mode",
            "defaults",
            "exemptNamespaces",
            "clients",
            "loadBalancer",
            "networkPolicies",
            "gateways",
            "profiles",
            "exceptions",
        ];
        self.fields(KNOWN, faults);
        for (key, expected) in [("apiVersion", API_VERSION), ("kind", "Policy")] {
            let written = self.required(key, faults);
            if !written.is_empty() && written != expected {
                faults.push(Fault::value(self.child(key).pointer, format!("must be `{expected}`, not `{written}`")));
            }
        }
        let otherwise = Document::default();
        let exempt = self.child("exemptNamespaces");
        let exempt_namespaces = if exempt.is_absent() {
            otherwise.exempt_namespaces
        } else {
            exempt.texts(faults).into_iter().map(Pattern::new).collect()
        };
        let clients = self.child("clients");
        clients.fields(&["timeout"], faults);
        let profiles = self.child("profiles");
        let names = profiles.mapping(faults).into_iter().flat_map(Map::keys);
        Document {
            mode: self.child("mode").parsed(mode, "a mode: enforce, warn or audit", faults).unwrap_or(otherwise.mode),
            defaults: self.child("defaults").defaults(faults),
            exempt_namespaces,
            client_timeout: clients.child("timeout").duration(faults),
            load_balancer: self.child("loadBalancer").load_balancer(faults),
            enforces_policies: self
                .child("networkPolicies")
                .parsed(enforcement, "`enforced`, or `ignored` where the network plugin does not know policies", faults)
                .unwrap_or(otherwise.enforces_policies),
            gateways: self.child("gateways").items(faults).iter().map(|gateway| gateway.gateway(faults)).collect(),
            profiles: names.map(|name| (name.as_str().into(), profiles.child(name).profile(faults))).collect(),
            exceptions: self.child("exceptions").items(faults).iter().map(|entry| entry.exception(faults)).collect(),
        }
    }

    fn defaults(&self, faults: &mut Vec<Fault>) -> Defaults {
        self.fields(&["enforce", "warn", "audit"], faults);
        let mut profile = |key: &str| self.child(key).text(faults).map(Into::into);
        Defaults { enforce: profile("enforce"), warn: profile("warn"), audit: profile("audit") }
    }

    fn load_balancer(&self, faults: &mut Vec<Fault>) -> Option<LoadBalancer> {
        if self.is_absent() {
            return None;
        }
        self.fields(&["layer", "idleTimeout", "deregistrationDelay"], faults);
        let layer = self.child("layer");
        let number = if layer.is_absent() { Some(7) } else { layer.value.as_u64() };
        let number = number.and_then(|number| u8::try_from(number).ok()).filter(|number| matches!(number, 4 | 7));
        if number.is_none() {
            faults.push(Fault::value(layer.pointer, "must be 4 or 7"));
        }
        let idle_timeout = self.child("idleTimeout").duration(faults);
        let deregistration_delay = self.child("deregistrationDelay").duration(faults);
        Some(LoadBalancer { layer: number?, idle_timeout, deregistration_delay })
    }

    fn gateway(&self, faults: &mut Vec<Fault>) -> GatewayEntry {
        self.fields(&["class", "dialect", "version", "namespace", "configMap", "prefix", "next"], faults);
        let version = self.child("version");
        let config =
            self.child("configMap").parsed(config_source, "`namespace/name`, or `none` where the gateway has none", faults);
        let mut optional = |key: &str| self.child(key).text(faults).map(Into::into);
        let (namespace, prefix, next) = (optional("namespace"), optional("prefix"), optional("next"));
        GatewayEntry {
            class: self.required("class", faults).into(),
            dialect: self.required("dialect", faults).into(),
            version: version.parsed(Version::parse, "a version such as 1.12.1 (in quotes)", faults),
            namespace,
            config: config.unwrap_or(ConfigSource::Unknown),
            prefix,
            next,
            pointer: self.pointer.clone(),
        }
    }

    fn profile(&self, faults: &mut Vec<Fault>) -> ProfileEntry {
        self.fields(&["extends", "breaking", "rules"], faults);
        let rules = self.child("rules");
        let names = rules.mapping(faults).into_iter().flat_map(Map::keys);
        ProfileEntry {
            extends: self.child("extends").text(faults).map(Into::into),
            breaking: self.child("breaking").level(faults),
            rules: names.map(|name| (name.as_str().into(), rules.child(name).rule(faults))).collect(),
            pointer: self.pointer.clone(),
        }
    }

    fn rule(&self, faults: &mut Vec<Fault>) -> RuleEntry {
        let pointer = self.pointer.clone();
        let Some(map) = self.value.as_object() else {
            return RuleEntry { level: self.level(faults), pointer, ..RuleEntry::default() };
        };
        let mut params = map.clone();
        params.retain(|key, _| key != "level" && key != "fix");
        let fix = self.child("fix");
        if !fix.is_absent() && !fix.value.is_boolean() {
            faults.push(Fault::value(&*fix.pointer, "must be true or false"));
        }
        RuleEntry { level: self.child("level").level(faults), fix: fix.value.as_bool(), params, pointer }
    }

    fn exception(&self, faults: &mut Vec<Fault>) -> Exception {
        self.fields(&["rules", "match", "reason", "until"], faults);
        let matched = self.child("match");
        matched.fields(&["namespaces", "kinds", "names"], faults);
        let reason = self.required("reason", faults);
        self.required("until", faults);
        let until = self.child("until").parsed(|text| text.parse().ok(), "a day such as 2027-06-30", faults);
        Exception {
            rules: self.child("rules").texts(faults).into_iter().map(Into::into).collect(),
            namespaces: matched.child("namespaces").texts(faults).into_iter().map(Pattern::new).collect(),
            kinds: matched.child("kinds").texts(faults).into_iter().map(Into::into).collect(),
            names: matched.child("names").texts(faults).into_iter().map(Pattern::new).collect(),
            reason: reason.into(),
            // Without a day there is a fault, and then nobody sees this one.
            until: until.unwrap_or_default(),
            pointer: self.pointer.clone(),
        }
    }
}

fn level(text: &str) -> Option<Level> {
    [Level::Off, Level::Warning, Level::Error].into_iter().find(|level| level.to_string() == text)
}

fn mode(text: &str) -> Option<Mode> {
    Mode::ALL.into_iter().find(|mode| mode.name() == text)
}

/// Whether network policies are enforced.
fn enforcement(text: &str) -> Option<bool> {
    match text {
        "enforced" => Some(true),
        "ignored" => Some(false),
        _ => None,
    }
}

fn config_source(text: &str) -> Option<ConfigSource> {
    if text == "none" {
        return Some(ConfigSource::None);
    }
    let (namespace, name) = text.split_once('/')?;
    (!namespace.is_empty() && !name.is_empty()).then(|| ConfigSource::Named { namespace: namespace.into(), name: name.into() })
}
