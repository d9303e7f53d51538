//! Does enough stay up?

pub mod recreate_strategy;
pub mod rollout_takes_all;
