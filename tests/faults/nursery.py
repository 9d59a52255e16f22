"""Servers that can be killed by the hundred: one process has the program loaded and forks a real server for each life.

Run as a program it is that process: `python -m tests.faults.nursery FOLDER` reads lines `PORT HOW` and answers with the child's id.
HOW is `live`, or where the server kills itself with SIGKILL: `before-commit` or `after-commit` of the first ops that it stores.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.door import Door

ROOT = Path(__file__).parents[2]
READY_S_MAX = 20.0


class Nursery:
    """Holds that process. `start()` gives the door of a new server on the folder; `kill()` ends the one that runs."""

    def __init__(self, folder: Path, device: str) -> None:
        self.folder, self.device = folder, device
        self.door: Door | None = None
        self._log = (folder.parent / "nursery.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=ROOT,
            text=True,
        )

    def start(self, how: str = "live") -> Door:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{port} {how}\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        self.door = Door(port, self.device, pid)
        deadline = time.monotonic() + READY_S_MAX
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return self.door
            except OSError:
                alive = Path(f"/proc/{pid}").exists() and time.monotonic() < deadline
                assert alive, "no server: " + Path(self._log.name).read_text("utf-8")[-2000:]
                time.sleep(0.002)

    def kill(self) -> None:
        """SIGKILL, and wait until the process is gone and with it its lock on the folder."""
        if self.door is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.door.pid, signal.SIGKILL)
            self.gone()
            self.door = None

    def gone(self, seconds: float = 20) -> None:
        """Wait until the running server has died."""
        assert self.door is not None
        deadline = time.monotonic() + seconds
        while Path(f"/proc/{self.door.pid}").exists():
            assert time.monotonic() < deadline, "the server lives on"
            time.sleep(0.001)

    def close(self) -> None:
        self.kill()
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()
        self._log.close()


def _run(folder: Path) -> None:
    import workshop.factory  # noqa: F401 - loaded once, before any child

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system takes dead children away
    for line in sys.stdin:
        port, how = line.split()
        pid = os.fork()
        if pid == 0:
            _serve(folder, int(port), how)
        print(pid, flush=True)  # noqa: T201 - the answer


def _serve(folder: Path, port: int, how: str) -> None:
    """The server as `workshop serve` makes it, without its command line and without calling peers."""
    from waitress import create_server

    from workshop.config import SERVER
    from workshop.factory import create_app
    from workshop.site import Site

    site = Site(folder)
    if how != "live":
        site.node.db.conn.set_trace_callback(_death(how))
    create_server(create_app(site), host="127.0.0.1", port=port, **SERVER).run()
    os._exit(0)


def _death(how: str) -> Callable[[str], None]:
    """SQLite tells each statement before it runs: so `commit` is the moment before, and whatever follows it the moment after."""
    seen: list[str] = []

    def told(statement: str) -> None:
        if seen == ["op", "commit"] or (how == "before-commit" and seen == ["op"] and statement == "commit"):
            os.kill(os.getpid(), signal.SIGKILL)
        elif seen == ["op"] and statement == "commit":
            seen.append("commit")
        elif not seen and statement.startswith("insert into op_log"):
            seen.append("op")

    return told


if __name__ == "__main__":
    _run(Path(sys.argv[1]))
