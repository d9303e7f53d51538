//! Controllers of pods, and pods of their own: Deployment, `StatefulSet`, `DaemonSet`, `ReplicaSet`, Argo `Rollout`, Pod.

use serde_json::Value;

use super::allow::Allow;
use super::call::Call;
use super::container::{Container, ContainerPort};
use super::declared::Declared;
use super::json::{count, list, seconds, text};
use super::mesh::Mesh;
use super::resources::Resources;
use super::selector::Labels;
use super::setting::{Provenance, Setting};
use crate::object::{Address, At, Kind, ObjectId};
use crate::units::Duration;

/// A number of pods, absolute or as a share of the replicas.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Amount {
    /// So many pods.
    Pods(u32),
    /// So many percent.
    Percent(u32),
}

impl Amount {
    pub(super) fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => text.strip_suffix('%').and_then(|number| number.parse().ok()).map(Self::Percent),
            number => count(number).map(Self::Pods),
        }
    }

    /// So many of `replicas`, rounded down, as Kubernetes does for what may be missing.
    #[must_use]
    pub fn of_rounded_down(self, replicas: u32) -> u32 {
        match self {
            Self::Pods(pods) => pods,
            Self::Percent(percent) => share(percent, replicas, 0),
        }
    }

    /// So many of `replicas`, rounded up, as Kubernetes does for what may be added.
    #[must_use]
    pub fn of_rounded_up(self, replicas: u32) -> u32 {
        match self {
            Self::Pods(pods) => pods,
            Self::Percent(percent) => share(percent, replicas, 99),
        }
    }
}

fn share(percent: u32, replicas: u32, round: u64) -> u32 {
    let pods = (u64::from(percent) * u64::from(replicas)).saturating_add(round) / 100;
    u32::try_from(pods).unwrap_or(u32::MAX)
}

/// Who makes a workload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Maker {
    /// A controller that no502 reads and judges in its place, or one of pods that end by themselves.
    Controller,
    /// A person, or a controller that no502 does not read.
    Other,
}

/// Which network pods use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PodNetwork {
    /// One of their own, and the DNS servers of the cluster, as is the default.
    Cluster,
    /// That of their node, where no policy holds for them.
    Node,
    /// One of their own, and DNS servers that are not the cluster's.
    OtherDns,
}

impl PodNetwork {
    fn read(pod: &Value) -> Self {
        match text(pod.at(["dnsPolicy"])) {
            _ if pod.at(["hostNetwork"]).as_bool() == Some(true) => Self::Node,
            "Default" | "None" => Self::OtherDns,
            _ => Self::Cluster,
        }
    }
}

/// How pods are replaced.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Rollout {
    /// Some at a time.
    Rolling {
        /// How many may be missing; `None` where it is the default or cannot be read.
        max_unavailable: Option<Amount>,
        /// How many may be added.
        max_surge: Option<Amount>,
    },
    /// All old ones first.
    Recreate,
    /// One by one, in an order, without an overlap of old and new.
    Ordered,
    /// Not at all: nobody makes a new pod in the place of this one.
    Never,
}

/// Who wrote the number of pods of a workload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReplicasBy {
    /// Its author, as far as that is seen.
    Author,
    /// Nobody, or the API server as its default.
    Default,
}

impl ReplicasBy {
    fn read(metadata: &Value, spec: &Value, pod: &Value) -> Self {
        let is_written = !spec.at(["replicas"]).is_null() && (!was_defaulted(pod) || WROTE_REPLICAS.is_in(metadata));
        if is_written { Self::Author } else { Self::Default }
    }
}

