//! Does an answer fit?

pub mod header_buffer_small;
pub mod upload_limit_unset;
