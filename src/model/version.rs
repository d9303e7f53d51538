//! Versions of gateways.

use std::fmt;

/// A version of a gateway, as in `1.12.1`. What is not written counts as zero.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// Reads `1.12.1`, `v1.12.1` or `1.12`; what follows a `-` or `+` is left out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let core = text.strip_prefix('v').unwrap_or(text);
        let core = core.split(['-', '+']).next().unwrap_or(core);
        let mut parts = core.split('.').map(str::parse::<u32>);
        let major = parts.next()?.ok()?;
        let minor = parts.next().transpose().ok()?.unwrap_or(0);
        let patch = parts.next().transpose().ok()?.unwrap_or(0);
        parts.next().is_none().then_some(Self(major, minor, patch))
    }

    /// The version in the tag of an image: `registry.example.com/controller:v1.12.1@sha256:…`.
    #[must_use]
    pub fn of_image(image: &str) -> Option<Self> {
        let name = image.split('@').next().unwrap_or(image);
        // A colon before the last slash belongs to a port.
        let (_, tag) = name.rsplit('/').next()?.split_once(':')?;
        Self::parse(tag)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}
