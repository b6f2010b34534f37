"""Reports: each format valid by its own rules, whatever the peer, a name or a path has in it."""

from __future__ import annotations

import json
import os
import re
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.junit_schemas import ANT, JENKINS, faults
from wscli.check.result import CheckResult, RunResult
from wscli.errors import OutputFailed, UsageError
from wscli.events import Stamp
from wscli.reports import lines
from wscli.reports.files import Destination, parse_reports, rendered, write_reports
from wscli.sinks.human_style import PLAIN

KINDS = ["junit", "tap", "json", "markdown", "github", "prometheus"]
HOSTILE = [
    "plain",
    "</failure><x/> & \"quoted\" 'too' ]]>",
    "\x00\x01\x1b[31mred\x1b]0;t\x07\x7f\x80\x9b",
    "line\nbreak\r\n::error::injected\n##[group]x\n##vso[task]",
    "| cell | <script>alert(1)</script> [link](http://x) @someone #1 `code` **b** ![i](x) www.example.com",
    "\u202eright to left\u2028\u2029\ufeff\ufffe\ud800",
    'a"b\\c{d}=1',
    "...\n  ---\nok 1 - forged # TODO",
    "",
]


def check(text: str = "it", verdict: str = "failed", **changes: object) -> CheckResult:
    values = {
        "name": f"name {text}",
        "suite": f"suite {text}",
        "url": f"ws://127.0.0.1/{text}",
        "verdict": verdict,
        "file": f"dir/{text}.toml",
        "line": 3,
        "kind": "expectation" if verdict == "failed" else "ok",
        "exit_code": 1 if verdict == "failed" else 0,
        "place": "step 2 (expect)" if verdict == "failed" else "",
        "message": f"message {text}" if verdict == "failed" else "",
        "hint": f"hint {text}",
        "attempts": 1,
        "started": "2026-11-21T12:00:00.123Z",
        "duration_ms": 12.5,
        "open_ms": 3.25,
        "phases_ms": (("resolve", 0.1), ("connect", 0.2), ("tls", 1.5), ("upgrade", 2.0)),
        "status": 101,
        "tls_not_after": "2027-01-01T00:00:00Z",
    }
    return CheckResult(**(values | changes))  # type: ignore[arg-type]  # a table of values


def result(*checks: CheckResult) -> RunResult:
    return RunResult(checks, "2026-11-21T12:00:00.000Z", 1500.0)


EVERYTHING = result(
    *(check(text, verdict) for text in HOSTILE for verdict in ("failed", "passed", "skipped"))
)


def assert_allowed(root: ET.Element) -> None:
    assert root.tag == "testsuites"
    assert faults(root, JENKINS) == []
    assert faults(root, ANT) == []


def test_junit_is_what_both_published_schemas_allow() -> None:
    root = ET.fromstring(rendered("junit", EVERYTHING))
    assert_allowed(root)
    suites = root.findall("testsuite")
    assert sum(int(suite.attrib["tests"]) for suite in suites) == len(EVERYTHING.checks)
    assert len(root.findall(".//testcase")) == len(EVERYTHING.checks)
    assert sum(int(suite.attrib["failures"]) for suite in suites) == EVERYTHING.failed
    assert len(root.findall(".//failure")) == EVERYTHING.failed
    assert [suite.attrib["id"] for suite in suites] == [str(number) for number in range(len(suites))]


@pytest.mark.parametrize(
    "run",
    [result(), result(check(suite=" ", name="\t")), result(check(verdict="skipped", started=""))],
    ids=["no check", "no names", "nothing was run"],
)
def test_junit_of_an_odd_run_is_allowed_too(run: RunResult) -> None:
    assert_allowed(ET.fromstring(rendered("junit", run)))


@pytest.mark.parametrize(
    ("document", "jenkins", "ant"),
    [
        ('<testsuites disabled="0"/>', 1, 1),
        ('<testsuites tests="0"/>', 0, 1),
        ("<testsuites><testcase/></testsuites>", 2, 4),
        ("<testsuites>x</testsuites>", 1, 1),
        ('<testcase name="a" classname="b" time="0.1" status="x"/>', 1, 1),
        ('<testcase name="a" classname="b" time="1e3"><failure type="x"/></testcase>', 0, 1),
        ('<testcase name="a" classname="b" time="0"><failure/></testcase>', 0, 1),
    ],
)
def test_the_tables_of_the_schemas_refuse_what_the_schemas_refuse(
    document: str, jenkins: int, ant: int
) -> None:
    root = ET.fromstring(document)
    assert (len(faults(root, JENKINS)), len(faults(root, ANT))) == (jenkins, ant)


