//! The binary: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    no502::cli::main()
}
