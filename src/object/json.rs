//! Lenient access to raw JSON.

use serde_json::Value;

/// Access to what may not be there.
pub trait At {
    /// The value below these keys; null where one of them leads nowhere. Never panics.
    fn at<const N: usize>(&self, keys: [&str; N]) -> &Value;
}

impl At for Value {
    fn at<const N: usize>(&self, keys: [&str; N]) -> &Value {
        keys.into_iter().try_fold(self, |value, key| value.get(key)).unwrap_or(&Value::Null)
    }
}
