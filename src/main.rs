//! The binary: parse, run, exit code.

use std::process::ExitCode;

/// The allocator of the C library costs a tenth of a run, and that of the static binary (musl) far more with several threads.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    no502::cli::main()
}
