//! What the checks of other tools ask, said in rules of no502.

/// What no502 has to say of a check of another tool.
pub(super) enum Answer {
    /// These rules ask the same, but for what is said last.
    Same(Of, &'static [&'static str], &'static str),
    /// Whatever the API server accepts has no error.
    NoError,
    /// No rule asks that, and why.
    Other(&'static str),
}

/// What must stand in a file, or there is nothing to compare.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Of {
    /// Any object that no502 reads.
    Objects,
    /// A whole workload: a fragment without selector or image is taken for a patch, and never judged.
    Workloads,
    /// A whole workload that gets requests: it declares a port, or a Service is beside it.
    Backends,
}

use Answer::{NoError, Other, Same};

/// What is said of each check: suite, name, answer.
pub(super) const CHECKS: &[(&str, &str, Answer)] = &[
    // polaris
    (
        "polaris",
        "deploymentMissingReplicas",
        Same(Of::Backends, &["single-replica"], "there every Deployment is asked, here those that get requests"),
    ),
    (
        "polaris",
        "hpaMaxAvailability",
        Other("an autoscaler whose floor is its ceiling keeps a fixed size, which may well be enough"),
    ),
    (
        "polaris",
        "hpaMinAvailability",
        Same(Of::Backends, &["autoscaler-floor-one"], "there an absent `minReplicas` is fine; Kubernetes makes it 1"),
    ),
    (
        "polaris",
        "livenessProbeMissing",
        Other(
            "without a livenessProbe nothing is restarted, but readiness keeps requests away; many applications are better off without one",
        ),
    ),
    (
        "polaris",
        "missingNetworkPolicy",
        Other("a policy that is not there blocks nothing; what one blocks is `policy-blocks-gateway`"),
    ),
    (
        "polaris",
        "missingPodDisruptionBudget",
        Same(Of::Backends, &["disruption-unguarded"], "there every workload is asked, here those that get requests"),
    ),
    ("polaris", "pdbDisruptionsIsZero", Same(Of::Objects, &["disruption-blocked"], "")),
    (
        "polaris",
        "pdbMinAvailableGreaterThanHPAMinReplicas",
        Same(
            Of::Workloads,
            &["disruption-blocked"],
            "there a budget of exactly the floor is fine; at the floor it lets no pod go",
        ),
    ),
    (
        "polaris",
        "readinessProbeMissing",
        Same(Of::Backends, &["readiness-probe-missing"], "there every container is asked, here those that get requests"),
    ),
    ("polaris", "tlsSettingsMissing", Other("plain HTTP is answered")),
    // kyverno
    ("kyverno", "check-hpa-exists", Other("the autoscaler that decides stands outside of the file, in the test's own context")),
    ("kyverno", "create-default-pdb", Other("it writes a budget and gives no verdict; a missing one is `disruption-unguarded`")),
    (
        "kyverno",
        "deployment-has-multiple-replicas",
        Same(Of::Backends, &["single-replica"], "there every Deployment is asked, here those that get requests"),
    ),
    ("kyverno", "disallow-empty-ingress-host", Same(Of::Objects, &["host-catches-all"], "")),
    (
        "kyverno",
        "ingress-host-match-tls",
        Other("a client refuses the certificate of another host; no gateway answers with an error"),
    ),
    (
        "kyverno",
        "mutate-termination-grace-period-seconds",
        Other("it lowers a long grace period and gives no verdict; a long one cuts no request"),
    ),
    (
        "kyverno",
        "no-localhost-service",
        Other("it keeps people from reaching what listens beside the gateway: a question of security"),
    ),
    ("kyverno", "pdb-maxunavailable", Same(Of::Objects, &["disruption-blocked"], "")),
    ("kyverno", "pdb-minavailable-check", Other("the budget that decides stands outside of the file, in the test's own context")),
    ("kyverno", "require-pdb", Other("the budget that decides stands outside of the file, in the test's own context")),
    (
        "kyverno",
        "require-pod-probes",
        Same(Of::Backends, &["readiness-probe-missing"], "there every container is asked, and any probe will do"),
    ),
    (
        "kyverno",
        "require-reasonable-pdbs",
        Other("that half of the pods may go is a convention; a budget that never lets one go is `disruption-blocked`"),
    ),
    ("kyverno", "restrict-annotations", Other("it keeps secrets of the gateway's pod from being read: a question of security")),
    ("kyverno", "restrict-ingress-paths", Other("it keeps secrets of the gateway's pod from being read: a question of security")),
    (
        "kyverno",
        "restrict-networkpolicy-empty-podselector",
        Other(
            "a policy for a whole namespace is how a default is written; what it blocks is `policy-blocks-gateway`, where there is a workload",
        ),
    ),
    ("kyverno", "validate-probes", Same(Of::Backends, &["liveness-duplicates-readiness"], "")),
    // kube-linter
    ("kube-linter", "dangling-ingress", Same(Of::Objects, &["backend-port-missing", "backend-service-missing"], "")),
    ("kube-linter", "dangling-networkpolicy", Other("a policy that selects nothing blocks nothing")),
    (
        "kube-linter",
        "dangling-networkpolicypeer-podselector",
        Other("a peer that does not exist sends no requests; whether the gateway is let in is `policy-blocks-gateway`"),
    ),
    ("kube-linter", "dangling-service", Same(Of::Objects, &["service-selects-nothing"], "")),
    ("kube-linter", "dangling-servicemonitor", Other("metrics that nobody collects fail no request")),
    (
        "kube-linter",
        "hpa-minimum-three-replicas",
        Other("that three are enough and two are not is a convention; one is `autoscaler-floor-one`"),
    ),
    ("kube-linter", "invalid-target-ports", Other("the API server refuses such names and numbers by itself")),
    (
        "kube-linter",
        "liveness-port",
        Same(
            Of::Workloads,
            &["probe-port-unresolvable"],
            "there a number must be declared too; the kubelet asks it anyway. There the protocol must fit; the kubelet looks for the name alone",
        ),
    ),
    (
        "kube-linter",
        "minimum-three-replicas",
        Other("that three are enough and two are not is a convention; one is `single-replica`"),
    ),
    ("kube-linter", "mismatching-selector", Other("the API server refuses such a selector by itself")),
    ("kube-linter", "no-extensions-v1beta", Other("the API server has no such version any more and refuses it by itself")),
    (
        "kube-linter",
        "no-liveness-probe",
        Other(
            "without a livenessProbe nothing is restarted, but readiness keeps requests away; many applications are better off without one",
        ),
    ),
    (
        "kube-linter",
        "no-readiness-probe",
        Same(Of::Backends, &["readiness-probe-missing"], "there every container is asked, here those that get requests"),
    ),
    (
        "kube-linter",
        "no-rolling-update-strategy",
        Same(
            Of::Backends,
            &["recreate-strategy"],
            "there any strategy but one is asked about; of those Kubernetes knows `Recreate`",
        ),
    ),
    (
        "kube-linter",
        "non-isolated-pod",
        Other("a policy that is not there blocks nothing; what one blocks is `policy-blocks-gateway`"),
    ),
    ("kube-linter", "pdb-max-unavailable", Same(Of::Objects, &["disruption-blocked"], "")),
    ("kube-linter", "pdb-min-available", Same(Of::Workloads, &["disruption-blocked"], "")),
    ("kube-linter", "pdb-unhealthy-pod-eviction-policy", Other("that a default be written out is a convention")),
    ("kube-linter", "readiness-port", Same(Of::Workloads, &["probe-port-unresolvable"], "as for liveness-port")),
    ("kube-linter", "startup-port", Same(Of::Workloads, &["probe-port-unresolvable"], "as for liveness-port")),
    ("kube-linter", "use-namespace", Other("the namespace is no matter of requests")),
    // istio analyze
    (
        "istio-analyze",
        "deployment.ApplicationUIDAnalyzer",
        Other("the user that the mesh's own proxy runs as: what the proxy intercepts is not read"),
    ),
    (
        "istio-analyze",
        "deployment.ServiceAssociationAnalyzer",
        Other("how the mesh tells protocols apart by the Services of a pod; gateways do not"),
    ),
    (
        "istio-analyze",
        "destinationrule.CaCertificateAnalyzer",
        Other("no502 does not read DestinationRules; TLS without verification connects"),
    ),
    ("istio-analyze", "destinationrule.PodNotSelectedAnalyzer", Other("no502 does not read DestinationRules")),
    ("istio-analyze", "gateway.CertificateAnalyzer", Other("no502 does not read Istio's Gateways")),
    ("istio-analyze", "gateway.ConflictingGatewayAnalyzer", Other("no502 does not read Istio's Gateways")),
    ("istio-analyze", "gateway.IngressGatewayPortAnalyzer", Other("no502 does not read Istio's Gateways")),
    ("istio-analyze", "gateway.SecretAnalyzer", Other("no502 does not read Istio's Gateways")),
    ("istio-analyze", "k8sgateway.SelectorAnalyzer", Other("security and telemetry of the mesh are not read")),
    ("istio-analyze", "schemaValidation.CollectionValidationAnalyzer", Other("no502 does not read Istio's VirtualServices")),
    (
        "istio-analyze",
        "service.PortNameAnalyzer",
        Other("port names by which the mesh tells protocols apart; without one it looks at the bytes, and HTTP passes"),
    ),
    ("istio-analyze", "virtualservice.ConflictingMeshGatewayHostsAnalyzer", Other("no502 does not read Istio's VirtualServices")),
    (
        "istio-analyze",
        "virtualservice.DestinationHostAnalyzer",
        Other("no502 does not read Istio's VirtualServices; of the routes that it reads, `backend-service-missing` says it"),
    ),
    ("istio-analyze", "virtualservice.DestinationRuleAnalyzer", Other("no502 does not read Istio's VirtualServices")),
    ("istio-analyze", "virtualservice.GatewayAnalyzer", Other("no502 does not read Istio's VirtualServices")),
    ("istio-analyze", "virtualservice.JWTClaimRouteAnalyzer", Other("no502 does not read Istio's VirtualServices")),
    // Gateway API
    ("gateway-api CRD validation", "accepted by the CRD schema / CEL", NoError),
    (
        "gateway-api CRD validation",
        "must be rejected by the CRD schema / CEL",
        Other("the API server refuses them by itself; here they are only read, without a crash"),
    ),
];
