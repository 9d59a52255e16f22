"""A PostgreSQL of the tests' own: made in a temporary folder, answering on loopback only, gone at the end. No assertions here."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

READY_S_MAX = 30.0
USERS = ("postgres", "nobody")  # PostgreSQL refuses to run as root


def binaries() -> Path:
    """The folder of PostgreSQL's programs. Raises RuntimeError when there is none: these tests are not skipped in silence."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    on_path = shutil.which("postgres")
    for place in [*places, *([Path(on_path).resolve().parent] if on_path else [])]:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise RuntimeError("no PostgreSQL server here: apt-get install postgresql, or .ci/postgres")


class Postgres:
    """A server process on a data folder. `url` names its one database."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="luban-pg-"))
        self._user = next((pwd.getpwnam(name) for name in USERS if _exists(name)), None)
        if os.geteuid() == 0 and self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"postgresql://luban@127.0.0.1:{self.port}/postgres"
        self._process: subprocess.Popen[bytes] | None = None
        self._run(
            "initdb", "-D", "data", "-U", "luban", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"
        )

    def start(self, *, fsync: bool = False) -> None:
        """Returns when it takes connections. `fsync` is off: the tests kill programs, not the machine."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "on" if fsync else "off",
            "shared_buffers": "32MB",
            "max_connections": "60",
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [binaries() / "postgres", "-D", "data", *words],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                **self._as_user(),
            )
        deadline = time.monotonic() + READY_S_MAX
        while self._call("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)).returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "postgres.log").read_text("utf-8"))
            time.sleep(0.05)

    def stop(self) -> None:
        """At once, connections or not; what was committed is there at the next start."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, *words: str) -> None:
        done = self._call(*words)
        if done.returncode:
            raise RuntimeError(done.stdout.decode() + done.stderr.decode())

    def _call(self, *words: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [binaries() / words[0], *words[1:]], cwd=self.folder, capture_output=True, **self._as_user()
        )

    def _as_user(self) -> dict[str, int]:
        if os.geteuid() != 0 or self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid}


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
