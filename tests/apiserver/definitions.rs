//! The Gateway API as it is published: the definitions (CRDs) of its standard channel, from `definitions/build.sh`.

use std::time::Duration;

use crate::cluster::{Cluster, part};
use crate::fault::Result;
use crate::wait::until;

/// Ten large definitions, on a machine that is busy with all other tests.
const LIMIT: Duration = Duration::from_mins(1);

/// The kinds that the tests write. `kubectl wait` knows that a definition is established; these say that it is served.
const KINDS: [&str; 4] = ["gatewayclasses", "gateways", "httproutes", "grpcroutes"];

/// Installs all that the folder holds, and waits until the API server serves it.
pub(crate) fn install(cluster: &Cluster) -> Result {
    let folder = part("definitions")?;
    let folder = folder.to_string_lossy();
    let kubectl = cluster.admin();
    // The usual way keeps a copy in an annotation, which these are too long for.
    kubectl.run(&["apply", "--server-side", "--filename", &folder])?.fine()?;
    kubectl.run(&["wait", "crds", "--all", "--for=condition=Established", "--timeout=50s"])?.fine()?;
    until("the API server serves the Gateway API", LIMIT, || {
        let kinds = KINDS.map(|kind| format!("{kind}.gateway.networking.k8s.io")).join(",");
        let answer = kubectl.run(&["get", &kinds, "--all-namespaces"])?;
        Ok(answer.fine().map(drop).map_err(|error| error.to_string()))
    })
}