/// A controller of pods.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Which one.
    pub id: ObjectId,
    /// The labels of its pods.
    pub labels: Labels,
    /// How many pods; 1 where nobody says so, `None` where it cannot be read.
    pub replicas: Option<u32>,
    /// Who wrote the number of pods.
    pub replicas_by: ReplicasBy,
    /// How pods are replaced.
    pub rollout: Rollout,
    /// How long a new pod has to be ready until it counts.
    pub min_ready: Duration,
    /// How long a rollout may go on without progress until it is said to have failed.
    pub deadline: Setting<Duration>,
    /// The containers that run as long as the pod.
    pub containers: Box<[Container]>,
    /// What its pods as a whole ask for, and what they may take (KEP-2837).
    pub resources: Resources,
    /// How long a pod may take to end.
    pub grace: Setting<Duration>,
    /// What it says of itself.
    pub declared: Declared,
    /// What it says of the proxy that a mesh puts into its pods.
    pub mesh: Mesh,
    /// What its author accepts.
    pub allow: Option<Box<Allow>>,
    /// Whether its pods mount persistent volumes, which often only one pod can have.
    pub has_volume_claim: bool,
    /// Which network its pods use.
    pub network: PodNetwork,
    /// Whether something outside the pod decides on its readiness too.
    pub has_readiness_gates: bool,
    /// The workload whose template it takes, and whose pods it makes in its place (`workloadRef` of an Argo Rollout).
    pub takes_from: Option<Box<ObjectId>>,
    /// Who makes it.
    pub maker: Maker,
    /// Whether the object is only a part of one, such as a patch for kustomize.
    pub is_partial: bool,
}

/// Where the grace period stands.
pub(crate) const GRACE: Address = Address::field("/spec/template/spec/terminationGracePeriodSeconds");
/// Where it stands in a pod of its own.
const POD_GRACE: Address = Address::field("/spec/terminationGracePeriodSeconds");
/// Where the time stands that a rollout has.
const DEADLINE: Address = Address::field("/spec/progressDeadlineSeconds");

impl Workload {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let (metadata, spec) = (raw.at(["metadata"]), raw.at(["spec"]));
        let is_pod = id.kind == Kind::Pod;
        let (pods, pod) =
            if is_pod { (metadata, spec) } else { (spec.at(["template", "metadata"]), spec.at(["template", "spec"])) };
        let (labels, annotations) = (pods.at(["labels"]), pods.at(["annotations"]));
        let regular = list(pod.at(["containers"])).map(|(index, value)| Container::read(index, value, is_pod, false));
        let sidecars = list(pod.at(["initContainers"])).filter(|(_, value)| text(value.at(["restartPolicy"])) == "Always");
        let containers = regular.chain(sidecars.map(|(index, value)| Container::read(index, value, is_pod, true))).collect();
        Self {
            id: id.clone(),
            labels: Labels::read(labels),
            replicas: if spec.at(["replicas"]).is_null() { Some(1) } else { count(spec.at(["replicas"])) },
            replicas_by: ReplicasBy::read(metadata, spec, pod),
            rollout: Rollout::read(id.kind, spec),
            min_ready: seconds(spec.at(["minReadySeconds"])).unwrap_or_default(),
            deadline: deadline(spec),
            containers,
            resources: Resources::read(pod.at(["resources"])),
            grace: grace(metadata, pod, if is_pod { POD_GRACE } else { GRACE }),
            declared: Declared::read(metadata.at(["annotations"]), annotations),
            mesh: Mesh::read(labels, annotations, pod),
            allow: Allow::read(raw),
            has_volume_claim: list(pod.at(["volumes"])).any(|(_, volume)| volume.at(["persistentVolumeClaim"]).is_object())
                || list(spec.at(["volumeClaimTemplates"])).next().is_some(),
            network: PodNetwork::read(pod),
            has_readiness_gates: list(pod.at(["readinessGates"])).next().is_some(),
            takes_from: takes_from(id, spec),
            maker: Maker::read(metadata),
            is_partial: !is_pod && is_partial(raw, spec, pod),
        }
    }

    /// Whether it is only one of those that a controller makes, and the controller is judged in its place.
    #[must_use]
    pub fn is_replaceable(&self) -> bool {
        self.maker == Maker::Controller && matches!(self.id.kind, Kind::Pod | Kind::ReplicaSet)
    }

    /// The regular containers, in their order.
    pub fn regular_containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().filter(|container| !container.is_native_sidecar)
    }

    /// What its containers are told to connect to.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.containers.iter().flat_map(|container| &container.calls)
    }

    /// Whether one of its containers declares a port of this number.
    #[must_use]
    pub fn declares(&self, number: u16) -> bool {
        self.containers.iter().any(|container| container.declares(number))
    }

    /// The container that a named port leads to, as `FindPort` of the endpoint slice controller looks it up: regular
    /// containers first, the first with that name and protocol.
    #[must_use]
    pub fn resolve_port(&self, name: &str, protocol: &str) -> Option<(&Container, &ContainerPort)> {
        self.containers.iter().find_map(|container| {
            let mut ports = container.ports.iter();
            ports.find(|port| &*port.name == name && &*port.protocol == protocol).map(|port| (container, port))
        })
    }
}

