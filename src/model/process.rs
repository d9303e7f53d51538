//! The first process of a container, which is the one that gets SIGTERM.

use serde_json::Value;

use super::json::{list, text};
use crate::object::At;

/// What the command of a container makes of its first process.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Process {
    /// A program of its own, the one that the image names, or what cannot be told.
    #[default]
    Program,
    /// A shell that makes way for the program, or that looks after signals itself.
    ShellAside,
    /// A shell that stays, and runs the program as a child.
    Shell,
    /// A shell that stays where it is dash, and becomes the program where it is another one.
    ShellOrProgram,
    /// A package manager, which runs the program through a shell of its own.
    PackageManager(&'static str),
}

impl Process {
    pub(super) fn read(container: &Value) -> Self {
        // Without a command the image's own entrypoint gets the arguments, and nobody knows what it makes of them.
        if !container.at(["command"]).is_array() {
            return Self::Program;
        }
        let words: Vec<&str> =
            ["command", "args"].iter().flat_map(|field| list(container.at([field]))).map(|(_, word)| text(word)).collect();
        let image = text(container.at(["image"]));
        Self::of(&words, ["alpine", "busybox"].iter().any(|name| image.contains(name)))
    }

    /// Whether the command shows that the image has a shell.
    #[must_use]
    pub fn has_shell(self) -> bool {
        self != Self::Program
    }

    /// `is_busybox`: whether `sh` is known to be that of BusyBox.
    fn of(words: &[&str], is_busybox: bool) -> Self {
        let Some((program, rest)) = words.split_first() else {
            return Self::Program;
        };
        let program = program.rsplit('/').next().unwrap_or(program);
        if let Some(manager) = package_manager(program, rest) {
            return Self::PackageManager(manager);
        }
        if !["ash", "bash", "dash", "sh"].contains(&program) {
            return Self::Program;
        }
        // `-c`, `-ec`, `-lc`: the script stands behind it. A shell that runs a file is as unknown as any program.
        let script = rest.iter().position(|word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'));
        let shell = if program == "sh" && is_busybox { "ash" } else { program };
        script.and_then(|flag| rest.get(flag + 1)).map_or(Self::Program, |script| Self::of_script(shell, script))
    }

    fn of_script(shell: &str, script: &str) -> Self {
        let commands = commands(script);
        let Some((last, _)) = commands.last() else {
            return Self::Program;
        };
        let mut words = last.split_whitespace().skip_while(|word| *word == "exec" || word.contains('='));
        let manager = words.next().and_then(|program| package_manager(program, &words.collect::<Vec<_>>()));
        if let Some(manager) = manager {
            return Self::PackageManager(manager);
        }
        let looks_after_it = |(command, _): &(&str, End)| command.split_whitespace().any(|word| ["exec", "trap"].contains(&word));
        if commands.len() == 1 || commands.iter().any(looks_after_it) {
            return Self::ShellAside;
        }
        // What the last command is started beside of, or what runs within the shell itself.
        let is_needed = match commands.iter().rev().nth(1).map(|(_, end)| *end) {
            Some(End::Pipe) => true,
            Some(End::Background) => shell != "ash",
            Some(End::Then) | None => false,
        } || last.split_whitespace().next().is_some_and(|word| STAYS.contains(&word));
        // dash waits for whatever it runs; bash (5.1 or newer) and the ash of BusyBox become the last command. `sh` is the one
        // in Debian and Ubuntu, and one of the others elsewhere.
        match shell {
            _ if is_needed => Self::Shell,
            "dash" => Self::Shell,
            "sh" => Self::ShellOrProgram,
            _ => Self::ShellAside,
        }
    }
}

/// What ends a script within the shell itself.
const STAYS: &[&str] = &["}", "done", "echo", "esac", "exit", "fi", "true", "wait"];

/// The package manager that runs a script of a package here.
fn package_manager(program: &str, rest: &[&str]) -> Option<&'static str> {
    let program = program.rsplit('/').next().unwrap_or(program);
    let manager = ["npm", "pnpm", "yarn"].into_iter().find(|name| *name == program)?;
    rest.iter().any(|word| ["run", "run-script", "start"].contains(word)).then_some(manager)
}

/// What comes behind a command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    /// The next one, once this one is done, or nothing: `;`, `&&`, `||`, a new line.
    Then,
    /// The next one, at once: `&`.
    Background,
    /// The next one, which reads what this one writes: `|`.
    Pipe,
}

