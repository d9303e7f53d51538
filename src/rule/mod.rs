//! Floor 4: one file per rule. A rule is one invariant; it knows no gateway's annotations and no wire.
//!
//! To add one: its file and page in the folder of its family, one `mod` line there, one line in [`RULES`].

mod class;
mod context;
mod detached;
mod matched;
mod meta;
mod ring;
mod routes;
mod scaling;
mod unanswered;
mod ways;

pub mod buffer;
pub mod connection;
pub mod drain;
pub mod network;
pub mod path;
pub mod probe;
pub mod protocol;
pub mod reading;
pub mod retry;
pub mod rollout;
pub mod timeout;
pub mod wiring;

pub use class::{ClassCase, Classed};
pub use context::{CallCase, Facts, GatewayCase, NotesCase, ServiceCase, WorkloadCase};
pub use meta::{Family, FixAvailability, Meta, Neighbour};
pub use ring::{Ring, Scope, Scoped};
pub(crate) use ring::{own_ring, ring_of, serving};
pub use routes::{Age, Beside, RouteCase, RoutingCase};
pub use scaling::{AutoscalerCase, BudgetCase};
pub use unanswered::Unanswered;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::finding::Finding;

/// One invariant.
pub trait Rule: 'static {
    /// What a policy may tune. Unknown keys are refused.
    type Params: Default + DeserializeOwned + JsonSchema + Send + Serialize + Sync + 'static;

    /// What is known of the rule without running it.
    const META: Meta;

    /// How it judges, and whom.
    const JUDGE: Judge<Self::Params>;

    /// The parameters of the profile `strict`; those of `baseline` are the defaults.
    #[must_use]
    fn strict() -> Self::Params {
        Self::Params::default()
    }
}

