//! Who works where: the server under load has one processor for itself, the generator the others. So the server is what
//! limits the rate, and not who gets more of the machine.

use std::ffi::OsStr;
use std::fs::read_to_string;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// The first of the processors that this process may use, and the others; nothing where they cannot be told apart.
static SPLIT: LazyLock<Option<(String, String)>> = LazyLock::new(|| {
    let status = read_to_string("/proc/self/status").ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?.trim();
    let (first, others) = split(list)?;
    let tried = Command::new("taskset").args(["-c", &first, "true"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success()).then_some((first, others))
});

/// `0-3,8` is `0` and `1-3,8`.
fn split(list: &str) -> Option<(String, String)> {
    let (head, tail) = list.split_once(',').map_or((list, None), |(head, tail)| (head, Some(tail)));
    let (first, rest) = match head.split_once('-') {
        Some((first, last)) => (first, Some(format!("{}-{last}", first.parse::<u32>().ok()? + 1))),
        None => (head, None),
    };
    let others: Vec<String> = rest.into_iter().chain(tail.map(str::to_owned)).collect();
    (!others.is_empty()).then(|| (first.to_owned(), others.join(",")))
}

/// A command for a server.
pub(crate) fn server(program: &OsStr) -> Command {
    match &*SPLIT {
        Some((first, _)) => {
            let mut command = Command::new("taskset");
            command.args(["-c", first]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// Takes this process to the other processors, and says what was done.
pub(crate) fn pin_generator() -> String {
    let Some((first, others)) = &*SPLIT else {
        return "servers and generator share all processors".to_owned();
    };
    let process = std::process::id().to_string();
    let moved = Command::new("taskset").args(["-acp", others, &process]).stdout(Stdio::null()).status();
    let moved = moved.is_ok_and(|status| status.success());
    format!("servers on processor {first}, generator on {}", if moved { others } else { "all" })
}
