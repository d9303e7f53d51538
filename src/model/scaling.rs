//! What decides on the number of pods beside their controller: autoscalers and disruption budgets, and the endpoints that are
//! there now.

use serde_json::Value;

use super::allow::Allow;
use super::gateway_object::Narrowed;
use super::json::{count, list, text};
use super::selector::Selector;
use super::workload::Amount;
use crate::object::{At, Kind, ObjectId};

/// A `HorizontalPodAutoscaler`, a KEDA `ScaledObject`, or a `VerticalPodAutoscaler`, which decides on what pods ask for instead of
/// their number.
#[derive(Clone, Debug)]
pub struct Autoscaler {
    /// Which one.
    pub id: ObjectId,
    /// What it scales; `None` where it is of a kind that no502 does not read.
    pub target: Option<ObjectId>,
    /// The least pods; `None` where it cannot be read, or where it does not decide on them.
    pub min: Option<u32>,
    /// The most pods; `None` where nobody says it, or where it cannot be read.
    pub max: Option<u32>,
    /// The resources of whose request it aims at a share: their names, and the container where only one is meant.
    pub shares: Box<[Narrowed]>,
    /// Whether it aims at something else too.
    pub has_other_aims: bool,
    /// What its author accepts.
    pub allow: Option<Box<Allow>>,
}

impl Autoscaler {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let spec = raw.at(["spec"]);
        let is_vertical = id.kind == Kind::VerticalPodAutoscaler;
        let target = spec.at([if is_vertical { "targetRef" } else { "scaleTargetRef" }]);
        // One that only recommends has no target.
        let acts = text(spec.at(["updatePolicy", "updateMode"])) != "Off";
        // KEDA scales a Deployment where nobody says otherwise.
        let is_keda = id.kind == Kind::ScaledObject;
        let default = if is_keda { ("apps/v1", "Deployment") } else { ("", "") };
        let version = target.at(["apiVersion"]).as_str().unwrap_or(default.0);
        let kind = target.at(["kind"]).as_str().unwrap_or(default.1);
        let [least, most] = if is_keda { ["minReplicaCount", "maxReplicaCount"] } else { ["minReplicas", "maxReplicas"] };
        let min = spec.at([least]);
        let min = if min.is_null() { Some(u32::from(!is_keda)) } else { count(min) };
        let metrics = || list(spec.at(["metrics"])).map(|(_, metric)| metric);
        // In autoscaling/v1 there is one share, that of the processor. It is also the default where nobody says what to aim at.
        let others = raw.at(["metadata", "annotations", "autoscaling.alpha.kubernetes.io/metrics"]);
        let is_default = id.kind == Kind::HorizontalPodAutoscaler && metrics().next().is_none() && others.is_null();
        let old = (is_default || spec.at(["targetCPUUtilizationPercentage"]).is_number()).then(|| ("cpu".into(), None));
        let shares: Box<[Narrowed]> = metrics().filter_map(share).chain(old).collect();
        Self {
            id: id.clone(),
            target: Kind::of(version, kind)
                .filter(|kind| kind.is_workload() && acts)
                .map(|kind| ObjectId::new(kind, &id.namespace, text(target.at(["name"])))),
            min: min.filter(|_| !is_vertical),
            max: count(spec.at([most])),
            has_other_aims: is_keda || !others.is_null() || metrics().any(|metric| share(metric).is_none()),
            shares,
            allow: Allow::read(raw),
        }
    }
}

/// The resource of which a metric wants a share.
fn share(metric: &Value) -> Option<Narrowed> {
    let (source, container) = match text(metric.at(["type"])) {
        "Resource" => (metric.at(["resource"]), None),
        "ContainerResource" => {
            let source = metric.at(["containerResource"]);
            (source, Some(text(source.at(["container"])).into()))
        }
        _ => return None,
    };
    // `targetAverageUtilization` is that of autoscaling/v2beta1.
    let is_share = text(source.at(["target", "type"])) == "Utilization" || source.at(["targetAverageUtilization"]).is_number();
    is_share.then(|| (text(source.at(["name"])).into(), container))
}

/// A `PodDisruptionBudget`.
#[derive(Clone, Debug)]
pub struct DisruptionBudget {
    /// Which one.
    pub id: ObjectId,
    /// The pods that it guards; `None` where it guards none.
    pub pods: Option<Selector>,
    /// How many of them must stay.
    pub min_available: Option<Amount>,
    /// How many of them may go.
    pub max_unavailable: Option<Amount>,
    /// What its author accepts.
    pub allow: Option<Box<Allow>>,
}

