//! The preStop hook, and how long it holds SIGTERM back.

use crate::object::At;
use serde_json::Value;

use super::json::{list, seconds, text};
use crate::units::{Duration, go};

/// What runs before a container gets SIGTERM.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Hook {
    /// The kubelet sleeps (KEP-3960).
    Sleep(Duration),
    /// A command; how long it sleeps, where that can be told.
    Exec(Option<Duration>),
    /// A command that does nothing but sleep.
    ExecSleep(Duration),
    /// Something that takes an unknown time: an HTTP request, or a handler we do not know.
    Other,
}

impl Hook {
    /// Reads `lifecycle.preStop`; `None` where there is none.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        if !value.is_object() {
            return None;
        }
        if let Some(span) = seconds(value.at(["sleep", "seconds"])) {
            return Some(Self::Sleep(span));
        }
        if value.at(["exec"]).is_object() {
            let words: Vec<&str> = list(value.at(["exec", "command"])).map(|(_, word)| text(word)).collect();
            return Some(match slept(&words) {
                Some((span, true)) => Self::ExecSleep(span),
                other => Self::Exec(other.map(|(span, _)| span)),
            });
        }
        Some(Self::Other)
    }

    /// How long SIGTERM is held back, where that can be told.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        match self {
            Self::Sleep(span) | Self::ExecSleep(span) => Some(*span),
            Self::Exec(span) => *span,
            Self::Other => None,
        }
    }
}

/// How long a command sleeps, and whether it does nothing else: `sleep 15`, or a shell that runs exactly one such sleep,
/// alone or among other things.
fn slept(words: &[&str]) -> Option<(Duration, bool)> {
    match words {
        [program, span] if is(program, "sleep") => Some((sleep_argument(span)?, true)),
        [shell, .., flag, script] if ["sh", "bash", "ash", "dash"].iter().any(|name| is(shell, name)) && flag.ends_with('c') => {
            let commands = || script.split(['&', ';', '|', '\n']).filter(|command| !command.trim().is_empty());
            let mut sleeps = commands().filter_map(|command| {
                let mut words = command.split_whitespace();
                words.next().filter(|program| is(program, "sleep")).and(words.next())
            });
            let only = sleeps.next()?;
            if sleeps.next().is_some() { None } else { Some((sleep_argument(only)?, commands().count() == 1)) }
        }
        _ => None,
    }
}

fn is(program: &str, name: &str) -> bool {
    program.rsplit('/').next() == Some(name)
}

/// The argument of `sleep`: seconds, or a number with s, m or h.
fn sleep_argument(text: &str) -> Option<Duration> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') { go(&format!("{text}s")).ok() } else { go(text).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sleeps_are_found_in_the_forms_that_people_write() {
        for (command, secs) in [
            (json!(["sleep", "15"]), Some(15)),
            (json!(["/bin/sleep", "15s"]), Some(15)),
            (json!(["sh", "-c", "sleep 10"]), Some(10)),
            (json!(["/bin/sh", "-c", "sleep 10 && nginx -s quit"]), Some(10)),
            (json!(["bash", "-ec", "sleep 5; kill 1"]), Some(5)),
            (json!(["sh", "-c", "sleep 5; sleep 6"]), None),
            (json!(["sh", "-c", "sleep $DELAY"]), None),
            (json!(["/drain.sh"]), None),
        ] {
            let hook = Hook::read(&json!({"exec": {"command": command}})).unwrap();
            assert_eq!(hook.delay(), secs.map(Duration::from_secs), "{command}");
        }
        for (command, is_all) in [
            (json!(["/bin/sleep", "15"]), true),
            (json!(["sh", "-c", "sleep 10;"]), true),
            (json!(["sh", "-c", "sleep 10 && nginx -s quit"]), false),
        ] {
            let hook = Hook::read(&json!({"exec": {"command": command}})).unwrap();
            assert_eq!(matches!(hook, Hook::ExecSleep(_)), is_all, "{command}");
        }
        assert_eq!(Hook::read(&json!({"sleep": {"seconds": 7}})), Some(Hook::Sleep(Duration::from_secs(7))));
        assert_eq!(Hook::read(&json!({"httpGet": {"port": 80}})), Some(Hook::Other));
        assert_eq!(Hook::read(&Value::Null), None);
    }
}
