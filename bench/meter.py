"""What is measured and how: bytes and requests on a connection, CPU time and memory of a process, medians. Knows no case and no bar."""

import http.client
import io
import os
import platform
import re
import socket
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
ENDLESS = 1 << 62
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class HttpMeter:
    """Counts one direction of a connection: every byte, whole messages, and the bytes of their bodies.

    After the head of a body in chunks, which does not state its length, all that follows counts as body.
    """

    def __init__(self) -> None:
        self.total = self.messages = self.body = 0
        self._head, self._left = b"", 0

    def feed(self, data: bytes) -> None:
        self.total += len(data)
        while data:
            if self._left:
                taken = min(self._left, len(data))
                self.body, self._left, data = self.body + taken, self._left - taken, data[taken:]
                continue
            head, end, data = (self._head + data).partition(b"\r\n\r\n")
            if not end:
                self._head = head
                return
            self._head = b""
            self.messages += 1
            found = LENGTH.search(head)
            self._left = int(found[1]) if found else ENDLESS if CHUNKED.search(head) else 0


class _Counted(io.RawIOBase):
    """The reading side of a socket, counted."""

    def __init__(self, sock: socket.socket, meter: HttpMeter) -> None:
        self._sock, self._meter = sock, meter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        got = self._sock.recv_into(buffer)
        self._meter.feed(bytes(buffer[:got]))
        return got


class _CountedSocket:
    """As much of a socket as http.client uses."""

    def __init__(self, sock: socket.socket, up: HttpMeter, down: HttpMeter) -> None:
        self._sock, self._up, self._down = sock, up, down

    def sendall(self, data: bytes) -> None:
        self._up.feed(bytes(data))
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Counted(self._sock, self._down))

    def close(self) -> None:
        self._sock.close()


class CountedConnection(http.client.HTTPConnection):
    """A kept-open HTTP connection that counts what goes over it."""

    def __init__(self, port: int) -> None:
        super().__init__("127.0.0.1", port, timeout=60)
        self.up, self.down = HttpMeter(), HttpMeter()

    def connect(self) -> None:
        super().connect()
        self.sock = _CountedSocket(self.sock, self.up, self.down)


def cpu_s(pid: int) -> float:
    """Processor seconds that a process has used, all its threads, user and system.

    The clock that clock_getcpuclockid(3) gives for another process; /proc tells the same in steps of 10 ms only.
    """
    return time.clock_gettime((~pid << 3) | 2)


def rss_mb(pid: int) -> float:
    """Memory of a process that lies in RAM, in MB of 10^6 bytes, shared pages included."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return round(int(found[1]) * 1024 / 1e6, 1) if found else 0.0


def spent(
    work: Callable[[], int], connection: CountedConnection, server: int, times: int = 1
) -> dict[str, float]:
    """Do `work` (it gives the number of ops) `times` times; what one of them cost at both ends."""
    up, down = connection.up, connection.down
    before = (up.total + down.total, up.body + down.body, up.messages)
    server_before, own_before, begun = cpu_s(server), time.process_time(), time.monotonic()
    ops = sum(work() for _ in range(times))
    wall, own, at_server = (
        time.monotonic() - begun,
        time.process_time() - own_before,
        cpu_s(server) - server_before,
    )
    after = (up.total + down.total, up.body + down.body, up.messages)
    sent, body, requests = ((late - early) / times for early, late in zip(before, after, strict=True))
    return cost(wall / times, own / times, at_server / times, sent, body, requests, ops / times)


def cost(
    wall: float, client: float, server: float, sent: float, body: float, requests: float, ops: float
) -> dict[str, float]:
    """One case's figures under the names that are printed."""
    found = {"wall_s": wall, "cpu_s": client + server, "server_cpu_s": server}
    if ops:
        found["server_cpu_ms_per_op"] = server * 1000 / ops
    return found | {"bytes": sent, "body_bytes": body, "requests": requests, "ops": ops}


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Each figure's median over the rounds."""
    return {name: neat(statistics.median(each[name] for each in rounds)) for name in rounds[0]}


def neat(value: float) -> float:
    """Four digits are enough for anybody; whole numbers without a point."""
    return int(value) if value == int(value) else float(f"{value:.4g}")


def judged(found: dict[str, Any], bars: dict[str, float]) -> dict[str, Any]:
    """A case with its bars, and whether each is met."""
    return found | {"bar": bars, "within_bar": {name: found[name] <= most for name, most in bars.items()}}


def circumstances(begun: tuple[float, float, float]) -> dict[str, Any]:
    """Where and when; `begun` is the load when the measuring began."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_before": round(begun[0], 2),
        "load_after": round(os.getloadavg()[0], 2),
    }
