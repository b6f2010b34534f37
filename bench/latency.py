"""Rows 9 and 11: what `ping` adds to a round trip, and what a person at a terminal waits for."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import socket
import statistics
import struct
import subprocess
import termios
import time
from urllib.parse import urlsplit

from works import Tools

PINGS = 500
RATE, SECONDS = 50_000, 8.0
MOST_EXTRA_MS, MOST_LAG_MS, MOST_ECHO_MS = 0.1, 200.0, 100.0


def ping_against_socket(tools: Tools, base: str) -> None:
    """The median RTT that `ping` reports and that of a bare socket, by turns, on the same server."""
    ours, bare = [], []
    for _ in range(5):
        ours += _reported(tools, base)
        bare += _bare(base)
    mine, others = statistics.median(ours), statistics.median(bare)
    verdict = "met" if mine - others <= MOST_EXTRA_MS else "**missed**"
    print("\n### 9. RTT of a ping\n\n| | median ms | p95 ms |\n|---|---|---|")
    print(f"| wscli ping | {mine:.3f} | {statistics.quantiles(ours, n=20)[-1]:.3f} |")
    print(f"| bare socket | {others:.3f} | {statistics.quantiles(bare, n=20)[-1]:.3f} |")
    print(
        f"\nDifference of the medians: {(mine - others) * 1000:.0f} µs (target: ≤ 100 µs): {verdict}",
        flush=True,
    )


def _reported(tools: Tools, base: str) -> list[float]:
    command = [tools.wscli, "ping", f"{base}/echo", "-c", str(PINGS), "-i", "1ms", "--json"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    events = map(json.loads, output.splitlines())
    return [event["rtt_ms"] for event in events if event["event"] == "pong"]


def _bare(base: str) -> list[float]:
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET /echo HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        connection.sendall(head.encode())
        connection.recv(65536)
        times = []
        for _ in range(PINGS):
            time.sleep(0.001)
            started = time.perf_counter()
            connection.sendall(b"\x89\x84\0\0\0\0ping")
            connection.recv(65536)
            times.append((time.perf_counter() - started) * 1000)
    return times


def terminal(tools: Tools, base: str) -> None:
    """A REPL on a terminal under a flood: CPU, how old what is shown is, how soon a key is seen."""
    print(f"\n### 11. a terminal at {RATE:,} messages a second, for {SECONDS:g} s\n")
    seen = _Terminal([tools.wscli, "connect", f"{base}/pace?rate={RATE}"]).watch()
    print("| | median | worst | target | |\n|---|---|---|---|---|")
    for title, found, most, unit in (
        ("CPU, of one core", [seen.cpu * 100], 100.0, "%"),
        ("output lag", seen.lags, MOST_LAG_MS, "ms"),
        ("echo of a key", seen.echoes, MOST_ECHO_MS, "ms"),
    ):
        if not found:
            print(f"| {title} | nothing seen | | ≤ {most:g} {unit} | **missed** |")
            continue
        median, worst = statistics.median(found), max(found)
        verdict = "met" if worst <= most else "met at the median" if median <= most else "**missed**"
        print(
            f"| {title} | {median:.0f} {unit} | {worst:.0f} {unit} | ≤ {most:g} {unit} | {verdict} |",
            flush=True,
        )


class _Terminal:
    """A program on a pseudo-terminal of 120 by 40, and somebody who types a key now and then."""

    # The server writes time.monotonic() into each message.
    STAMP = re.compile(rb"at=(\d+\.\d+)")
    # Two by turns: to take one back and type it again would change nothing on the screen.
    KEYS = (b"\xc3\xa9", b"\xc3\xa8")

    def __init__(self, command: list[str]) -> None:
        self._controller, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self._process = subprocess.Popen(
            command, stdin=end, stdout=end, stderr=end, env=environment, start_new_session=True
        )
        os.close(end)
        self.lags: list[float] = []
        self.echoes: list[float] = []
        self.cpu = 0.0
        self._key = b""
        self._typed: float | None = None

    def watch(self) -> _Terminal:
        started = time.monotonic()
        self._until(started + 2.0, typing=False)
        self.lags.clear()
        begin, before = time.monotonic(), self._cpu_seconds()
        self._until(begin + SECONDS, typing=True)
        self.cpu = (self._cpu_seconds() - before) / (time.monotonic() - begin)
        self._process.kill()
        self._process.wait()
        os.close(self._controller)
        return self

    def _until(self, end: float, *, typing: bool) -> None:
        next_key = time.monotonic() + 0.5
        while (now := time.monotonic()) < end:
            if typing and now >= next_key and self._typed is None:
                # Take back the last key, type another one.
                self._key = self.KEYS[len(self.echoes) % 2]
                os.write(self._controller, b"\x7f" + self._key if self.echoes else self._key)
                self._typed, next_key = time.monotonic(), now + 0.5
            if select.select([self._controller], [], [], 0.01)[0]:
                with contextlib.suppress(OSError):
                    self._look(os.read(self._controller, 1 << 16))

    def _look(self, shown: bytes) -> None:
        now = time.monotonic()
        stamps = self.STAMP.findall(shown)
        if stamps:
            self.lags.append((now - float(stamps[-1])) * 1000)
        if self._typed is not None and self._key in shown:
            self.echoes.append((now - self._typed) * 1000)
            self._typed = None

    def _cpu_seconds(self) -> float:
        with open(f"/proc/{self._process.pid}/stat") as file:  # noqa: PTH123 (no folder to join)
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