impl DisruptionBudget {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let spec = raw.at(["spec"]);
        let pods = Selector::read(spec.at(["selector"]));
        // In policy/v1beta1 an empty selector selects nothing.
        let is_old = text(raw.at(["apiVersion"])) == "policy/v1beta1";
        Self {
            id: id.clone(),
            pods: pods.filter(|pods| !(is_old && pods.is_all())),
            min_available: Amount::read(spec.at(["minAvailable"])),
            max_unavailable: Amount::read(spec.at(["maxUnavailable"])),
            allow: Allow::read(raw),
        }
    }
}

/// An `EndpointSlice`, in numbers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Endpoints {
    /// Which one.
    pub id: ObjectId,
    /// The Service that they are of; empty where nobody says it.
    pub service: Box<str>,
    /// How many get requests.
    pub ready: u32,
    /// How many would answer, those that end included.
    pub serving: u32,
    /// How many end.
    pub terminating: u32,
}

impl Endpoints {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let mut own = Self {
            id: id.clone(),
            service: text(raw.at(["metadata", "labels", "kubernetes.io/service-name"])).into(),
            ready: 0,
            serving: 0,
            terminating: 0,
        };
        for (_, endpoint) in list(raw.at(["endpoints"])) {
            let condition = |name: &str, absent| endpoint.at(["conditions", name]).as_bool().unwrap_or(absent);
            own.ready += u32::from(condition("ready", true));
            own.serving += u32::from(condition("serving", true));
            own.terminating += u32::from(condition("terminating", false));
        }
        own
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn autoscaler(kind: Kind, spec: &Value) -> Autoscaler {
        Autoscaler::read(&ObjectId::new(kind, "shop", "web"), &json!({"spec": spec}))
    }

    #[test]
    fn what_nobody_writes_has_the_default_of_its_api() {
        let target = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web"});
        let plain = autoscaler(Kind::HorizontalPodAutoscaler, &json!({"scaleTargetRef": target, "maxReplicas": 4}));
        assert_eq!((plain.min, plain.max), (Some(1), Some(4)));
        assert_eq!(plain.target, Some(ObjectId::new(Kind::StatefulSet, "shop", "web")));
        let keda = autoscaler(Kind::ScaledObject, &json!({"scaleTargetRef": {"name": "web"}}));
        assert_eq!((keda.min, keda.target), (Some(0), Some(ObjectId::new(Kind::Deployment, "shop", "web"))));
        let advice = json!({"targetRef": target, "updatePolicy": {"updateMode": "Off"}});
        assert_eq!(autoscaler(Kind::VerticalPodAutoscaler, &advice).target, None);
        let vertical = autoscaler(Kind::VerticalPodAutoscaler, &json!({"targetRef": target}));
        assert_eq!((vertical.min, vertical.target.is_some()), (None, true));
        let foreign = json!({"apiVersion": "example.com/v1", "kind": "Deployment", "name": "web"});
        assert_eq!(autoscaler(Kind::HorizontalPodAutoscaler, &json!({"scaleTargetRef": foreign})).target, None);
    }

    #[test]
    fn only_a_share_of_a_request_needs_a_request() {
        let cpu = |target: Value| json!({"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]});
        let shares = |spec: &Value| autoscaler(Kind::HorizontalPodAutoscaler, spec).shares;
        assert_eq!(*shares(&cpu(json!({"type": "Utilization", "averageUtilization": 60}))), [("cpu".into(), None)]);
        assert!(shares(&cpu(json!({"type": "AverageValue", "averageValue": "500m"}))).is_empty());
        assert_eq!(shares(&json!({"targetCPUUtilizationPercentage": 80})).len(), 1);
        assert_eq!(*shares(&json!({"maxReplicas": 3})), [("cpu".into(), None)]);
    }

    #[test]
    fn an_absent_condition_is_that_of_a_pod_that_serves() {
        let raw = json!({"metadata": {"labels": {"kubernetes.io/service-name": "web"}}, "endpoints": [
            {"addresses": ["10.0.0.1"]},
            {"conditions": {"ready": false, "serving": true, "terminating": true}},
            {"conditions": {"ready": false, "serving": false}},
        ]});
        let own = Endpoints::read(&ObjectId::new(Kind::EndpointSlice, "shop", "web-1"), &raw);
        assert_eq!((own.ready, own.serving, own.terminating), (1, 2, 1));
    }
}
