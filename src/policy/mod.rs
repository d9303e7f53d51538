//! Floor 3: the policy document: what an installation wants, and what objects cannot tell of its cluster.
//!
//! A document is read leniently in form and strictly in content: all its faults are reported at once, each with its
//! place. Rules are opaque here: their parameters are kept as they were written, and judged by who arms them.

mod fault;
mod pattern;
mod read;

pub use fault::{Fault, is_slip, near};
pub use pattern::Pattern;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::model::Version;
use crate::units::{Duration, Level};

/// The API version of a document.
pub const API_VERSION: &str = "no502.dev/v1alpha1";

/// What is done with findings. Ordered: a document's mode caps that of every namespace.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Mode {
    /// Audit annotations, logs, metrics; the user sees nothing.
    Audit,
    /// Everything is a warning.
    Warn,
    /// Errors refuse, warnings warn, fixes are patched in.
    Enforce,
}

impl Mode {
    /// All modes, the strongest first.
    pub const ALL: [Self; 3] = [Self::Enforce, Self::Warn, Self::Audit];

    /// The name in documents and labels.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Warn => "warn",
            Self::Enforce => "enforce",
        }
    }

    /// The namespace label that chooses a profile for the mode.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Audit => "no502.dev/audit",
            Self::Warn => "no502.dev/warn",
            Self::Enforce => "no502.dev/enforce",
        }
    }
}

/// Which profile a mode uses where a namespace does not say.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Defaults {
    /// For enforcing.
    pub enforce: Option<Box<str>>,
    /// For warning.
    pub warn: Option<Box<str>>,
    /// For auditing.
    pub audit: Option<Box<str>>,
}

impl Defaults {
    /// The profile for a mode.
    #[must_use]
    pub fn get(&self, mode: Mode) -> Option<&str> {
        match mode {
            Mode::Audit => self.audit.as_deref(),
            Mode::Warn => self.warn.as_deref(),
            Mode::Enforce => self.enforce.as_deref(),
        }
    }
}

/// A balancer in front of the gateways.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LoadBalancer {
    /// 4 or 7.
    pub layer: u8,
    /// How long it keeps a connection on which nothing moves.
    pub idle_timeout: Option<Duration>,
    /// How long it may use the connections to a gateway's pod that is going away.
    pub deregistration_delay: Option<Duration>,
}

/// Where the global settings of a gateway stand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ConfigSource {
    /// The document does not say.
    Unknown,
    /// There are none.
    None,
    /// In this `ConfigMap`.
    Named {
        /// Its namespace.
        namespace: Box<str>,
        /// Its name.
        name: Box<str>,
    },
}

/// What the document says of one gateway.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GatewayEntry {
    /// The ingress class it serves.
    pub class: Box<str>,
    /// Which gateway it is.
    pub dialect: Box<str>,
    /// Which version.
    pub version: Option<Version>,
    /// Where its pods run.
    pub namespace: Option<Box<str>>,
    /// Where its global settings stand.
    pub config: ConfigSource,
    /// The prefix of its annotations, where it was changed.
    pub prefix: Option<Box<str>>,
    /// Which gateway comes after it.
    pub next: Option<Box<str>>,
    /// Where the entry stands in the document.
    pub pointer: String,
}

impl GatewayEntry {
    /// Whether nobody wrote the entry: where no gateway is named, one is assumed.
    #[must_use]
    pub fn is_assumed(&self) -> bool {
        self.pointer.is_empty()
    }
}

/// What a profile says of one rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleEntry {
    /// How heavy its findings are.
    pub level: Option<Level>,
    /// Whether its fixes are applied.
    pub fix: Option<bool>,
    /// Its parameters, as they were written.
    pub params: Map<String, Value>,
    /// Where the entry stands in the document.
    pub pointer: String,
}

/// A named choice of rules, levels and parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProfileEntry {
    /// The profile it is laid over.
    pub extends: Option<Box<str>>,
    /// How heavy it is when a change takes away what a route of another object uses.
    pub breaking: Option<Level>,
    /// What it says of rules, by name.
    pub rules: BTreeMap<Box<str>, RuleEntry>,
    /// Where the entry stands in the document.
    pub pointer: String,
}

/// Findings that are accepted for a reason, and for a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Exception {
    /// Which rules; all where there is none.
    pub rules: Vec<Box<str>>,
    /// In which namespaces; all where there is none.
    pub namespaces: Vec<Pattern>,
    /// For which kinds; all where there is none.
    pub kinds: Vec<Box<str>>,
    /// For objects of which names; all where there is none.
    pub names: Vec<Pattern>,
    /// Why.
    pub reason: Box<str>,
    /// The last day on which it holds.
    pub until: Date,
    /// Where the entry stands in the document.
    pub pointer: String,
}

/// A policy document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The highest mode this installation uses.
    pub mode: Mode,
    /// For namespaces without labels.
    pub defaults: Defaults,
    /// Namespaces that are left alone whatever their labels say.
    pub exempt_namespaces: Vec<Pattern>,
    /// How long clients wait for an answer.
    pub client_timeout: Option<Duration>,
    /// The balancer in front of the gateways.
    pub load_balancer: Option<LoadBalancer>,
    /// Whether the network of the cluster does what network policies say.
    pub enforces_policies: bool,
    /// What objects cannot tell of the gateways.
    pub gateways: Vec<GatewayEntry>,
    /// Profiles by name.
    pub profiles: BTreeMap<Box<str>, ProfileEntry>,
    /// Accepted findings.
    pub exceptions: Vec<Exception>,
}

impl Default for Document {
    fn default() -> Self {
        Self {
            mode: Mode::Enforce,
            defaults: Defaults::default(),
            exempt_namespaces: ["kube-system", "kube-public", "kube-node-lease"].map(Pattern::new).into(),
            client_timeout: None,
            load_balancer: None,
            enforces_policies: true,
            gateways: Vec::new(),
            profiles: BTreeMap::new(),
            exceptions: Vec::new(),
        }
    }
}

impl Document {
    /// Reads a document as far as it can be read, and says what is wrong with it. The faults have no places yet where
    /// [`Fault::find_all`] can find them.
    #[must_use]
    pub fn read(text: &str) -> (Self, Vec<Fault>) {
        read::document(text)
    }

    /// Reads a document.
    ///
    /// # Errors
    /// All faults of the document, each with its place.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let (document, mut faults) = Self::read(text);
        if faults.is_empty() {
            return Ok(document);
        }
        Fault::find_all(&mut faults, text);
        Err(faults)
    }

    /// What holds where nobody wrote a document: every namespace is enforced by `baseline`, and the class that is
    /// named `nginx` is taken for ingress-nginx with its defaults.
    #[must_use]
    pub fn standalone() -> Self {
        let defaults = Defaults { enforce: Some("baseline".into()), ..Defaults::default() };
        let mut document = Self { defaults, ..Self::default() };
        document.assume_gateway();
        document
    }

    /// Takes the class that is named `nginx` for ingress-nginx with its defaults, where the document names no gateway.
    pub fn assume_gateway(&mut self) {
        if !self.gateways.is_empty() {
            return;
        }
        self.gateways.push(GatewayEntry {
            class: "nginx".into(),
            dialect: "ingress-nginx".into(),
            version: None,
            namespace: None,
            config: ConfigSource::None,
            prefix: None,
            next: None,
            pointer: String::new(),
        });
    }

    /// Whether a namespace is left alone.
    #[must_use]
    pub fn exempts(&self, namespace: &str) -> bool {
        self.exempt_namespaces.iter().any(|pattern| pattern.matches(namespace))
    }
}
