//! A cluster that exists: kind, minikube, a real one. What the laboratory brings for its own cluster, it has to be told:
//!
//! - `LAB_KUBECONFIG`: the kubeconfig of a cluster administrator;
//! - `LAB_GATEWAYS`: the gateways that run there, and where they take plain HTTP, as in `contour=127.0.0.1:8080 nginx=...`. Their
//!   IngressClasses are named as in the laboratory;
//! - `LAB_LOAD`: a command that brings the archive of an image to the nodes; the path follows it. `kind load image-archive`.

use std::env;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::fault::{Fault, Result};
use crate::gateway::{self, Gateway};
use crate::image;
use crate::install::{install, uninstall};
use crate::kubectl::Kubectl;
use crate::place::Place;
use crate::process::{command, run};
use crate::say::{remark, say};
use crate::target::{Reached, Target};

/// What is known of it.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Existing {
    kubeconfig: PathBuf,
    gateways: Vec<(String, SocketAddr)>,
    load: Vec<String>,
}

impl Existing {
    /// The one that the environment names, if it names one.
    pub(crate) fn asked() -> Result<Option<Self>> {
        let word = |name: &str| env::var_os(name).map(OsString::into_string).transpose();
        let read = |name: &str| word(name).map_err(|_| Fault::Other(format!("{name} is no text")));
        match read("LAB_KUBECONFIG")? {
            None => Ok(None),
            Some(kubeconfig) => Self::told(&kubeconfig, read("LAB_GATEWAYS")?.as_deref(), read("LAB_LOAD")?.as_deref()).map(Some),
        }
    }

    fn told(kubeconfig: &str, gateways: Option<&str>, load: Option<&str>) -> Result<Self> {
        let each = gateways.unwrap_or_default().split_whitespace();
        let gateways = each.map(|word| {
            let (name, address) = word.split_once('=').unwrap_or((word, ""));
            let address = address.parse();
            let address = address.map_err(|_| Fault::Other(format!("LAB_GATEWAYS: {word:?} is not NAME=ADDRESS:PORT")))?;
            gateway::find(name).map(|gateway| (gateway.name().to_owned(), address))
        });
        Ok(Self {
            kubeconfig: PathBuf::from(kubeconfig),
            gateways: gateways.collect::<Result<_>>()?,
            load: load.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        })
    }

    /// To run experiments against.
    pub(crate) fn target(&self) -> Target {
        let found = self.gateways.iter().filter_map(|(name, address)| {
            let gateway: &'static dyn Gateway = gateway::find(name).ok()?;
            Some(Reached {
                gateway,
                address: *address,
                secure: None,
                log: None,
                version: format!("{name}, of a cluster that exists"),
            })
        });
        Target { gateways: found.collect(), kubectl: self.kubectl() }
    }

    /// Brings the images to its nodes, and installs no502.
    pub(crate) async fn up(&self, place: &Place) -> Result {
        let Some((program, words)) = self.load.split_first() else {
            let wanted =
                "  LAB_LOAD: the command that brings the archive of an image to the nodes, such as \"kind load image-archive\"";
            return Err(Fault::Missing(wanted.to_owned()));
        };
        for archive in image::archives(place) {
            let mut load = command(program, words);
            load.arg(&archive);
            run(load).await?;
            remark(format!("{} is on the nodes", archive.display()));
        }
        install(place, &place.run().join("no502"), &self.kubectl()).await?;
        say("no502 judges in this cluster; `make lab` runs the experiments, `make lab-down` removes no502");
        Ok(())
    }

    /// Removes no502.
    pub(crate) async fn down(&self, place: &Place) -> Result {
        uninstall(place, &self.kubectl()).await?;
        say("no502 is gone from this cluster; the images are still on its nodes");
        Ok(())
    }

    fn kubectl(&self) -> Kubectl {
        Kubectl::new("kubectl", &self.kubeconfig)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gateways_are_read_with_their_addresses() {
        let existing =
            Existing::told("a", Some("contour=127.0.0.1:80 nginx=127.0.0.1:81"), Some("kind load image-archive")).unwrap();
        let names: Vec<&str> = existing.gateways.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["contour", "nginx"]);
        assert_eq!(existing.load, ["kind", "load", "image-archive"]);
        assert_eq!(existing.target().gateway("nginx").unwrap().address.port(), 81);
        assert!(existing.target().gateway("traefik").is_err());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let wrong = |gateways| Existing::told("a", Some(gateways), None).unwrap_err().to_string();
        assert_eq!(wrong("contour"), "LAB_GATEWAYS: \"contour\" is not NAME=ADDRESS:PORT");
        assert!(wrong("kong=127.0.0.1:80").starts_with("no gateway is named kong; there are: "));
    }
}
