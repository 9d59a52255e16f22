"""The real server process: how soon it answers, what it keeps in memory, and that a connection is used more than once."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workshop.site import Site

SERVE = """
import sys, time
started = time.perf_counter()
from pathlib import Path
from waitress.server import create_server
from workshop.config import SERVER
from workshop.factory import create_app
from workshop.site import Site
server = create_server(create_app(Site(Path(sys.argv[1]))), host="127.0.0.1", port=0, **SERVER)
print(server.effective_port, flush=True)
server.run()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process and its port."""
    Site.create(tmp_path / "empty", "mbale", "workshop").close()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path / "empty")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        port = int(process.stdout.readline())
        assert ask(port)[0].status == 200
        yield process, port
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def ask(port: int, times: int = 1) -> list[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    answers = []
    socket = None
    for _time in range(times):
        connection.request("GET", "/zh/sign-in", headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        assert socket is None or connection.sock is socket, "the server closed the connection"
        socket = connection.sock
        answers.append(answer)
    connection.close()
    return answers


def resident_mib(process: subprocess.Popen[str]) -> float:
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_it_lives_in_less_than_eighty_mebibytes(server: tuple[subprocess.Popen[str], int]) -> None:
    """How fast it starts is measured by bench/exchange.py: a time is no test on a shared machine."""
    process, port = server
    ask(port, 20)
    assert resident_mib(process) < 80


def test_one_connection_serves_many_requests(server: tuple[subprocess.Popen[str], int]) -> None:
    _process, port = server
    answers = ask(port, 5)
    assert {answer.status for answer in answers} == {200}
    assert all(answer.version == 11 and answer.getheader("Server") is None for answer in answers)
