//! The two servers under load, each in a process of its own.

use std::ffi::OsStr;
use std::fs::{File, read_to_string, write};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::bare;
use crate::client::Target;
use crate::fault::{Result, fault};
use crate::figures;
use crate::janitor::Owned;
use crate::processors;

const POLICY: &str = "apiVersion: no502.dev/v1alpha1\nkind: Policy\ndefaults: {enforce: strict}\n";
const START: Duration = Duration::from_secs(20);

/// A running server.
pub(crate) struct Subject {
    process: Owned,
    pub(crate) target: Target,
    /// The admin address and the log of no502.
    no502: Option<(SocketAddr, PathBuf)>,
}

impl Subject {
    /// The bare webhook.
    pub(crate) fn bare(folder: &Path) -> Result<Self> {
        let own = std::env::current_exe()?;
        let mut process = Owned::start(bare::arguments(&mut processors::server(own.as_os_str()), folder))?;
        let line = bare::first_line(process.child())?;
        let target = Target::new(line.parse()?, &folder.join("ca.crt"), None)?;
        Ok(Self { process, target, no502: None })
    }

    /// no502 as it is released, without a cluster.
    pub(crate) fn no502(folder: &Path) -> Result<Self> {
        let (policy, log) = (folder.join("policy.yaml"), folder.join("no502.log"));
        write(&policy, POLICY)?;
        let mut command = processors::server(OsStr::new(env!("CARGO_BIN_EXE_no502")));
        command.args(["serve", "--no-cluster", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
        command.args(["--log-format", "json", "--policy"]).arg(policy);
        command.arg("--tls-cert").arg(folder.join("tls.crt")).arg("--tls-key").arg(folder.join("tls.key"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let process = Owned::start(&mut command)?;
        let address = said(&log, "no502 is listening on https://")?;
        let admin = said(&log, "admin on http://")?;
        Ok(Self { process, target: Target::new(address, &folder.join("ca.crt"), None)?, no502: Some((admin, log)) })
    }

    /// How long the processors have worked for it.
    pub(crate) fn processor_time(&self) -> Duration {
        figures::processor_time(self.process.id())
    }

    /// The most memory it ever had, in MiB.
    pub(crate) fn peak_memory(&self) -> f64 {
        figures::memory(&self.process.id().to_string(), "VmHWM")
    }

    /// The page of metrics of no502.
    pub(crate) fn metrics(&self) -> Result<String> {
        let (admin, _) = self.no502.as_ref().ok_or_else(|| fault("a bare webhook has no metrics"))?;
        let mut stream = TcpStream::connect(admin)?;
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
        let mut page = String::new();
        stream.read_to_string(&mut page)?;
        Ok(page)
    }

    /// How often no502 decided by its metrics, and how many decisions stand in its log.
    pub(crate) fn logged(&self, metrics: &str) -> Result<(f64, usize)> {
        let (_, log) = self.no502.as_ref().ok_or_else(|| fault("a bare webhook has no log"))?;
        let samples = metrics.lines().filter(|line| line.starts_with("no502_admission_requests_total{"));
        let decided = samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum();
        // The log is written by a thread of its own, which may be behind.
        std::thread::sleep(Duration::from_millis(200));
        let lines = BufReader::new(File::open(log)?).lines().map_while(std::result::Result::ok);
        let logged = lines.filter(|line| line.contains("\"decided\"")).count();
        Ok((decided, logged))
    }
}

/// An address that no502 says at its start.
fn said(log: &Path, prefix: &str) -> Result<SocketAddr> {
    let end = Instant::now() + START;
    loop {
        let text = read_to_string(log)?;
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        if let Some(address) = whole.filter_map(|line| line.strip_prefix(prefix)).find_map(|rest| rest.trim().parse().ok()) {
            return Ok(address);
        }
        if Instant::now() > end {
            return Err(fault(format!("no502 does not say `{prefix}`\n{text}")));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
