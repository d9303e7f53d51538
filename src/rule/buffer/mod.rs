//! Does an answer fit?

pub mod header_buffer_small;
