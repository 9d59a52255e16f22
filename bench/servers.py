"""Real server processes: `workshop --data ... serve`, how fast they are ready, and a person who opens their pages. Measures nothing else."""

import http.client
import http.cookiejar
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READY_S_MAX = 30.0
LINK = re.compile(r'href="(/(?:en|zh)/[^"#]*)"')
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A site served by a process of its own. `ready_s` is from the start of the process to the first good answer."""

    def __init__(self, folder: Path, port: int, every_s: float = 0) -> None:
        self.folder, self.port = folder, port
        command = [sys.executable, "-m", "workshop", "--data", str(folder)]
        command += ["serve", "--port", str(port), "--every", str(every_s)]
        self._log = (folder / "serve.log").open("ab")
        begun = time.monotonic()
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() - begun > READY_S_MAX:
                self.stop()
                raise RuntimeError((folder / "serve.log").read_text())
            time.sleep(0.005)
        self.ready_s = time.monotonic() - begun

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._log.close()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


@contextmanager
def served(folder: Path, port: int | None = None, every_s: float = 0) -> Iterator[Server]:
    server = Server(folder, port or free_port(), every_s)
    try:
        yield server
    finally:
        server.stop()


class Visitor:
    """A person at a browser without scripts: signs in, follows links."""

    def __init__(self, port: int) -> None:
        self._home = f"http://127.0.0.1:{port}"
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def sign_in(self, username: str, password: str) -> None:
        found = CSRF.search(self._get("/en/sign-in"))
        assert found
        form = {"csrf": found[1], "username": username, "password": password}
        with self._opener.open(
            f"{self._home}/en/sign-in", urllib.parse.urlencode(form).encode(), 30
        ) as answer:
            if answer.url.endswith("sign-in"):
                raise RuntimeError("not signed in")

    def browse(self, pages: int, first: str = "/en/") -> int:
        """Open as many pages as there are links to, from the first page on, at most `pages`; how many were opened."""
        seen, waiting, opened = {first}, [first], 0
        while waiting and opened < pages:
            try:
                text = self._get(waiting.pop(0))
            except urllib.error.HTTPError:
                continue
            opened += 1
            for link in (found.replace("&amp;", "&") for found in LINK.findall(text)):
                if link not in seen:
                    seen.add(link)
                    waiting.append(link)
        return opened

    def _get(self, path: str) -> str:
        with self._opener.open(self._home + path, timeout=30) as answer:
            return str(answer.read().decode("utf-8", "replace"))