def test_junit_gives_each_check_a_name_of_its_own() -> None:
    run = result(*(check(name=name, suite="s") for name in ("a", "a", "a (2)", "a")))
    cases = ET.fromstring(rendered("junit", run)).findall(".//testcase")
    assert [case.attrib["name"] for case in cases] == ["a", "a (3)", "a (2)", "a (4)"]


def test_junit_has_the_failure_in_the_element_s_text_and_unique_names() -> None:
    root = ET.fromstring(rendered("junit", result(check("a"), check("a"), check("a", suite="other"))))
    suites = root.findall("testsuite")
    assert [suite.attrib["name"] for suite in suites] == ["suite a", "other"]
    assert [case.attrib["name"] for case in suites[0].findall("testcase")] == ["name a", "name a (2)"]
    text = root.findall(".//failure")[0].text
    assert text is not None
    assert text.splitlines()[0] == "step 2 (expect): message a"
    assert "dir/a.toml:3" in text


def test_tap_has_a_plan_a_line_for_each_and_yaml_for_what_failed() -> None:
    report = rendered("tap", EVERYTHING).splitlines()
    assert report[:2] == ["TAP version 14", f"1..{len(EVERYTHING.checks)}"]
    results = [line for line in report if re.match(r"(not )?ok \d", line)]
    assert [int(re.findall(r"\d+", line)[0]) for line in results] == list(range(1, len(results) + 1))
    assert len(results) == len(EVERYTHING.checks)
    assert sum(line.startswith("not ok") for line in results) == EVERYTHING.failed
    # Unescaped, a `#` begins a directive.
    directives = [line for line in results if re.search(r"(?<!\\)#", line)]
    assert len(directives) == EVERYTHING.skipped
    blocks = [line for line in report if line.startswith("  ") and line not in {"  ---", "  ..."}]
    for line in blocks:
        key, _, value = line.strip().partition(": ")
        assert re.fullmatch(r"[a-z_]+", key)
        json.loads(value)


@pytest.mark.parametrize("name", ["a # TODO", "a #todo b", "a #  Skip", "#skip", "\\# TODO"])
def test_no_name_makes_a_failure_of_tap_a_success(name: str) -> None:
    report = rendered("tap", result(check(name=name), check(name="# SKIP not run", verdict="skipped")))
    failed, skipped = re.findall(r"^(?:not )?ok .*$", report, re.MULTILINE)
    # As TAP 13 has it: a `#`, white space, one of two words; whatever is before it.
    assert not re.search(r"#\s*(?:skip|todo)", failed, re.IGNORECASE)
    assert "a" not in name or failed.startswith("not ok 1 - a ")
    assert skipped.endswith(" # SKIP not run")
    assert len(re.findall(r"#\s*skip", skipped, re.IGNORECASE)) == 1


def test_json_is_ascii_and_has_all_of_it() -> None:
    report = rendered("json", EVERYTHING)
    assert re.fullmatch(r"[\x20-\x7e\n]*", report)
    document = json.loads(report)
    assert (document["passed"], document["failed"], document["skipped"]) == (9, 9, 9)
    assert document["checks"][0]["phases_ms"]["tls"] == 1.5


def test_markdown_has_one_row_a_check_and_nothing_live() -> None:
    report = rendered("markdown", EVERYTHING)
    rows = [line for line in report.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(EVERYTHING.checks)
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) == 6
        assert not re.search(r"<|(?<!\\)[`\[\]]|@|(?<!\\)www\.|://", row)
    assert rows[0].startswith("| ❌")


def test_annotations_name_file_and_line_and_quote_nobody() -> None:
    report = rendered("github", result(check("a", file="a,b:c%.toml"), check("b", "passed")))
    assert report == (
        "::error file=a%2Cb%3Ac%25.toml,line=3,title=wscli check%3A expectation::"
        "name a failed at step 2 (expect): expectation (exit code 1)\n"
    )
    for line in rendered("github", EVERYTHING).splitlines():
        assert line.startswith("::error file=")
        assert "message" not in line


def test_prometheus_names_are_blackbox_exporter_s_and_every_line_is_a_sample() -> None:
    report = rendered("prometheus", EVERYTHING)
    sample = re.compile(
        r'[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"(,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*\})? -?\d[\d.e+-]*'
    )
    described: set[str] = set()
    for line in report.splitlines():
        if line.startswith("# "):
            described.add(line.split()[2])
            continue
        assert sample.fullmatch(line), line
        assert re.split(r"[{ ]", line)[0] in described
    assert report.endswith("\n")
    labels = 'suite="suite plain",check="name plain",instance="ws://127.0.0.1/plain"'
    assert f"probe_success{{{labels}}} 0" in report
    assert f'probe_websocket_duration_seconds{{{labels},phase="tls"}} 0.0015' in report
    assert f'probe_websocket_duration_seconds{{{labels},phase="upgrade"}} 0.002' in report
    assert f"probe_ssl_earliest_cert_expiry{{{labels}}} 1798761600" in report


