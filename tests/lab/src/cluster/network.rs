//! The network inside: a bridge for the node's address, and what routing between pods needs.

use std::fs::write;
use std::path::Path;

use crate::fault::{At, Result};
use crate::process::{command, run};

/// The node's own address: the API server refuses to advertise a loopback address.
pub(crate) const NODE_ADDRESS: &str = "10.239.0.1";
/// Where pods live.
pub(crate) const PODS: &str = "10.244.0.0/16";
/// Where Services live.
pub(crate) const SERVICES: &str = "10.96.0.0/16";
/// The first of those is the API server's own.
pub(crate) const API_SERVICE: &str = "10.96.0.1";

/// Brings it up.
pub(crate) async fn connect() -> Result {
    for arguments in [
        "link set lo up",
        "link add lab0 type bridge",
        &format!("addr add {NODE_ADDRESS}/24 dev lab0"),
        "link set lab0 up",
        "route add default dev lab0",
    ] {
        run(command("ip", arguments.split(' '))).await?;
    }
    for (setting, value) in [
        ("net/ipv4/ip_forward", "1"),
        ("net/ipv4/conf/all/rp_filter", "0"),
        ("net/ipv4/conf/default/rp_filter", "0"),
        // Many short connections to few addresses.
        ("net/ipv4/ip_local_port_range", "10240 65000"),
        ("net/ipv4/tcp_tw_reuse", "1"),
    ] {
        let path = Path::new("/proc/sys").join(setting);
        write(&path, value).at(&path)?;
    }
    Ok(())
}
