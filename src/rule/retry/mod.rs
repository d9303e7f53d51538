//! Is one bad pod hidden from the client?

pub mod retry_missing;