impl Rollout {
    fn read(kind: Kind, spec: &Value) -> Self {
        let update = spec.at(["updateStrategy"]);
        let strategy = if update.is_object() { update } else { spec.at(["strategy"]) };
        let rolling = strategy.at(["rollingUpdate"]);
        match (kind, text(strategy.at(["type"]))) {
            (Kind::StatefulSet, _) => Self::Ordered,
            (Kind::Pod | Kind::ReplicaSet, _) => Self::Never,
            (Kind::Rollout, _) => {
                let canary = strategy.at(["canary"]);
                Self::Rolling {
                    max_unavailable: Amount::read(canary.at(["maxUnavailable"])),
                    max_surge: Amount::read(canary.at(["maxSurge"])),
                }
            }
            (_, "Recreate" | "OnDelete") => Self::Recreate,
            _ => Self::Rolling {
                max_unavailable: Amount::read(rolling.at(["maxUnavailable"])),
                max_surge: Amount::read(rolling.at(["maxSurge"])),
            },
        }
    }
}

/// The grace period, and whether its author wrote it. At admission a 30 may be the API server's default: then what the
/// author applied tells, as far as the object shows it.
fn grace(metadata: &Value, pod: &Value, address: Address) -> Setting<Duration> {
    const DEFAULT: Duration = Duration::from_secs(30);
    let provenance = match seconds(pod.at(["terminationGracePeriodSeconds"])) {
        None => Setting::from(DEFAULT, Provenance::ApiDefault),
        Some(DEFAULT) if was_defaulted(pod) && !WROTE_GRACE.is_in(metadata) => Setting::from(DEFAULT, Provenance::ApiDefault),
        Some(written) => Setting::written(written, address.clone()),
    };
    provenance.writable(address, |span| span.as_secs_ceil().into())
}

/// Whether the object went through an API server, which fills in its defaults.
fn was_defaulted(pod: &Value) -> bool {
    pod.at(["dnsPolicy"]).is_string() && pod.at(["schedulerName"]).is_string() && pod.at(["restartPolicy"]).is_string()
}

/// A field, as the author's own text shows it: in the last applied configuration of client-side apply, and among the fields
/// that a server-side apply manages.
struct Trace {
    text: &'static str,
    managed: &'static [&'static str],
}

const WROTE_GRACE: Trace = Trace {
    text: "\"terminationGracePeriodSeconds\":",
    managed: &["fieldsV1", "f:spec", "f:template", "f:spec", "f:terminationGracePeriodSeconds"],
};
const WROTE_REPLICAS: Trace = Trace { text: "\"replicas\":", managed: &["fieldsV1", "f:spec", "f:replicas"] };

impl Trace {
    /// Whether the author's own text holds the field, where the object shows that text.
    fn is_in(&self, metadata: &Value) -> bool {
        let applied = text(metadata.at(["annotations", "kubectl.kubernetes.io/last-applied-configuration"]));
        let is_managed = |entry: &Value| self.managed.iter().fold(entry, |fields, name| fields.at([*name])).is_object();
        applied.contains(self.text)
            || list(metadata.at(["managedFields"]))
                .any(|(_, entry)| text(entry.at(["operation"])) == "Apply" && is_managed(entry))
    }
}

/// How long a rollout may go on without progress.
fn deadline(spec: &Value) -> Setting<Duration> {
    const DEFAULT: Duration = Duration::from_secs(600);
    seconds(spec.at(["progressDeadlineSeconds"]))
        .map_or(Setting::from(DEFAULT, Provenance::ApiDefault), |written| Setting::written(written, DEADLINE))
}

