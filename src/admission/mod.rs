//! Floor 6: the wire of admission: bytes to a change, and an outcome to bytes. No socket, no clock.

mod message;
mod response;
mod review;

pub use message::{denial, warnings};
pub use response::{allow_unread, respond, respond_patch};
pub use review::{MAX_BODY, Reviewed, Unreadable, read};
