//! What a server without a cluster prints, so that the first minute shows a denial and a patch.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A review that is denied, and one that gets a patch.
const SAMPLES: [(&str, &str, &str); 2] = [
    ("validate", "denied.json", include_str!("../../examples/reviews/denied.json")),
    ("mutate", "patched.json", include_str!("../../examples/reviews/patched.json")),
];

/// The two commands to paste. The samples of a checkout are named where the server was started in one; elsewhere they
/// are written beside the certificates.
pub(super) fn commands(address: SocketAddr, ca: &Path, state_folder: &Path) -> Vec<String> {
    let port = address.port();
    let lines = SAMPLES.iter().map(|(path, name, text)| {
        let sample = sample(name, text, state_folder);
        format!(
            "curl --cacert '{}' -H 'Content-Type: application/json' --data @'{}' https://localhost:{port}/{path}",
            ca.display(),
            sample.display()
        )
    });
    lines.collect()
}

fn sample(name: &str, text: &str, state_folder: &Path) -> PathBuf {
    let in_checkout = Path::new("examples/reviews").join(name);
    if in_checkout.is_file() {
        return in_checkout;
    }
    let beside = state_folder.join(name);
    // Without the file the command fails and says which one is missing.
    let _ = std::fs::write(&beside, text);
    beside
}
