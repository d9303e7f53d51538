//! Container images made of one static file, without a container engine.

use std::fs::{File, create_dir_all, read, read_dir};
use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::fault::{At, Result};
use crate::place::Place;

/// One file, run as its only program.
pub(crate) struct Image<'a> {
    /// `name:tag`.
    pub(crate) name: &'a str,
    /// The static binary on this machine.
    pub(crate) binary: &'a Path,
    /// Its path in the image, and what it is called with.
    pub(crate) entrypoint: &'a [&'a str],
    /// The user it runs as.
    pub(crate) user: &'a str,
}

impl Image<'_> {
    /// Writes the archive that `docker load` and `ctr images import` read.
    pub(crate) fn write(&self, place: &Place) -> Result<PathBuf> {
        let folder = folder(place);
        create_dir_all(&folder).at(&folder)?;
        let path = folder.join(self.name.replace(['/', ':'], "-") + ".tar");
        let layer = self.layer()?;
        let config = json!({
            "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }, "os": "linux",
            "config": {"Entrypoint": self.entrypoint, "User": self.user},
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", hex(&layer))]},
            "history": [{"created_by": "lab"}],
        });
        let manifest = json!([{"Config": "config.json", "RepoTags": [self.name], "Layers": ["layer.tar"]}]);
        let mut archive = tar::Builder::new(File::create(&path).at(&path)?);
        for (name, bytes) in [
            ("layer.tar", layer),
            ("config.json", config.to_string().into_bytes()),
            ("manifest.json", manifest.to_string().into_bytes()),
        ] {
            append(&mut archive, name, 0o644, &bytes).at(&path)?;
        }
        archive.finish().at(&path)?;
        Ok(path)
    }

    fn layer(&self) -> Result<Vec<u8>> {
        let binary = read(self.binary).at(self.binary)?;
        let mut layer = tar::Builder::new(Vec::new());
        let name = self.entrypoint.first().copied().unwrap_or_default().trim_start_matches('/');
        append(&mut layer, name, 0o555, &binary).at(self.binary)?;
        layer.into_inner().at(self.binary)
    }
}

/// The archives that were written.
pub(crate) fn archives(place: &Place) -> Vec<PathBuf> {
    let entries = read_dir(folder(place)).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "tar")).collect()
}

fn folder(place: &Place) -> PathBuf {
    place.run().join("images")
}

fn append<W: std::io::Write>(archive: &mut tar::Builder<W>, name: &str, mode: u32, bytes: &[u8]) -> std::io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(mode);
    header.set_mtime(0);
    header.set_cksum();
    archive.append_data(&mut header, name, bytes)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
