#!/usr/bin/env python3
"""How long `no502 check` takes and how much memory, over a collection of manifests and over one small file.

The collection is a folder or an archive (NO502_CORPUS); without one, the cases of the rules and the examples.
"""

import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = ROOT / "target/release/no502"
CORPUS = ROOT / "../shared/corpus/open.txz"
FORMATS = ["text", "json", "sarif", "junit", "github", "gitlab", "html"]
RUNS = 11


def once(folder, args):
    """Seconds and MiB of one run, measured in a process of its own so that its memory is not that of another one."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        begin = time.perf_counter()
        ran = subprocess.run([BINARY, "check", "--fail-on", "never", *args], cwd=folder, capture_output=True, check=False)
        seconds = time.perf_counter() - begin
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        os.write(writer, f"{seconds} {peak} {ran.returncode}".encode())
        os._exit(0)
    os.close(writer)
    seconds, peak, code = os.read(reader, 100).decode().split()
    os.close(reader)
    os.waitpid(child, 0)
    if int(code) not in (0, 2):
        sys.exit(f"no502 check ended with {code}")
    return float(seconds), float(peak)


def measure(name, folder, args):
    runs = [once(folder, args) for _ in range(RUNS)]
    seconds = sorted(seconds for seconds, _ in runs)
    peak = max(peak for _, peak in runs)
    median = statistics.median(seconds) * 1000
    print(f"{name:<44} {median:8.1f} ms (best {seconds[0] * 1000:.1f}) {peak:8.1f} MiB")


def main():
    with tempfile.TemporaryDirectory() as scratch:
        corpus = pathlib.Path(os.environ.get("NO502_CORPUS", CORPUS))
        folder = corpus
        if corpus.is_file():
            folder = pathlib.Path(scratch, "corpus")
            with tarfile.open(corpus) as archive:
                archive.extractall(folder, filter="data")
        elif not corpus.is_dir():
            folder = ROOT / "tests/cases"
        files = [path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml", ".json") and path.is_file()]
        size = sum(path.stat().st_size for path in files) / 1e6
        print(f"{len(files)} files, {size:.1f} MB, {os.cpu_count()} processors, median of {RUNS} runs, highest peak of memory")
        measure("text", folder, ["--format", f"text={scratch}/report.text"])
        every = [f"--format={name}={scratch}/report.{name}" for name in FORMATS]
        measure(f"all formats at once ({len(FORMATS)})", folder, every)
        measure("one small file", ROOT, ["examples/broken.yaml"])


if __name__ == "__main__":
    main()
