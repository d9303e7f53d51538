//! Floor 0: quantities that cannot be mixed up, and how each world writes them.
//!
//! No bare number crosses a module: a time is a [`Duration`], a size is a [`Size`].

mod duration;
mod gateway_api;
mod level;
mod size;

pub use duration::{Duration, DurationError, NGINX_UNITS, go, kubernetes_seconds, nginx_seconds, nginx_time};
pub use gateway_api::{gateway_api_duration, to_gateway_api_duration};
pub use level::Level;
pub use size::{Size, SizeError, nginx_size};
