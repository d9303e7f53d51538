#!/usr/bin/env python3
"""Holds the reports of a built no502 against their schemas, and against what readers take for granted beyond them.

Usage: validate.py BINARY
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import xmlschema
from referencing import Registry, Resource

SCHEMAS = Path(__file__).resolve().parent
ROOT = SCHEMAS.parent.parent
FORMATS = ["text", "json", "sarif", "junit", "github", "gitlab"]

MISSING = "no such <file>.yaml"

# Arguments, and the exit code that they end with.
RUNS = [
    (["examples", "--policy", "examples/policy.yaml"], 1),
    (["examples", "--profile", "strict", "--complete", "--fail-on", "warning"], 1),
    (["tests/cases/formats"], 2),
    (["tests/cases/formats", "--fail-on", "warning", "--profile", "strict"], 2),
    ([str(ROOT / "tests/cases/formats")], 2),
    (["tests/cases/cli", "--profile", "strict", "--fail-on", "never"], 2),
    (["tests/cases/formats/healthy.json"], 0),
    ([MISSING], 2),
]


def main(binary):
    json_schemas = {
        "json": validator("report-v1.json"),
        "sarif": validator("sarif-2.1.0.json"),
        "gitlab": validator("gitlab-code-quality.json"),
    }
    xsd = xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        faults += compared(binary, Path(folder) / "known.json")
        runs = [*RUNS, (["examples", "tests/cases/formats/nasty.yaml", "--baseline", str(Path(folder) / "known.json")], 1)]
        for arguments, code in runs:
            faults += checked(binary, arguments, code, json_schemas, xsd)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        sys.exit(1)
    print(f"the reports of {len(runs)} runs are as their schemas say")


def compared(binary, known):
    """Writes a baseline, holds it against its schema, and puts something into it that is gone."""
    arguments = [binary, "check", "examples", "--baseline", str(known), "--write-baseline"]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        yield f"no baseline was written: {done.stdout}{done.stderr}"
        return
    baseline = loaded(known)
    for error in validator("baseline-v1.json").iter_errors(baseline):
        yield f"baseline: {error.json_path}: {error.message[:300]}"
    baseline["findings"].append({**baseline["findings"][0], "fingerprint": "0" * 16})
    known.write_text(json.dumps(baseline), encoding="utf-8")


def checked(binary, arguments, code, json_schemas, xsd):
    """Writes all formats in one run, and holds each against its schema."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / name for name in FORMATS}
        outputs = [word for name, file in files.items() for word in ("--format", f"{name}={file}")]
        done = subprocess.run([binary, "check", *arguments, *outputs], cwd=ROOT, capture_output=True, text=True)
        told = []
        if (done.returncode, done.stdout, done.stderr) != (code, "", ""):
            told.append(f"exit code {done.returncode}, not {code}: {done.stdout}{done.stderr}")
        for name, schema in json_schemas.items():
            told += [f"{name}: {error.json_path}: {error.message[:300]}" for error in schema.iter_errors(loaded(files[name]))]
        try:
            told += [f"junit: {error.path}: {error.reason}" for error in xsd.iter_errors(str(files["junit"]))]
        except ElementTree.ParseError as error:
            told.append(f"junit: no XML: {error}")
        if not told:
            told += beyond(loaded(files["json"]), files, xsd)
        return [f"{' '.join(arguments)}: {fault}" for fault in told]


def validator(name):
    schema = json.loads((SCHEMAS / name).read_text())
    shared = Resource.from_contents(json.loads((SCHEMAS / "baseline-v1.json").read_text()))
    registry = Registry().with_resource("baseline-v1.json", shared)
    return jsonschema.validators.validator_for(schema)(schema, registry=registry, format_checker=jsonschema.FormatChecker())


def loaded(file):
    return json.loads(file.read_text(encoding="utf-8"))


def beyond(report, files, xsd):
    """What no schema says: that nothing is lost, and that names lead somewhere."""
    findings, notes = report["findings"], report["notes"]
    run = loaded(files["sarif"])["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    if len(run["results"]) != len(findings) or len(run["invocations"][0]["toolExecutionNotifications"]) != len(notes):
        yield "sarif: not as many results as findings"
    for result, finding in zip(run["results"], findings):
        if rules[result["ruleIndex"]]["id"] != result["ruleId"] or result["ruleId"] != finding["rule"]:
            yield f"sarif: {result['ruleId']} leads to another rule"
        ids = {related["id"] for related in result.get("relatedLocations", [])}
        if ids - {int(link) for link in re.findall(r"\]\((\d+)\)", result["message"]["text"])}:
            yield "sarif: a related location that the message does not lead to"
        if bool(result.get("suppressions")) != bool(finding["exception"] and finding["exception"]["holds"]):
            yield "sarif: suppressed is not what is excepted"
        state = {"known": "unchanged", "new": "new", None: None}[finding.get("baseline")]
        if result.get("baselineState") != state:
            yield "sarif: another state than the baseline says"
        if "fixes" in result and not finding["fix"]["available"]:
            yield "sarif: a fix of nothing"
    if (report.get("baseline") is None) != (report["summary"]["known"] == 0) or "baseline" in report and not report["baseline"]["gone"]:
        yield "json: what the baseline holds is not told"
    for artifact in found(run, "artifactLocation"):
        path = unquote(artifact["uri"])
        if not re.fullmatch(r"[A-Za-z0-9._~%/-]+", artifact["uri"]) or path != MISSING and not (ROOT / path).exists():
            yield f"sarif: {artifact['uri']} leads nowhere"

    quality = loaded(files["gitlab"])
    if len(quality) != len(findings) + len(notes) or len({entry["fingerprint"] for entry in quality}) != len(quality):
        yield "gitlab: entries or fingerprints are missing"
    paths = {entry["location"]["path"] for entry in quality} - {MISSING}
    if not all((ROOT / path).exists() for path in paths):
        yield "gitlab: a path leads nowhere"

    suites = xsd.to_dict(str(files["junit"]))
    counts = {"failure": 0, "error": 0, "skipped": 0}
    for suite in suites.get("testsuite", []):
        names = [case["@name"] for case in suite["testcase"]]
        if len(set(names)) != len(names) or len(names) != int(suite["@tests"]):
            yield f"junit: names or numbers of {suite['@name']}"
        for case in suite["testcase"]:
            for kind in counts:
                counts[kind] += len(case.get(kind, []))
    if sum(counts.values()) != len(findings) + len(notes) or counts["error"] != len(notes):
        yield f"junit: {counts} of {len(findings)} findings and {len(notes)} notes"
    tests = sum(len(suite["testcase"]) for suite in suites.get("testsuite", []))
    if [tests, counts["failure"], counts["error"]] != [int(suites[f"@{name}"]) for name in ("tests", "failures", "errors")]:
        yield "junit: the totals are others"

    lines = files["github"].read_text(encoding="utf-8").split("\n")
    command = re.compile(r"::(error|warning|notice) (?:file=[^,:\r]+,line=\d+,col=\d+,)?title=[^,:\r]+::[^\r]+")
    if lines.pop() != "" or not all(command.fullmatch(line) for line in lines):
        yield "github: a line that the runner would not take"
    for level in ["error", "warning", "notice"]:
        if sum(line.startswith(f"::{level} ") for line in lines) > 10:
            yield f"github: more than 10 of {level}"


def found(value, key):
    """All values of a key, however deep."""
    if isinstance(value, dict):
        yield from ([value[key]] if key in value else [])
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    for child in children:
        yield from found(child, key)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