/// The workload that a Rollout refers to in the place of a template.
fn takes_from(id: &ObjectId, spec: &Value) -> Option<Box<ObjectId>> {
    let of = spec.at(["workloadRef"]);
    let kind = Kind::of(text(of.at(["apiVersion"])), text(of.at(["kind"])));
    let kind = kind.filter(|kind| id.kind == Kind::Rollout && kind.is_workload())?;
    Some(Box::new(ObjectId::new(kind, &id.namespace, text(of.at(["name"])))))
}

impl Maker {
    fn read(metadata: &Value) -> Self {
        let is_known = |owner: &Value| {
            let kind = Kind::of(text(owner.at(["apiVersion"])), text(owner.at(["kind"])));
            kind.is_some_and(Kind::is_workload) || matches!(text(owner.at(["kind"])), "Job" | "Node")
        };
        let mut owners = list(metadata.at(["ownerReferences"])).map(|(_, owner)| owner);
        let is_made = owners.any(|owner| owner.at(["controller"]).as_bool() == Some(true) && is_known(owner));
        if is_made { Self::Controller } else { Self::Other }
    }
}

/// Whether this is a patch rather than an object: `apps/v1` demands a selector, and every container has an image.
fn is_partial(raw: &Value, spec: &Value, pod: &Value) -> bool {
    let lacks_selector = text(raw.at(["apiVersion"])) == "apps/v1" && !spec.at(["selector"]).is_object();
    lacks_selector || list(pod.at(["containers"])).any(|(_, value)| !value.at(["image"]).is_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_round_as_kubernetes_does() {
        assert_eq!(Amount::Percent(25).of_rounded_down(3), 0);
        assert_eq!(Amount::Percent(25).of_rounded_up(3), 1);
        assert_eq!(Amount::Percent(99).of_rounded_down(2), 1);
        assert_eq!(Amount::Pods(2).of_rounded_down(1), 2);
    }

    #[test]
    fn replicas_are_the_authors_only_where_the_author_is_seen_to_have_written_them() {
        let id = ObjectId::new(Kind::Deployment, "shop", "web");
        let wrote = |raw: &Value| Workload::read(&id, raw).replicas_by == ReplicasBy::Author;
        assert!(wrote(&json!({"spec": {"replicas": 2}})));
        assert!(!wrote(&json!({"spec": {}})));
        let pod = json!({"dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler", "restartPolicy": "Always"});
        let server = json!({"spec": {"replicas": 1, "template": {"spec": pod}}});
        assert!(!wrote(&server));
        let mut applied = server.clone();
        // A text that only speaks of replicas is none that sets them.
        let last = |text: &str| json!({"annotations": {"kubectl.kubernetes.io/last-applied-configuration": text}});
        applied["metadata"] = last("{\"metadata\":{\"annotations\":{\"note\":\"\\\"replicas\\\": by the autoscaler\"}}}");
        assert!(!wrote(&applied));
        applied["metadata"] = last("{\"spec\":{\"replicas\":1}}");
        assert!(wrote(&applied));
        let mut managed = server;
        managed["metadata"] = json!({"managedFields": [{"operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]});
        assert!(wrote(&managed));
    }

    #[test]
    fn a_grace_of_thirty_is_the_servers_unless_the_author_is_seen_to_have_written_it() {
        let grace = |raw: &Value| grace(raw.at(["metadata"]), raw.at(["spec", "template", "spec"]), GRACE);
        let server = json!({"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler", "restartPolicy": "Always"}}}});
        assert!(!grace(&server).is_written());
        let file = json!({"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 30}}}});
        assert!(grace(&file).is_written());
        let mut applied = server.clone();
        applied["metadata"] = json!({"annotations": {"kubectl.kubernetes.io/last-applied-configuration":
            "{\"spec\":{\"template\":{\"spec\":{\"terminationGracePeriodSeconds\":30}}}}"}});
        assert!(grace(&applied).is_written());
        let mut managed = server;
        managed["metadata"] = json!({"managedFields": [{"operation": "Apply",
            "fieldsV1": {"f:spec": {"f:template": {"f:spec": {"f:terminationGracePeriodSeconds": {}}}}}}]});
        assert!(grace(&managed).is_written());
        assert!(!grace(&json!({})).is_written());
    }
}
