"""Behind a TLS proxy on the same box, and in front of none: whose word about address, name and https is believed. The real command."""

import http.client
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner

from tests.integration.conftest import PASSWORD
from workshop.cli import main
from workshop.site import Site

ROOT = Path(__file__).resolve().parents[3]
THROUGH_THE_PROXY = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "mbale.luban.example",
}
Serve = Callable[..., "Desk"]


class Desk:
    """A browser with cookies, of which http.client knows nothing. Every request says what a proxy would say."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []

    def __call__(self, method: str, path: str, **form: str) -> tuple[http.client.HTTPResponse, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {**THROUGH_THE_PROXY, "Cookie": cookies}
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, urlencode(form) if method == "POST" else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.set_cookies = answer.headers.get_all("Set-Cookie") or []
        for one in self.set_cookies:
            name, _, value = one.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer, text

    def sign_in(self, password: str = PASSWORD) -> None:
        self("POST", "/en/sign-in", csrf=self.token("/en/sign-in"), username="mukasa", password=password)

    def token(self, path: str) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self("GET", path)[1])
        assert found
        return found[1]

    def invitation(self) -> str:
        _, page = self("POST", "/en/devices/invite", csrf=self.token("/en/devices"))
        found = re.search(r'translate="no">(https?://[^<]+)<', page)
        assert found, page
        return found[1]


@pytest.fixture
def serve(site: Site) -> Iterator[Serve]:
    """`serve("--behind-proxy")`: the command in a process of its own."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*options: str, **environment: str) -> Desk:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        command = [sys.executable, "-m", "workshop", "--data", str(site.folder), "serve"]
        command += ["--port", str(port), "--every", "0", *options]
        running.append(
            subprocess.Popen(command, stderr=subprocess.DEVNULL, env={"PATH": "", **environment}, cwd=ROOT)
        )
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return Desk(port)
            except OSError:
                assert running[-1].poll() is None and time.monotonic() < until, "the server did not start"
                time.sleep(0.05)

    yield start
    for process in running:
        process.terminate()
        process.wait(20)


def senders(site: Site) -> list[str]:
    return [key for (key,) in site.db.execute("select key from local_throttle where key like 'address:%'")]


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        (("--behind-proxy",), {}),
        (("--behind-proxy", "127.0.0.1"), {}),
        ((), {"WORKSHOP_BEHIND_PROXY": "127.0.0.1"}),
    ],
)
def test_the_proxy_on_the_box_is_believed(
    serve: Serve, site: Site, options: tuple[str, ...], environment: dict[str, str]
) -> None:
    desk = serve(*options, **environment)
    desk.sign_in("not this one")
    assert senders(site) == ["address:203.0.113.7"], "one guesser does not slow a whole workshop down"
    desk.sign_in()
    assert desk.set_cookies and all("Secure" in cookie for cookie in desk.set_cookies)
    assert desk.invitation() == "https://mbale.luban.example/en/tablet"


@pytest.mark.parametrize("options", [(), ("--behind-proxy", "192.0.2.1")])
def test_nobody_else_is_believed(serve: Serve, site: Site, options: tuple[str, ...]) -> None:
    """Without the option, or from another address, these lines are anybody's invention: they could dodge the waiting times."""
    desk = serve(*options)
    desk.sign_in("not this one")
    assert senders(site) == ["address:127.0.0.1"]
    desk.sign_in()
    assert desk.set_cookies and not any("Secure" in cookie for cookie in desk.set_cookies)
    assert desk.invitation() == f"http://127.0.0.1:{desk.port}/en/tablet"


@pytest.mark.parametrize("address", ["*", "box.local", "10.0.0.0/8"])
def test_only_one_address_can_be_named(tmp_path: Path, address: str) -> None:
    told = CliRunner().invoke(main, ["--data", str(tmp_path), "serve", "--behind-proxy", address])
    assert told.exit_code == 2
    assert "is not an IP address" in told.output