/// The commands of a script, cut outside of quotes and parentheses.
fn commands(script: &str) -> Vec<(&str, End)> {
    let (mut found, mut start, mut depth) = (Vec::new(), 0, 0_u32);
    let mut quote = None;
    let mut previous = ' ';
    let mut chars = script.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let next = chars.peek().map_or(' ', |(_, next)| *next);
        match (quote, char) {
            (_, '\\') if quote != Some('\'') => {
                chars.next();
            }
            (Some(open), _) => quote = quote.filter(|_| char != open),
            (None, '\'' | '"' | '`') => quote = Some(char),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            // `2>&1` and `&>file` are no ends.
            (None, '&') if previous == '>' || next == '>' => {}
            (None, ';' | '\n' | '&' | '|') if depth == 0 => {
                let end = match (char, next) {
                    ('|', '|') | ('&', '&') | (';' | '\n', _) => End::Then,
                    ('|', _) => End::Pipe,
                    _ => End::Background,
                };
                found.push((script.get(start..at).unwrap_or_default(), end));
                start = at + 1;
                if char == next {
                    chars.next();
                    start += 1;
                }
            }
            _ => {}
        }
        previous = char;
    }
    found.push((script.get(start..).unwrap_or_default(), End::Then));
    found.retain(|(command, _)| !command.trim().is_empty() && !command.trim_start().starts_with('#'));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_gets_the_signal_is_told_from_the_command() {
        for (command, process) in [
            (json!(["/app"]), Process::Program),
            (json!(["sh", "/start.sh"]), Process::Program),
            (json!(["tini", "--", "npm", "start"]), Process::Program),
            (json!(["npm", "ci"]), Process::Program),
            (json!(["npm", "--prefix", "/app", "start"]), Process::PackageManager("npm")),
            (json!(["sh", "-c", "cd /app && yarn start"]), Process::PackageManager("yarn")),
            (json!(["sh", "-c", "exec npm run serve"]), Process::PackageManager("npm")),
            (json!(["/bin/sh", "-c", "/app --port 80"]), Process::ShellAside),
            (json!(["/bin/sh", "-c", "/app --note 'a; b && c' 2>&1"]), Process::ShellAside),
            (json!(["/bin/sh", "-ec", "cp /a /b\nexec /app"]), Process::ShellAside),
            (json!(["/bin/sh", "-c", "trap 'kill $P' TERM; /app & P=$!; wait"]), Process::ShellAside),
            (json!(["/bin/sh", "-c", "cp /a /b && /app"]), Process::ShellOrProgram),
            (json!(["/bin/dash", "-c", "cp /a /b && /app"]), Process::Shell),
            (json!(["/bin/sh", "-c", "/app; cp /a /b & wait"]), Process::Shell),
            (json!(["/bin/sh", "-c", "# first\n/app;\n"]), Process::ShellAside),
            (json!(["/bin/bash", "-c", "cp /a /b && /app"]), Process::ShellAside),
            (json!(["/bin/bash", "-c", "cp /a /b; /app;"]), Process::ShellAside),
            (json!(["/bin/bash", "-c", "/app | tee /log"]), Process::Shell),
            (json!(["/bin/bash", "-c", "/app & wait"]), Process::Shell),
            (json!(["/bin/bash", "-c", "/helper & /app"]), Process::Shell),
            (json!(["/bin/ash", "-c", "/helper & /app"]), Process::ShellAside),
            (json!(["/bin/bash", "-c", "a | b; c || true; /app"]), Process::ShellAside),
            (json!(["/bin/sh", "-c", "NODE_ENV=production npm start"]), Process::PackageManager("npm")),
            (json!(["/bin/bash", "-c", "while true; do /app; done"]), Process::Shell),
        ] {
            assert_eq!(Process::read(&json!({"command": command})), process, "{command}");
        }
        assert_eq!(Process::read(&json!({"args": ["npm", "start"]})), Process::Program);
        let split = json!({"command": ["sh", "-c"], "args": ["a; b"]});
        assert_eq!(Process::read(&split), Process::ShellOrProgram);
        let mut alpine = split;
        alpine["image"] = json!("nginx:1.29-alpine");
        assert_eq!(Process::read(&alpine), Process::ShellAside);
    }
}