def series(report: str) -> list[str]:
    return [line.rpartition(" ")[0] for line in report.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(
    "checks",
    [
        [check("a"), check("a")],
        [check("a", file="one.toml"), check("a", file="two.toml")],
        [check("a", file="one.toml"), check("b"), check("a", file="one.toml")],
        [check(name="a", url="x"), check(name="a", url="x"), check(name="a (2)", url="x")],
        # Different, and the same when they are made safe.
        [check(name="\x1b", url="x"), check(name="\\x1b", url="x")],
        [check(name=name, url="x") for name in ("", " ", "unnamed")],
    ],
)
def test_prometheus_and_junit_tell_checks_of_one_name_apart(checks: list[CheckResult]) -> None:
    run = result(*checks)
    samples = series(rendered("prometheus", run))
    assert len(samples) == len(set(samples))
    assert len([sample for sample in samples if sample.startswith("probe_success{")]) == len(checks)
    cases = ET.fromstring(rendered("junit", run)).findall(".//testcase")
    assert len({(case.attrib["classname"], case.attrib["name"]) for case in cases}) == len(checks)


def safe_in_a_log(text: str) -> bool:
    return not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]|##\[|##vso\[", text)


@pytest.mark.parametrize("kind", KINDS)
def test_no_report_has_a_control_or_a_command_in_it(kind: str) -> None:
    text = rendered(kind, EVERYTHING)
    assert safe_in_a_log(text)
    text.encode()
    if kind != "github":
        assert not re.search(r"^\s*::", text, re.MULTILINE)


def test_the_lines_of_stdout_have_none_either() -> None:
    for each in EVERYTHING.checks:
        text = lines.line(each, PLAIN)
        assert safe_in_a_log(text)
        assert not re.search(r"^\s*::", text, re.MULTILINE)
        assert re.fullmatch(rb"[\x20-\x7e]*\n", lines.event(each, Stamp(1.0, "2026-11-21T12:00:00Z")))


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(blacklist_categories=())))
def test_any_text_in_any_place_keeps_a_report_valid(text: str) -> None:
    run = result(check(text))
    samples = series(rendered("prometheus", result(check(text), check(text), check(text, file=None))))
    assert len(samples) == len(set(samples))
    root = ET.fromstring(rendered("junit", run))
    assert_allowed(root)
    json.loads(rendered("json", run))
    assert len(rendered("github", run).splitlines()) == 1
    assert len(rendered("tap", run).splitlines()) == 13
    assert len([line for line in rendered("markdown", run).splitlines() if line.startswith("| ❌")]) == 1
    for kind in KINDS:
        assert safe_in_a_log(rendered(kind, run))


def test_files_are_replaced_whole_and_keep_their_mode(tmp_path: Path) -> None:
    file = tmp_path / "probe.prom"
    file.write_text("old")
    file.chmod(0o640)
    opened = file.open()
    write_reports([Destination("prometheus", file)], EVERYTHING, print)
    with opened:
        assert opened.read() == "old"
    assert file.read_text().startswith("# HELP")
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_an_open_file_of_the_process_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    # Were it replaced, root would turn /dev/stdout into a file of its own.
    with (tmp_path / "stdout").open("wb") as file:
        name = f"/dev/fd/{file.fileno()}"
        found = parse_reports([f"tap={name}", f"json={name}"], {})
        file.write(b"results\n")
        file.flush()
        write_reports(found, EVERYTHING, print)
    written = (tmp_path / "stdout").read_text()
    assert written == "results\n" + rendered("tap", EVERYTHING) + rendered("json", EVERYTHING)
    assert list(tmp_path.iterdir()) == [tmp_path / "stdout"]


def test_a_file_that_can_only_be_written_to_is_written_to() -> None:
    # Not in tmp_path: as somebody else than root, who may do anything, there is no way to that.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.tap"
        file.write_text("old " * 10_000)
        file.chmod(0o666)
        Path(folder).chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            write_reports(parse_reports([f"tap={file}"], {}), EVERYTHING, print)
        finally:
            if root:
                os.seteuid(0)
            Path(folder).chmod(0o755)
        assert file.read_text() == rendered("tap", EVERYTHING)
        assert list(Path(folder).iterdir()) == [file]


