//! The objects of an experiment, and what no502 makes of them: what holds, what it finds, and what it says to write.

use jiff::civil::date;
use no502::engine::{Effective, Plan, survey};
use no502::inventory::{Inventory, Overlay, World};
use no502::model::{Model, RouteSettings};
use no502::object::Object;
use serde_json::{Map, Value, json};

const PREFIX: &str = "nginx.ingress.kubernetes.io/";
/// What pods say of themselves.
const OWN: &str = "no502.dev/";

/// An Ingress, the ConfigMap of its gateway, and what else a user would have.
#[derive(Clone)]
pub(super) struct Objects {
    policy: Value,
    config: Value,
    ingress: Value,
    others: Vec<Value>,
}

/// Annotations by their names without the prefix, as `{"proxy-read-timeout": "60"}`.
pub(super) fn ingress(annotations: &Value) -> Objects {
    let annotations: Map<String, Value> =
        annotations.as_object().unwrap().iter().map(|(name, text)| (format!("{PREFIX}{name}"), text.clone())).collect();
    let backend = json!({"service": {"name": "shop", "port": {"number": 80}}});
    Objects {
        policy: json!({
            "apiVersion": "no502.dev/v1alpha1", "kind": "Policy",
            "gateways": [{"class": "nginx", "dialect": "ingress-nginx", "version": "1.13.2", "configMap": "ingress-nginx/controller"}],
        }),
        config: json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "controller", "namespace": "ingress-nginx"}, "data": {},
        }),
        ingress: json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "shop", "annotations": annotations},
            "spec": {"ingressClassName": "nginx", "rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]},
        }),
        others: Vec::new(),
    }
}

impl Objects {
    /// With this in the ConfigMap.
    pub(super) fn config(mut self, data: Value) -> Self {
        self.config["data"] = data;
        self
    }

    /// With this in the policy.
    pub(super) fn policy(mut self, key: &str, value: Value) -> Self {
        self.policy[key] = value;
        self
    }

    /// With a Service, and pods that declare this of themselves.
    pub(super) fn declaring(mut self, name: &str, text: &str) -> Self {
        let labels = json!({"app": "shop"});
        let pod = json!({"containers": [{"name": "shop", "image": "shop:1", "ports": [{"containerPort": 8080}]}]});
        self.others = vec![
            json!({
                "apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop"},
                "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]},
            }),
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "shop", "annotations": {format!("{OWN}{name}"): text}},
                "spec": {
                    "selector": {"matchLabels": labels},
                    "template": {"metadata": {"labels": labels}, "spec": pod},
                },
            }),
        ];
        self
    }

    /// What holds for the Ingress.
    pub(super) fn settings(&self) -> RouteSettings {
        self.in_world(|object, world, plan| {
            let routing = world.routing(&object.id)?;
            Effective::all(routing, world, plan).into_iter().next().map(|effective| effective.reading.settings)
        })
        .pop()
        .expect("one Ingress")
    }

    /// The lines that a rule says to write for a key; `None` where it is silent about it.
    pub(super) fn advice(&self, rule: &str, key: &str) -> Option<Vec<String>> {
        let of_object = |object: &Object, world: &World<'_>, plan: &Plan| {
            let outcome = survey(world, object, plan.profile("strict").unwrap(), plan, date(2026, 1, 1), false);
            let findings = outcome.spoken.into_iter().map(|spoken| spoken.finding).filter(|finding| finding.rule == rule);
            let lines = findings.flat_map(|finding| finding.help.lines().map(str::to_owned).collect::<Vec<_>>());
            Some(lines.filter(|line| written(line).is_some_and(|(name, _)| name.contains(key))).collect::<Vec<_>>())
        };
        let lines = self.in_world(of_object).concat();
        (!lines.is_empty()).then_some(lines)
    }

    /// Writes such a line where it belongs: what has no prefix into the ConfigMap, and no longer to the Ingress.
    pub(super) fn write(&mut self, line: &str) {
        let (name, text) = written(line).expect("a key and a text");
        if name.starts_with(OWN) {
            self.others.last_mut().expect("a Deployment")["metadata"]["annotations"][name] = text.into();
        } else if name.starts_with(PREFIX) {
            self.ingress["metadata"]["annotations"][name] = text.into();
        } else {
            self.ingress["metadata"]["annotations"].as_object_mut().unwrap().remove(&format!("{PREFIX}{name}"));
            self.config["data"][name] = text.into();
        }
    }

    /// What is written, as YAML: on the Ingress (without the prefix), in the ConfigMap, and on the Deployment.
    pub(super) fn lines(&self) -> [Vec<String>; 3] {
        let lines = |texts: &Value| {
            let texts = texts.as_object().into_iter().flatten();
            texts.map(|(name, text)| format!("{}: {text}", name.strip_prefix(PREFIX).unwrap_or(name))).collect()
        };
        let pods = self.others.last().unwrap_or(&Value::Null);
        [&self.ingress["metadata"]["annotations"], &self.config["data"], &pods["metadata"]["annotations"]].map(lines)
    }

    /// What comes of each object but the ConfigMap, in the world of all of them.
    fn in_world<T>(&self, ask: impl Fn(&Object, &World<'_>, &Plan) -> Option<T>) -> Vec<T> {
        let plan = Plan::parse(&self.policy.to_string()).unwrap();
        let object = |raw: &Value| Object::new(raw.clone(), "default").unwrap();
        let own: Vec<Object> = self.others.iter().chain([&self.ingress]).map(object).collect();
        let mut inventory = Inventory::new();
        own.iter().chain([&object(&self.config)]).for_each(|object| inventory.apply(Model::read(object)));
        let asked = own.iter().map(|object| {
            let model = Model::read(object);
            ask(object, &World::new(&inventory, Overlay::Put(&model)), &plan)
        });
        asked.collect::<Vec<_>>().into_iter().flatten().collect()
    }
}

/// The name and the text of a line such as `name: "text"`, with quotes or without.
pub(super) fn written(line: &str) -> Option<(&str, String)> {
    let (name, text) = line.split_once(": ")?;
    let is_line = !name.contains(' ');
    is_line.then(|| (name, serde_json::from_str(text).unwrap_or_else(|_| text.to_owned())))
}
