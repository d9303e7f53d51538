//! A setting: one value with where it comes from and how it is written back.

use serde_json::Value;

use crate::object::Address;

/// Where a value comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Provenance {
    /// The author wrote it, at this address of the object itself.
    Written(Address),
    /// Nobody wrote it: the default of the API server.
    ApiDefault,
    /// The gateway's global configuration says it, under this key.
    Global(&'static str),
    /// Nobody wrote it: the gateway's built-in default.
    GatewayDefault,
}

/// One value of the model, or the honest answer that it cannot be known.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting<T> {
    /// The value and where it comes from; `None` when it cannot be known.
    pub known: Option<(T, Provenance)>,
    /// The gateway's default, where it holds unless a global configuration that nobody has seen says otherwise.
    pub presumed: Option<T>,
    /// How another value would be written, where it can be.
    pub writing: Option<Writing<T>>,
}

/// How a value is written back into the object.
#[derive(Clone, Debug)]
pub struct Writing<T> {
    /// Where.
    pub address: Address,
    /// In which form.
    pub encode: fn(&T) -> Value,
}

impl<T> PartialEq for Writing<T> {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}

/// A new value at an address: what a fix consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// Where.
    pub address: Address,
    /// What.
    pub value: Value,
}

impl Write {
    /// The line to write, where an annotation, a key of a `ConfigMap`, a field of an upstream or a timeout of a rule is meant:
    /// `example.com/key: "value"`.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        match &self.address {
            Address::Key { prefix, name } => Some(format!("{prefix}/{name}: {}", self.value)),
            Address::Annotation(key) | Address::Data(key) => Some(format!("{key}: {}", self.value)),
            Address::Field(template, _) => {
                if let Some(field) = template.strip_prefix("/spec/rules/{}/timeouts/") {
                    // A duration needs no quotes.
                    let value = self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned);
                    return Some(format!("timeouts: {{{field}: {value}}}"));
                }
                let field = template.strip_prefix("/spec/upstreams/{}/").filter(|field| !field.contains('/'))?;
                Some(format!("{field}: {}", self.value))
            }
        }
    }
}

impl<T> Default for Setting<T> {
    fn default() -> Self {
        Self::unknown()
    }
}

impl<T> Setting<T> {
    /// A value that cannot be known, and cannot be written.
    #[must_use]
    pub const fn unknown() -> Self {
        Self { known: None, presumed: None, writing: None }
    }

    /// A value that cannot be known, though the gateway's default is.
    #[must_use]
    pub const fn presumed(default: T) -> Self {
        Self { known: None, presumed: Some(default), writing: None }
    }

    /// A value the author wrote.
    #[must_use]
    pub const fn written(value: T, address: Address) -> Self {
        Self { known: Some((value, Provenance::Written(address))), presumed: None, writing: None }
    }

    /// A value from elsewhere than the object.
    #[must_use]
    pub const fn from(value: T, provenance: Provenance) -> Self {
        Self { known: Some((value, provenance)), presumed: None, writing: None }
    }

    /// The same setting with a way to write it.
    #[must_use]
    pub fn writable(mut self, address: Address, encode: fn(&T) -> Value) -> Self {
        self.writing = Some(Writing { address, encode });
        self
    }

    /// The value, where it is known.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        self.known.as_ref().map(|(value, _)| value)
    }

    /// The value and its address, where the author wrote it.
    #[must_use]
    pub fn as_written(&self) -> Option<(&T, &Address)> {
        match &self.known {
            Some((value, Provenance::Written(address))) => Some((value, address)),
            _ => None,
        }
    }

    /// Whether the author wrote the value.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.as_written().is_some()
    }

    /// The write that would give the setting this value; `None` where it cannot be written.
    #[must_use]
    pub fn write(&self, value: &T) -> Option<Write> {
        let writing = self.writing.as_ref()?;
        Some(Write { address: writing.address.clone(), value: (writing.encode)(value) })
    }
}
