//! From the bytes of an `AdmissionReview` (`admission.k8s.io/v1`) to a change.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::engine::{Change, Operation};
use crate::object::{At, Object};

/// The largest body that is read. The API server takes objects of 3 MiB, and sends the old one beside the new one.
pub const MAX_BODY: usize = 8 << 20;

/// Why a body is no review.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// The body is no JSON that fits an `AdmissionReview`.
    #[error("the body is no AdmissionReview in JSON: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It is another kind of object, or another version.
    #[error("the body is {api_version} {kind}; send admission.k8s.io/v1 AdmissionReview")]
    Foreign {
        /// The API version of the body.
        api_version: String,
        /// The kind of the body.
        kind: String,
    },
    /// There is no request in it.
    #[error("the AdmissionReview holds no request with a uid")]
    NoRequest,
}

/// A review, read.
#[derive(Debug)]
pub struct Reviewed {
    /// The uid to answer with.
    pub uid: String,
    /// Who asks.
    pub user: String,
    /// `Deployment`, or what else it is.
    pub kind: String,
    /// `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
    pub operation: String,
    /// `namespace/name`, as far as they are known.
    pub object: String,
    /// Whether nothing will be stored.
    pub is_dry_run: bool,
    /// The namespace of the request; empty where there is none.
    pub namespace: String,
    /// The change; `None` where the object is of a kind that no502 does not read, or cannot be understood.
    pub change: Option<Change>,
    /// Why there is no change, where the user should know.
    pub note: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    request: Option<Request>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    uid: String,
    #[serde(default)]
    kind: GroupVersionKind,
    #[serde(default)]
    sub_resource: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    user_info: UserInfo,
    #[serde(default)]
    object: Option<Value>,
    #[serde(default)]
    old_object: Option<Box<RawValue>>,
    #[serde(default)]
    dry_run: Option<bool>,
}

#[derive(Default, Deserialize)]
struct GroupVersionKind {
    #[serde(default)]
    kind: String,
}

#[derive(Default, Deserialize)]
struct UserInfo {
    #[serde(default)]
    username: String,
}

/// Reads a review.
///
/// # Errors
/// Where the body is none: it is answered with a client error.
pub fn read(body: &[u8]) -> Result<Reviewed, Unreadable> {
    let review: Review = serde_json::from_slice(body)?;
    if review.api_version != "admission.k8s.io/v1" || review.kind != "AdmissionReview" {
        let shown =
            |text: String| if text.is_empty() { "nothing with a name".to_owned() } else { text.chars().take(100).collect() };
        return Err(Unreadable::Foreign { api_version: shown(review.api_version), kind: shown(review.kind) });
    }
    let request = review.request.filter(|request| !request.uid.is_empty()).ok_or(Unreadable::NoRequest)?;
    Ok(reviewed(request))
}

fn reviewed(request: Request) -> Reviewed {
    let namespace = request.namespace.unwrap_or_default();
    let before = request.old_object.filter(|text| text.get() != "null");
    let after = request.object.filter(|object| !object.is_null());
    let is_whole = request.sub_resource.as_deref().unwrap_or_default().is_empty();
    let generated = after.as_ref().and_then(|raw| raw.at(["metadata", "generateName"]).as_str());
    let name =
        request.name.filter(|name| !name.is_empty()).or_else(|| generated.map(|name| format!("{name}*"))).unwrap_or_default();
    let operation = match request.operation.as_str() {
        "CREATE" => Some(Operation::Create),
        "UPDATE" => Some(Operation::Update),
        "DELETE" => Some(Operation::Delete),
        _ => None,
    };
    let mut note = None;
    let change = operation.filter(|_| is_whole).and_then(|operation| {
        let has_object = if operation == Operation::Delete { before.is_some() } else { after.is_some() };
        let object = after.filter(|_| operation != Operation::Delete).and_then(|raw| Object::new(raw, &namespace));
        if !has_object {
            note = Some(format!("the request holds no object: {} {name} was not judged", request.kind.kind));
        }
        let is_read = has_object && (operation == Operation::Delete || object.is_some());
        is_read.then(|| Change { operation, namespace: namespace.as_str().into(), after: object, before_text: before })
    });
    let object = if namespace.is_empty() { name } else { format!("{namespace}/{name}") };
    Reviewed {
        uid: request.uid,
        user: request.user_info.username,
        kind: request.kind.kind,
        operation: request.operation,
        object,
        is_dry_run: request.dry_run.unwrap_or_default(),
        namespace,
        change,
        note,
    }
}
