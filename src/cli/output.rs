//! The reports of one run: in which forms, and where they go.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{CliError, Common, When};
use crate::collect::files::Input;
use crate::policy::near;
use crate::report::{Report, Routes, Style, github, gitlab, html, json, junit, sarif, text};
use crate::units::Level;

/// A report that was asked for: `FORMAT`, or `FORMAT=FILE`.
#[derive(Clone, Debug)]
pub(super) struct Output {
    format: Format,
    file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Format {
    Text,
    Json,
    Sarif,
    Junit,
    Github,
    Gitlab,
    Html,
}

const FORMATS: [(&str, Format); 7] = [
    ("text", Format::Text),
    ("json", Format::Json),
    ("sarif", Format::Sarif),
    ("junit", Format::Junit),
    ("github", Format::Github),
    ("gitlab", Format::Gitlab),
    ("html", Format::Html),
];

/// What there is to report.
pub(super) struct Findings<'r> {
    pub(super) report: &'r Report,
    pub(super) input: &'r Input,
    /// The ways of routes, where a form draws them.
    pub(super) routes: &'r Routes,
    /// The lowest level that fails a test.
    pub(super) fails: Level,
}

impl Output {
    pub(super) fn parse(written: &str) -> Result<Self, String> {
        let (name, file) = written.split_once('=').map_or((written, None), |(name, file)| (name, Some(file)));
        let names = || FORMATS.iter().map(|(name, _)| *name);
        let Some((_, format)) = FORMATS.iter().find(|(own, _)| *own == name) else {
            let meant = near(name, names()).map(|near| format!("did you mean {near}?"));
            let meant = meant.unwrap_or_else(|| format!("there are {}", names().collect::<Vec<_>>().join(", ")));
            return Err(format!("there is no format {name}; {meant}"));
        };
        if file.is_some_and(str::is_empty) {
            return Err(format!("it names no file: write {name}=FILE, or {name} for standard output"));
        }
        Ok(Self { format: *format, file: file.map(PathBuf::from) })
    }

    /// Whether it draws the ways of routes.
    pub(super) fn wants_routes(&self) -> bool {
        self.format == Format::Html
    }

    fn name(&self) -> &'static str {
        FORMATS.iter().find(|(_, format)| *format == self.format).map_or("", |(name, _)| *name)
    }

    fn write(&self, findings: &Findings<'_>, common: &Common, out: &mut dyn Write) -> io::Result<()> {
        let Findings { report, input, routes, fails } = *findings;
        let here = std::env::current_dir().unwrap_or_default();
        match self.format {
            Format::Text => {
                // Whether standard output is a terminal says nothing of a file.
                let is_plain = self.file.is_some() && common.color != When::Always;
                out.write_all(text(report, input, if is_plain { Style::Plain } else { common.style() }).as_bytes())
            }
            Format::Json => json(report, out),
            Format::Sarif => sarif(report, input, &here, out),
            Format::Junit => junit(report, input, fails, &here, out),
            Format::Github => github(report, &here, out),
            Format::Gitlab => gitlab(report, &here, out),
            Format::Html => out.write_all(html(report, input, routes).as_bytes()),
        }
    }

    fn print(&self, findings: &Findings<'_>, standard: Standard, common: &Common) -> Result<(), CliError> {
        let mut out: Box<dyn Write> = match standard {
            Standard::Output => Box::new(BufWriter::new(io::stdout().lock())),
            Standard::Error => Box::new(io::stderr().lock()),
            Standard::Nowhere => return Ok(()),
        };
        self.write(findings, common, &mut *out)?;
        Ok(out.flush()?)
    }
}

/// Refuses outputs that would be mixed up, before anything is read.
pub(super) fn keep_apart(outputs: &[Output]) -> Result<(), CliError> {
    for (index, output) in outputs.iter().enumerate() {
        let same = outputs.iter().take(index).find(|earlier| earlier.file == output.file);
        let (Some(earlier), name) = (same, output.name()) else { continue };
        let both = format!("{} and {name} would both be written to", earlier.name());
        return Err(CliError::Unusable(match &output.file {
            Some(file) => format!("{both} {}", file.display()),
            None => format!("{both} standard output; give one of them a file: --format {name}=FILE"),
        }));
    }
    Ok(())
}

/// Where the report goes that names no file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standard {
    /// To standard output.
    Output,
    /// To standard error, since standard output has something else.
    Error,
    /// Nowhere.
    Nowhere,
}

/// Writes all reports at once. Those to files are whole whoever closes the pipe.
pub(super) fn write_all(
    outputs: &[Output],
    findings: &Findings<'_>,
    standard: Standard,
    common: &Common,
) -> Result<(), CliError> {
    let to_file = |output: &Output, file: &Path| {
        replace(file, |out| output.write(findings, common, out))
            .map_err(|error| CliError::Unusable(format!("{}: {error}", file.display())))
    };
    std::thread::scope(|scope| {
        let of_files = outputs.iter().filter_map(|output| Some((output, output.file.as_deref()?)));
        let files: Vec<_> = of_files.map(|(output, file)| scope.spawn(move || to_file(output, file))).collect();
        let written = outputs.iter().find(|output| output.file.is_none()).map(|output| output.print(findings, standard, common));
        for file in files {
            file.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        written.unwrap_or(Ok(()))
    })
}

/// Writes a file beside its place and moves it there when it is whole.
pub(super) fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let fill = |file: File| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    };
    // Where a link leads to, so that the link stays.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    // A device or a pipe is written to; a file in its place would be none.
    if fs::metadata(&target).is_ok_and(|found| !found.is_file()) {
        return fill(OpenOptions::new().write(true).open(&target)?);
    }
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let beside = target.with_file_name(format!(".{name}.{}", std::process::id()));
    let result = fill(File::create_new(&beside)?).and_then(|()| fs::rename(&beside, &target));
    if result.is_err() {
        let _ = fs::remove_file(&beside);
    }
    result
}
