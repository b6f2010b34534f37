"""What `check` writes to stdout: a line for each check as it ends, then the sums; or events, as JSON."""

from __future__ import annotations

from typing import Final

import msgspec

from ..check.result import CheckResult, RunResult
from ..events import Checked, Stamp, Summarized
from ..sinks.escape import escape
from ..sinks.human_style import Palette, milliseconds, plural, wrap
from ..sinks.ndjson import encode_lines

_INDENT: Final = 6
_WORDS: Final = {"passed": "ok", "failed": "FAIL", "skipped": "skip"}


def line(check: CheckResult, palette: Palette, *, verbose: bool = False, width: int | None = None) -> str:
    """One check, in one line; what follows is of a failure, or with `verbose` what was seen.

    `width` is the terminal's, for lines that end between words; None breaks none.
    """
    signs = {"passed": palette.good, "failed": palette.bad, "skipped": palette.faint}
    word = _WORDS[check.verdict]
    sign = palette.paint(signs[check.verdict], word)
    name = escape(check.name, inside=True)
    padding = " " * (4 - len(word))
    if check.verdict == "skipped":
        return f"{sign}{padding}  {name}\n"
    tries = f", attempt {check.attempts}" if check.attempts > 1 else ""
    took = palette.paint(palette.faint, f"{milliseconds(check.duration_ms)}{tries}")
    text = f"{sign}{padding}  {name}  {took}\n"
    if check.verdict == "failed":
        place = f"{check.place}: " if check.place else ""
        text += _below("", escape(place + check.message), width, palette)
        text += _below("", _where(check), width, palette, palette.faint)
        if check.hint:
            text += _below("hint: ", escape(check.hint, inside=True), width, palette)
    if check.warning:
        text += _below("warning: ", escape(check.warning, inside=True), width, palette)
    if verbose:
        text += "".join(f"      {palette.paint(palette.faint, each)}\n" for each in _seen(check))
    return text


def _below(label: str, text: str, width: int | None, palette: Palette, style: str = "") -> str:
    pieces = [text] if width is None else wrap(text, width - _INDENT - len(label))
    margins = [" " * _INDENT + palette.paint(palette.faint, label)]
    margins += [" " * (_INDENT + len(label))] * (len(pieces) - 1)
    rows = zip(margins, pieces, strict=True)
    return "".join(f"{margin}{palette.paint(style, piece)}\n" for margin, piece in rows)


def _seen(check: CheckResult) -> list[str]:
    """The phases of the opening, what was agreed on, what was sent and received, as far as it went."""
    phases = ", ".join(f"{phase} {milliseconds(took)}" for phase, took in check.phases_ms)
    agreed = [check.subprotocol] if check.subprotocol else []
    status = [f"status {check.status}"] if check.status is not None else []
    opening = ", ".join([*status, *agreed, *check.extensions])
    way = [
        f"{way} {plural(count, 'message')}, {plural(size, 'byte')}" for way, count, size in _traffic(check)
    ]
    broken = [f"violations: {', '.join(check.violations)}"] if check.violations else []
    return [escape(each, inside=True) for each in (phases, opening, "; ".join(way), *broken) if each]


def _traffic(check: CheckResult) -> list[tuple[str, int, int]]:
    ways = (("sent", check.messages_out, check.bytes_out), ("received", check.messages_in, check.bytes_in))
    return [way for way in ways if way[1]]


def _where(check: CheckResult) -> str:
    said = f"{escape(check.file, inside=True)}:{check.line}, " if check.file is not None else ""
    return f"{said}{escape(check.url, inside=True)}, {check.kind} (exit code {check.exit_code})"


def sums(result: RunResult, palette: Palette) -> str:
    """The last line."""
    parts = [palette.paint(palette.good, f"{result.passed:,} passed")]
    if result.failed:
        parts.append(palette.paint(palette.bad, f"{result.failed:,} failed"))
    if result.skipped:
        parts.append(palette.paint(palette.faint, f"{result.skipped:,} skipped"))
    took = milliseconds(result.duration_ms)
    return f"{plural(len(result.checks), 'check')}: {', '.join(parts)} in {took}\n"


def event(check: CheckResult, stamp: Stamp) -> bytes:
    """The `check` event: one line of JSON."""
    fields = {**msgspec.to_builtins(check), "phases_ms": dict(check.phases_ms)}
    return encode_lines([Checked(t=stamp.t, time=stamp.time, **fields)])


def summary(result: RunResult, stamp: Stamp) -> bytes:
    """The `summary` event of the run."""
    measured = Summarized(
        t=stamp.t,
        time=stamp.time,
        command="check",
        passed=result.passed,
        failed=result.failed,
        skipped=result.skipped,
        duration_ms=result.duration_ms,
    )
    return encode_lines([measured])
