//! Is one bad pod hidden from the client?

pub mod retry_missing;
pub mod retry_outlasts_client;
pub mod retry_repeats_writes;
pub mod retry_unlimited;
pub mod retry_without_effect;