/// How a rule judges one kind of subject. It runs once for each subject.
pub enum Judge<P> {
    /// Once for each autoscaler.
    Autoscaler(fn(&P, &AutoscalerCase<'_>, &mut Vec<Finding>)),
    /// Once for each disruption budget.
    Budget(fn(&P, &BudgetCase<'_>, &mut Vec<Finding>)),
    /// Once for each Service that a workload is told to connect to.
    Call(fn(&P, &CallCase<'_>, &mut Vec<Finding>)),
    /// Once for each object that names the class of who serves it.
    Class(fn(&P, &ClassCase<'_>, &mut Vec<Finding>)),
    /// Once for each global configuration of a gateway.
    Gateway(fn(&P, &GatewayCase<'_>, &mut Vec<Finding>)),
    /// Once for each object of which a dialect noticed something.
    Notes(fn(&P, &NotesCase<'_>, &mut Vec<Finding>)),
    /// Once for each object that is a part of what a gateway makes of several.
    Part(fn(&P, &RoutingCase<'_>, &mut Vec<Finding>)),
    /// Once for each host and path.
    Route(fn(&P, &RouteCase<'_>, &mut Vec<Finding>)),
    /// Once for each object that declares routes.
    Routing(fn(&P, &RoutingCase<'_>, &mut Vec<Finding>)),
    /// Once for each Service.
    Service(fn(&P, &ServiceCase<'_>, &mut Vec<Finding>)),
    /// Once for each workload.
    Workload(fn(&P, &WorkloadCase<'_>, &mut Vec<Finding>)),
}

/// One subject and all that a rule may see of it.
#[derive(Clone, Copy)]
pub enum Case<'c> {
    /// An autoscaler.
    Autoscaler(&'c AutoscalerCase<'c>),
    /// A disruption budget.
    Budget(&'c BudgetCase<'c>),
    /// A Service that a workload is told to connect to.
    Call(&'c CallCase<'c>),
    /// An object that names the class of who serves it.
    Class(&'c ClassCase<'c>),
    /// The global configuration of a gateway.
    Gateway(&'c GatewayCase<'c>),
    /// An object of which a dialect noticed something.
    Notes(&'c NotesCase<'c>),
    /// An object that is a part of what a gateway makes of several.
    Part(&'c RoutingCase<'c>),
    /// A host and path.
    Route(&'c RouteCase<'c>),
    /// An object that declares routes.
    Routing(&'c RoutingCase<'c>),
    /// A Service.
    Service(&'c ServiceCase<'c>),
    /// A workload.
    Workload(&'c WorkloadCase<'c>),
}

/// A kind of subject.
#[derive(Clone, Copy, Eq, PartialEq)]
enum On {
    Autoscaler,
    Budget,
    Call,
    Class,
    Gateway,
    Notes,
    Part,
    Route,
    Routing,
    Service,
    Workload,
}

impl<P> Judge<P> {
    const fn on(&self) -> On {
        match self {
            Self::Autoscaler(_) => On::Autoscaler,
            Self::Budget(_) => On::Budget,
            Self::Call(_) => On::Call,
            Self::Class(_) => On::Class,
            Self::Gateway(_) => On::Gateway,
            Self::Notes(_) => On::Notes,
            Self::Part(_) => On::Part,
            Self::Route(_) => On::Route,
            Self::Routing(_) => On::Routing,
            Self::Service(_) => On::Service,
            Self::Workload(_) => On::Workload,
        }
    }
}

impl Case<'_> {
    const fn on(&self) -> On {
        match self {
            Self::Autoscaler(_) => On::Autoscaler,
            Self::Budget(_) => On::Budget,
            Self::Call(_) => On::Call,
            Self::Class(_) => On::Class,
            Self::Gateway(_) => On::Gateway,
            Self::Notes(_) => On::Notes,
            Self::Part(_) => On::Part,
            Self::Route(_) => On::Route,
            Self::Routing(_) => On::Routing,
            Self::Service(_) => On::Service,
            Self::Workload(_) => On::Workload,
        }
    }
}

/// A rule with its parameters closed over.
type Run = Box<dyn Fn(Case<'_>, &mut Vec<Finding>) + Send + Sync>;

/// What arming gives: the rule, or all parameters that it refuses.
type Arming = Result<Armed, Vec<ParamFault>>;

/// A rule with its parameters, ready to run.
pub struct Armed {
    /// What is known of the rule.
    pub meta: &'static Meta,
    on: On,
    judge: Run,
}

impl Armed {
    /// A rule with these parameters.
    #[must_use]
    pub fn new<R: Rule>(params: R::Params) -> Self {
        let judge: Run = Box::new(move |case, out| match (R::JUDGE, case) {
            (Judge::Autoscaler(judge), Case::Autoscaler(case)) => judge(&params, case, out),
            (Judge::Budget(judge), Case::Budget(case)) => judge(&params, case, out),
            (Judge::Call(judge), Case::Call(case)) => judge(&params, case, out),
            (Judge::Class(judge), Case::Class(case)) => judge(&params, case, out),
            (Judge::Gateway(judge), Case::Gateway(case)) => judge(&params, case, out),
            (Judge::Notes(judge), Case::Notes(case)) => judge(&params, case, out),
            (Judge::Part(judge), Case::Part(case)) => judge(&params, case, out),
            (Judge::Route(judge), Case::Route(case)) => judge(&params, case, out),
            (Judge::Routing(judge), Case::Routing(case)) => judge(&params, case, out),
            (Judge::Service(judge), Case::Service(case)) => judge(&params, case, out),
            (Judge::Workload(judge), Case::Workload(case)) => judge(&params, case, out),
            _ => {}
        });
        Self { meta: &R::META, on: R::JUDGE.on(), judge }
    }

    /// Whether subjects of this kind are its own: most rules are asked of most subjects in vain.
    #[must_use]
    pub fn judges(&self, case: &Case<'_>) -> bool {
        self.on == case.on()
    }

    /// Judges one subject; says nothing about subjects of another kind.
    pub fn judge(&self, case: Case<'_>, findings: &mut Vec<Finding>) {
        (self.judge)(case, findings);
    }
}

/// A rule in the registry, without its types.
pub struct Entry {
    /// What is known of the rule.
    pub meta: &'static Meta,
    arm: fn(&Map<String, Value>) -> Arming,
    schema: fn(&mut SchemaGenerator) -> Schema,
    baseline: fn() -> Value,
    strict: fn() -> Value,
}

/// A parameter that a rule refuses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ParamFault {
    /// Which.
    pub name: String,
    /// Why.
    pub message: String,
}

/// The registry entry of a rule.
const fn entry<R: Rule>() -> Entry {
    Entry {
        meta: &R::META,
        arm: arm::<R>,
        schema: |generator| generator.subschema_for::<R::Params>(),
        baseline: || to_value(&R::Params::default()),
        strict: || to_value(&R::strict()),
    }
}

fn to_value<P: Serialize>(params: &P) -> Value {
    serde_json::to_value(params).unwrap_or_default()
}

fn arm<R: Rule>(params: &Map<String, Value>) -> Result<Armed, Vec<ParamFault>> {
    let parsed: R::Params = serde_json::from_value(Value::Object(params.clone())).map_err(|whole| {
        // Each parameter alone, so that all faults are told at once.
        let alone = params.iter().filter_map(|(name, value)| {
            let single: Map<String, Value> = [(name.clone(), value.clone())].into_iter().collect();
            let fault = serde_json::from_value::<R::Params>(Value::Object(single)).err()?;
            Some(ParamFault { name: name.clone(), message: fault.to_string() })
        });
        let faults: Vec<ParamFault> = alone.collect();
        if faults.is_empty() { vec![ParamFault { name: String::new(), message: whole.to_string() }] } else { faults }
    })?;
    Ok(Armed::new::<R>(parsed))
}

impl Entry {
    /// The rule with these parameters.
    ///
    /// # Errors
    /// All parameters that it refuses.
    pub fn arm(&self, params: &Map<String, Value>) -> Result<Armed, Vec<ParamFault>> {
        (self.arm)(params)
    }

    /// The JSON Schema of its parameters.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }

    /// Its parameters in the profile `baseline`, as JSON.
    #[must_use]
    pub fn baseline(&self) -> Value {
        (self.baseline)()
    }

    /// Its parameters in the profile `strict`, as JSON.
    #[must_use]
    pub fn strict(&self) -> Value {
        (self.strict)()
    }
}

/// All rules, sorted by name. Names are never reused.
pub static RULES: &[Entry] = &[
    entry::<rollout::autoscaler_fights_replicas::AutoscalerFightsReplicas>(),
    entry::<rollout::autoscaler_floor_one::AutoscalerFloorOne>(),
    entry::<rollout::autoscaler_without_request::AutoscalerWithoutRequest>(),
    entry::<wiring::backend_port_missing::BackendPortMissing>(),
    entry::<protocol::backend_protocol_mismatch::BackendProtocolMismatch>(),
    entry::<wiring::backend_scaled_to_zero::BackendScaledToZero>(),
    entry::<wiring::backend_service_missing::BackendServiceMissing>(),
    entry::<wiring::backend_unroutable::BackendUnroutable>(),
    entry::<probe::balancer_health_check_differs::BalancerHealthCheckDiffers>(),
    entry::<wiring::class_unknown::ClassUnknown>(),
    entry::<rollout::deadline_before_ready::DeadlineBeforeReady>(),
    entry::<rollout::disruption_blocked::DisruptionBlocked>(),
    entry::<rollout::disruption_unguarded::DisruptionUnguarded>(),
    entry::<connection::gateway_closes_before_balancer::GatewayClosesBeforeBalancer>(),
    entry::<drain::gateway_drain_short::GatewayDrainShort>(),
    entry::<drain::grace_shorter_than_drain::GraceShorterThanDrain>(),
    entry::<drain::grace_zero::GraceZero>(),
    entry::<protocol::grpc_unreachable::GrpcUnreachable>(),
    entry::<buffer::header_buffer_small::HeaderBufferSmall>(),
    entry::<path::host_catches_all::HostCatchesAll>(),
    entry::<wiring::host_name_unresolvable::HostNameUnresolvable>(),
    entry::<path::host_taken::HostTaken>(),
    entry::<connection::keepalive_outlives_backend::KeepaliveOutlivesBackend>(),
    entry::<connection::keepalive_unstated::KeepaliveUnstated>(),
    entry::<reading::key_decided_elsewhere::KeyDecidedElsewhere>(),
    entry::<reading::key_unknown::KeyUnknown>(),
    entry::<reading::key_without_effect::KeyWithoutEffect>(),
    entry::<wiring::listen_port_differs::ListenPortDiffers>(),
    entry::<probe::liveness_before_ready::LivenessBeforeReady>(),
    entry::<probe::liveness_duplicates_readiness::LivenessDuplicatesReadiness>(),
    entry::<rollout::load_without_autoscaler::LoadWithoutAutoscaler>(),
    entry::<rollout::memory_unbounded::MemoryUnbounded>(),
    entry::<protocol::mesh_mtls_excludes_gateway::MeshMtlsExcludesGateway>(),
    entry::<wiring::parent_missing::ParentMissing>(),
    entry::<path::path_shadowed::PathShadowed>(),
    entry::<path::path_type_unfit::PathTypeUnfit>(),
    entry::<reading::poison_value::PoisonValue>(),
    entry::<network::policy_blocks_dns::PolicyBlocksDns>(),
    entry::<network::policy_blocks_gateway::PolicyBlocksGateway>(),
    entry::<drain::prestop_missing::PrestopMissing>(),
    entry::<drain::prestop_needs_shell::PrestopNeedsShell>(),
    entry::<drain::prestop_outlasts_grace::PrestopOutlastsGrace>(),
    entry::<drain::prestop_too_short::PrestopTooShort>(),
    entry::<probe::probe_port_unresolvable::ProbePortUnresolvable>(),
    entry::<probe::probe_protocol_mismatch::ProbeProtocolMismatch>(),
    entry::<probe::probe_timeout_over_period::ProbeTimeoutOverPeriod>(),
    entry::<probe::readiness_elsewhere::ReadinessElsewhere>(),
    entry::<probe::readiness_flaps::ReadinessFlaps>(),
    entry::<rollout::readiness_gate_missing::ReadinessGateMissing>(),
    entry::<probe::readiness_probe_missing::ReadinessProbeMissing>(),
    entry::<probe::readiness_slow_to_notice::ReadinessSlowToNotice>(),
    entry::<rollout::recreate_strategy::RecreateStrategy>(),
    entry::<wiring::reference_not_granted::ReferenceNotGranted>(),
    entry::<wiring::referenced_extension_missing::ReferencedExtensionMissing>(),
    entry::<path::regex_spreads::RegexSpreads>(),
    entry::<retry::retry_missing::RetryMissing>(),
    entry::<retry::retry_outlasts_client::RetryOutlastsClient>(),
    entry::<retry::retry_repeats_writes::RetryRepeatsWrites>(),
    entry::<retry::retry_unlimited::RetryUnlimited>(),
    entry::<retry::retry_without_effect::RetryWithoutEffect>(),
    entry::<path::rewrite_loses_path::RewriteLosesPath>(),
    entry::<rollout::rollout_takes_all::RolloutTakesAll>(),
    entry::<path::route_conflict::RouteConflict>(),
    entry::<wiring::route_without_backend::RouteWithoutBackend>(),
    entry::<wiring::selector_cutover::SelectorCutover>(),
    entry::<drain::serves_while_terminating::ServesWhileTerminating>(),
    entry::<wiring::service_selects_mixed::ServiceSelectsMixed>(),
    entry::<wiring::service_selects_nothing::ServiceSelectsNothing>(),
    entry::<drain::sidecar_leaves_first::SidecarLeavesFirst>(),
    entry::<drain::sigterm_not_forwarded::SigtermNotForwarded>(),
    entry::<rollout::single_replica::SingleReplica>(),
    entry::<probe::startup_by_delay::StartupByDelay>(),
    entry::<wiring::target_port_moved::TargetPortMoved>(),
    entry::<wiring::target_port_undeclared::TargetPortUndeclared>(),
    entry::<wiring::target_port_unresolved::TargetPortUnresolved>(),
    entry::<timeout::timeout_chain_inverted::TimeoutChainInverted>(),
    entry::<timeout::timeout_out_of_range::TimeoutOutOfRange>(),
    entry::<timeout::timeout_unset::TimeoutUnset>(),
    entry::<timeout::timeout_without_effect::TimeoutWithoutEffect>(),
    entry::<buffer::upload_limit_unset::UploadLimitUnset>(),
    entry::<protocol::upstream_tls_unverifiable::UpstreamTlsUnverifiable>(),
    entry::<reading::value_ignored::ValueIgnored>(),
    entry::<reading::value_rejected::ValueRejected>(),
    entry::<protocol::websocket_cut_short::WebsocketCutShort>(),
];

/// The rule of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Entry> {
    let index = RULES.binary_search_by(|entry| entry.meta.name.cmp(name)).ok()?;
    RULES.get(index)
}
