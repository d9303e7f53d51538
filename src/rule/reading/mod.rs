//! Does the gateway see what was written?

pub mod key_unknown;
pub mod poison_value;
pub mod value_ignored;
pub mod value_rejected;