def test_a_report_to_a_reader_that_has_gone_is_no_failure(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    after = tmp_path / "after"
    try:
        write_reports(
            [Destination("junit", Path(f"/dev/fd/{writing}")), Destination("tap", after)], EVERYTHING, print
        )
    finally:
        os.close(writing)
    assert after.exists()


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "report.xml"
    link.symlink_to(tmp_path / "there" / "report.xml")
    write_reports([Destination("tap", link)], EVERYTHING, print)
    assert link.is_symlink()
    assert (tmp_path / "there" / "report.xml").read_text() == rendered("tap", EVERYTHING)


def test_two_reports_do_not_go_to_one_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two reports"):
        parse_reports([f"tap={tmp_path / 'x'}", f"json={tmp_path / 'x'}"], {})


def test_a_new_file_can_be_read_by_a_collector(tmp_path: Path) -> None:
    write_reports([Destination("tap", tmp_path / "x")], EVERYTHING, print)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o644


def test_one_that_cannot_be_written_does_not_keep_the_others(tmp_path: Path) -> None:
    written = tmp_path / "after"
    with pytest.raises(OutputFailed, match="cannot write the report"):
        wanted = [Destination("tap", tmp_path / "no" / "x"), Destination("tap", written)]
        write_reports(wanted, EVERYTHING, print)
    assert written.exists()


def test_markdown_is_added_to_the_summary_of_a_job(tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    summary.write_text("before\n")
    found = parse_reports(["markdown", f"markdown={tmp_path / 'm'}"], {"GITHUB_STEP_SUMMARY": str(summary)})
    write_reports(found[:1], EVERYTHING, print)
    assert [(one.file, one.append) for one in found] == [
        (summary, True),
        (tmp_path / "m", False),
    ]
    assert summary.read_text().startswith("before\n## ")


def rows_of(markdown: str) -> list[str]:
    return [line for line in markdown.splitlines() if line.startswith(("| ❌", "| ✅", "| ⏭️"))]


def test_markdown_has_no_more_rows_than_a_person_scrolls_through() -> None:
    report = rendered("markdown", result(*[check(verdict="passed")] * 1500, *[check()] * 2))
    rows = rows_of(report)
    assert len(rows) == 1000
    assert [row[:3] for row in rows[:3]] == ["| ❌", "| ❌", "| ✅"]
    assert report.endswith("\n\n…and 502 more, 0 of them failed.\n")


# Each character of it is six bytes or more when it is escaped.
LONG = "\u202e" * 290


def test_markdown_is_at_most_what_github_takes_and_tells_what_was_left_out() -> None:
    run = result(*[check(LONG, "passed")] * 300, *[check(LONG)] * 500)
    report = rendered("markdown", run)
    rows = rows_of(report)
    assert 1024 * 1024 - 10_000 < len(report.encode()) <= 1024 * 1024
    assert all(row.startswith("| ❌") for row in rows)
    left = 500 - len(rows)
    assert report.endswith(f"\n\n…and {left + 300:,} more, {left:,} of them failed.\n")


@pytest.mark.parametrize("before", [0, 500_000, 1024 * 1024 - 400])
def test_a_job_s_summary_never_gets_too_long_for_github(before: int, tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    summary.write_bytes(b"x" * before)
    write_reports([Destination("markdown", summary, append=True)], result(*[check(LONG)] * 500), print)
    written = summary.read_bytes()
    assert len(written) <= 1024 * 1024
    assert b"## WebSocket checks" in written
    assert b"of them failed." in written


def test_a_summary_that_is_full_is_left_as_it_is_and_told(tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    summary.write_bytes(b"x" * (1024 * 1024 - 399))
    with pytest.raises(OutputFailed, match="is full: GitHub takes 1 MiB"):
        write_reports([Destination("markdown", summary, append=True)], EVERYTHING, print)
    assert summary.stat().st_size == 1024 * 1024 - 399


@pytest.mark.parametrize(
    "text", ["", "x", "junit", "junit=", "markdown", "tap=/no/such/folder/x", "tap=/", "tap=-"]
)
def test_a_report_that_cannot_be_is_said_before_anything_is_sent(text: str) -> None:
    with pytest.raises(UsageError, match="--report"):
        parse_reports([text], {})


def test_a_failure_is_told_in_lines_that_end_between_words() -> None:
    failed = check(
        place="", message=" ".join(["what went wrong"] * 6), hint="what to try " * 8 + "::error::no"
    )
    rows = lines.line(failed, PLAIN, width=60).splitlines()
    assert max(map(len, rows)) <= 60
    assert rows[1:3] == [
        "      what went wrong what went wrong what went wrong what",
        "      went wrong what went wrong what went wrong",
    ]
    assert [row[:12] for row in rows if "what to try" in row][:2] == ["      hint: ", " " * 12]
    assert safe_in_a_log("\n".join(rows))
