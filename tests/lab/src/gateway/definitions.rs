//! The definitions (CRDs) that a gateway wants.

use std::path::Path;

use crate::fault::Result;
use crate::kubectl::Kubectl;

/// Applies a folder of them, and waits until the API server serves them all.
pub(super) async fn apply(kubectl: &Kubectl, folder: &Path) -> Result {
    let folder = folder.display().to_string();
    // The usual way keeps a copy in an annotation, which these are too long for.
    kubectl.run(&["apply", "--server-side", "--force-conflicts", "--filename", &folder]).await?;
    kubectl.run(&["wait", "--for=condition=Established", "--timeout=20s", "--filename", &folder]).await.map(drop)
}
