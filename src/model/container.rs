//! Containers: what runs as long as a pod.

use serde_json::Value;

use super::call::Call;
use super::hook::Hook;
use super::json::{list, port_number, text};
use super::listening::{Listening, Said};
use super::probe::Probe;
use super::process::Process;
use super::proxy::Proxy;
use super::resources::Resources;
use super::version::Version;
use crate::object::{Address, At};

/// A port that a container declares.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContainerPort {
    /// Its name; empty where it has none.
    pub name: Box<str>,
    /// Its number.
    pub number: u16,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Box<str>,
}

/// A container that runs as long as its pod.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Container {
    /// Its name.
    pub name: Box<str>,
    /// Its place in `containers`, or in `initContainers` for a native sidecar.
    pub index: usize,
    /// Whether it is an init container that keeps running (KEP-753).
    pub is_native_sidecar: bool,
    /// Whether it stands in a pod itself, and not in a template.
    is_in_pod: bool,
    /// The ports it declares.
    pub ports: Box<[ContainerPort]>,
    /// Whether it may get traffic.
    pub readiness: Option<Probe>,
    /// Whether it must be restarted.
    pub liveness: Option<Probe>,
    /// Whether it has started.
    pub startup: Option<Probe>,
    /// What runs before SIGTERM.
    pub pre_stop: Option<Hook>,
    /// Whether there is a `lifecycle` that other hooks may live in.
    pub has_lifecycle: bool,
    /// What its command makes of its first process.
    pub process: Process,
    /// Its image; empty where none can be read.
    pub image: Box<str>,
    /// What it asks for, and what it may take.
    pub resources: Resources,
    /// On which ports it listens by its own text, where that is certain.
    pub listening: Option<Box<Listening>>,
    /// The Services that its environment names as something to connect to.
    pub calls: Box<[Call]>,
}

impl Container {
    pub(super) fn read(index: usize, value: &Value, is_in_pod: bool, is_native_sidecar: bool) -> Self {
        let ports = list(value.at(["ports"])).filter_map(|(_, port)| {
            let number = port_number(port.at(["containerPort"]))?;
            let protocol = port.at(["protocol"]).as_str().unwrap_or("TCP").into();
            Some(ContainerPort { name: text(port.at(["name"])).into(), number, protocol })
        });
        Self {
            name: text(value.at(["name"])).into(),
            index,
            is_native_sidecar,
            is_in_pod,
            ports: ports.collect(),
            readiness: Probe::read(value.at(["readinessProbe"])),
            liveness: Probe::read(value.at(["livenessProbe"])),
            startup: Probe::read(value.at(["startupProbe"])),
            pre_stop: Hook::read(value.at(["lifecycle", "preStop"])),
            has_lifecycle: value.at(["lifecycle"]).is_object(),
            process: Process::read(value),
            image: text(value.at(["image"])).into(),
            resources: Resources::read(value.at(["resources"])),
            listening: Listening::read(value),
            calls: Call::read(value),
        }
    }

    /// The version in the tag of its image.
    #[must_use]
    pub fn image_version(&self) -> Option<Version> {
        Version::of_image(&self.image)
    }

    /// Which proxy it is, where its name or its image tells.
    #[must_use]
    pub fn proxy(&self) -> Option<Proxy> {
        Proxy::known_by(&self.name, &self.image)
    }

    /// Whether the container declares this port number.
    #[must_use]
    pub fn declares(&self, number: u16) -> bool {
        self.ports.iter().any(|port| port.number == number)
    }

    /// The address of the value of an environment variable.
    #[must_use]
    pub fn variable_address(&self, index: usize) -> Address {
        Address::nested(self.template(VARIABLES), self.index, index)
    }

    /// The one of four templates that is for where the container stands.
    fn template(&self, [regular, sidecar, of_pod, sidecar_of_pod]: [&'static str; 4]) -> &'static str {
        match (self.is_in_pod, self.is_native_sidecar) {
            (false, false) => regular,
            (false, true) => sidecar,
            (true, false) => of_pod,
            (true, true) => sidecar_of_pod,
        }
    }

    /// The address of what says on which port it listens.
    #[must_use]
    pub fn listening_address(&self, said: Said) -> Address {
        match said {
            Said::Variable(index) => self.variable_address(index),
            Said::Command => self.address(ContainerField::Command),
            Said::Args => self.address(ContainerField::Args),
        }
    }

    /// The address of the container, or of a field below it that is given as `/…`.
    #[must_use]
    pub fn address(&self, field: ContainerField) -> Address {
        Address::item(self.template(field.templates()), self.index)
    }
}

/// Where the values of environment variables stand.
const VARIABLES: [&str; 4] = [
    "/spec/template/spec/containers/{}/env/{}/value",
    "/spec/template/spec/initContainers/{}/env/{}/value",
    "/spec/containers/{}/env/{}/value",
    "/spec/initContainers/{}/env/{}/value",
];

macro_rules! container_fields {
    ($($(#[$doc:meta])* $name:ident => $path:literal,)*) => {
        /// A field of a container.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum ContainerField { $($(#[$doc])* $name,)* }

        impl ContainerField {
            const fn templates(self) -> [&'static str; 4] {
                match self {
                    $(Self::$name => [
                        concat!("/spec/template/spec/containers/{}", $path),
                        concat!("/spec/template/spec/initContainers/{}", $path),
                        concat!("/spec/containers/{}", $path),
                        concat!("/spec/initContainers/{}", $path),
                    ],)*
                }
            }
        }
    };
}

container_fields! {
    /// The container itself.
    Whole => "",
    /// What hooks there are.
    Lifecycle => "/lifecycle",
    /// What runs before SIGTERM.
    PreStop => "/lifecycle/preStop",
    /// What it runs.
    Command => "/command",
    /// What it asks for, and what it may take.
    Resources => "/resources",
    /// What it runs it with.
    Args => "/args",
    /// The readiness probe.
    Readiness => "/readinessProbe",
    /// The port of an HTTP readiness probe.
    ReadinessHttpPort => "/readinessProbe/httpGet/port",
    /// The port of a TCP readiness probe.
    ReadinessTcpPort => "/readinessProbe/tcpSocket/port",
    /// How long a try of the readiness probe may take.
    ReadinessTimeout => "/readinessProbe/timeoutSeconds",
    /// How long the readiness probe waits before it asks first.
    ReadinessDelay => "/readinessProbe/initialDelaySeconds",
    /// How many failures in a row the readiness probe takes.
    ReadinessFailures => "/readinessProbe/failureThreshold",
    /// The liveness probe.
    Liveness => "/livenessProbe",
    /// The port of an HTTP liveness probe.
    LivenessHttpPort => "/livenessProbe/httpGet/port",
    /// The port of a TCP liveness probe.
    LivenessTcpPort => "/livenessProbe/tcpSocket/port",
    /// How long a try of the liveness probe may take.
    LivenessTimeout => "/livenessProbe/timeoutSeconds",
    /// The port of an HTTP startup probe.
    StartupHttpPort => "/startupProbe/httpGet/port",
    /// The port of a TCP startup probe.
    StartupTcpPort => "/startupProbe/tcpSocket/port",
}
