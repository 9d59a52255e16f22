"""Fault 29: bombs, giants, millions and depths. A real server refuses each within a second and with less than 32 MB more memory."""

import gzip
import hashlib
import http.client
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from sync import limits, wire
from sync.messages import request_statement
from sync.ops import b64
from tests.browser import at_work as work
from tests.browser.servers import RunningSite, start_site
from tests.faults.conftest import Figures
from tests.faults.door import EXCHANGE
from tests.faults.holdings import rows_in
from tests.sync_world import PART, Tablet
from workshop.site import system_clock

MB = 2**20
MEMORY_MAX, MS_MAX = 32 * MB, 1000
"""The second is the server's own: processor time, so that a busy machine changes nothing."""


@pytest.fixture
def server(seeded_sites: tuple[Path, Path, int], tmp_path: Path) -> Iterator[RunningSite]:
    running = start_site(Path(shutil.copytree(seeded_sites[1], tmp_path / "mbale")))
    yield running
    running.kill()


class Watched:
    """A server's memory while something is sent to it: the highest that was resident, which the system itself keeps."""

    def __init__(self, running: RunningSite) -> None:
        self.running = running
        self.most_bytes, self.most_ms = 0, 0
        self.location = ""

    def send(self, name: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        proc = Path(f"/proc/{self.running.process.pid}")
        (proc / "clear_refs").write_text("5")  # the high-water mark begins anew
        before, used = high_water(proc), processor_ms(proc)
        connection = http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=60)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            said, self.location = answer.read(), answer.getheader("Location", "")
        except (BrokenPipeError, ConnectionResetError):
            answer, said = None, b""  # the door was shut before all had come
        finally:
            connection.close()
        milliseconds, grown = processor_ms(proc) - used, high_water(proc) - before
        self.most_bytes, self.most_ms = max(self.most_bytes, grown), max(self.most_ms, milliseconds)
        assert grown < MEMORY_MAX, f"{name}: {grown / MB:.1f} MB more"
        assert milliseconds < MS_MAX, f"{name}: {milliseconds} ms"
        return (answer.status if answer else 413), said


def processor_ms(proc: Path) -> int:
    """What the process has used so far, in the system and for itself."""
    fields = (proc / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 // os.sysconf("SC_CLK_TCK")


def high_water(proc: Path) -> int:
    [line] = [line for line in (proc / "status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def deflated(pieces: Iterator[bytes]) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(piece) for piece in pieces), packer.flush()])


def of(piece: bytes, times: int) -> Iterator[bytes]:
    return (piece for _ in range(times))


def hostile_messages(mallory: Tablet, to: str) -> dict[str, bytes]:
    """Name -> body; those that can be are properly signed."""
    hello = wire.unpack(wire.inflate(mallory.request(to, [])[0]))[0]
    line = wire.encode_object(hello) + b"\n"
    mallory.mark("p1")
    [run] = mallory.runs(PART)
    opening = run.encode().split(b"\n")[0]
    header, body = run.lines[0]
    deep = b"[" * 1_000_000 + b"]" * 1_000_000
    lists = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    giant = body[:-1] + b',["attendance","T01.1.p1",{"note":"' + b"x" * 50 * MB + b'"}]]'
    million = opening.replace(b'"count":1', b'"count":1000000') + b"\n"
    return {
        "zip bomb, 1 GB of zeros": deflated(of(bytes(MB), 512)),
        "zip bomb within the size of a message": deflated(of(bytes(MB), 240))[: limits.MESSAGE_GZIP_BYTES],
        "zip bomb of empty lines": deflated(of(b"\n" * MB, 240)),
        "zip bomb in a zip bomb": gzip.compress(deflated(of(bytes(MB), 1024))),
        "50 MB that are no gzip": bytes(50 * MB),
        "50 MB op, random": gzip.compress(hashlib.shake_256(b"x").digest(50 * MB), 0),
        "50 MB op": gzip.compress(line + opening + b"\n" + header + b"\n" + giant + b"\n", 1),
        "10^6 ops": deflated(iter([line, million, *[(header + b"\n" + body + b"\n") * 1000] * 1000])),
        "10^6 ops announced": wire.compress(line + million + header + b"\n" + body + b"\n"),
        "10^6 runs": deflated(iter([line, *[opening + b"\n"] * 1_000_000])),
        "deep lists": wire.compress(deep[: MB // 2] + b"\n"),
        "deep JSON in the first line": wire.compress(line[:-2] + b',"x":' + deep[-400_000:] + b"}\n"),
        "deep JSON, well formed": wire.compress(line[:-2] + b',"x":' + lists + b"}\n"),
        "deep JSON in a body": wire.compress(line + opening + b"\n" + header + b"\n" + deep[:15_000] + b"\n"),
        "a number of a million digits": wire.compress(line[:-2] + b',"x":' + b"9" * 1_000_000 + b"}\n"),
        "100,001 keys": wire.compress(line[:-2] + b"".join(b',"%x":1' % n for n in range(100_001)) + b"}\n"),
        "half a million objects": wire.compress(line[:-2] + b',"x":[' + b"{}," * 340_000 + b"{}]}\n"),
        "a vector of a million chains": wire.compress(
            wire.encode_object(
                {**hello, "role": "workshop", "have": {f"d/e/{n}": [[1, "A" * 43]] for n in range(14_000)}}
            )
            + b"\n"
        ),
    }


def test_fault_29_hostile_messages(server: RunningSite, figures: Figures) -> None:
    watched, mallory = Watched(server), Tablet("mallory", system_clock)
    with work.opened(server) as site:
        device = site.device
    before = rows_in(server.folder, "select count(*) from op_log")
    attacks = hostile_messages(mallory, device)
    for name, body in attacks.items():
        raw = None
        try:
            raw = (
                gzip.decompress(body)
                if len(body) < limits.MESSAGE_GZIP_BYTES and "bomb" not in name
                else None
            )
        except (EOFError, OSError, zlib.error):
            raw = None
        signature = b64(mallory.key.sign(request_statement(raw or body)))
        headers = {"Content-Encoding": "gzip", "Luban-Signature": signature}
        status, said = watched.send(name, EXCHANGE, body, headers)
        told = wire.unpack(wire.inflate(said))[0] if status == 200 else {}
        assert status in (400, 403, 413) or ("refused" in told and not told.get("receipts")), (
            name,
            status,
            said[:200],
        )
    assert rows_in(server.folder, "select count(*) from op_log") == before
    unzipped = watched.send("a header of 1 MB", EXCHANGE, b"x", {"Luban-Signature": "A" * MB})
    assert unzipped[0] in (400, 413, 431)
    assert healthy(server)
    figures.did(messages=len(attacks) + 1)
    figures.most(MB_more=-(-watched.most_bytes // MB), processor_ms=watched.most_ms)


def healthy(server: RunningSite) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", "/healthz")
    well = connection.getresponse().status == 200
    connection.close()
    return well


def hostile_bundles(mallory: Tablet) -> dict[str, bytes]:
    mallory.mark("p1")
    [run] = mallory.runs(PART)
    opening, (header, body) = run.encode().split(b"\n")[0], run.lines[0]
    first = {
        "luban-bundle": 1, "device": mallory.device, "key": mallory.key.public, "role": "tablet", "parts": [PART],
        "at": system_clock(), "have": {}, "receipts": [],
    }  # fmt: skip
    line = wire.encode_object(first) + b"\n"
    end = wire.encode_object({"end": True, "runs": 1, "ops": 1, "sha256": "0" * 64}) + b"\n"
    note = b'[["attendance","T01.1.p1",{"note":"' + b"x" * 50 * MB + b'"}]]\n'
    million = opening.replace(b'"count":1', b'"count":1000000') + b"\n"
    deep = b"[" * 1_000_000 + b"]" * 1_000_000
    return {
        "zip bomb, 2 GB of zeros": deflated(of(bytes(MB), 2048)),
        "zip bomb of empty lines": deflated(iter([line, *[b"\n" * MB] * 1024])),
        "zip bomb of lines behind a good beginning": deflated(
            iter([line, run.encode(), *[b"{}\n" * MB] * 300])
        ),
        "a bundle of bundles": deflated(iter([line, *[deflated(of(bytes(MB), 64))] * 64])),
        "50 MB that are no gzip": bytes(50 * MB),
        "50 MB of noise in gzip": gzip.compress(hashlib.shake_256(b"y").digest(50 * MB), 0, mtime=0),
        "50 MB op": deflated(iter([line, opening + b"\n", header + b"\n", note, end])),
        "10^6 ops in a run": deflated(
            iter([line, million, *[(header + b"\n" + body + b"\n") * 1000] * 1000, end])
        ),
        "10^6 runs of nothing": deflated(
            iter([line, *[opening.replace(b'"count":1', b'"count":0') + b"\n"] * 1_000_000, end])
        ),
        "deep JSON first": deflated(iter([deep, b"\n", end])),
        "deep JSON in a run's line": deflated(iter([line, deep, b"\n", end])),
        "deep JSON at the end": deflated(iter([line, run.encode(), deep, b"\n"])),
        "a good run a million times": deflated(iter([line, *[run.encode() * 1000] * 1000, end])),
        "10^6 receipts": deflated(
            iter(
                [
                    line[:-2].replace(b'"receipts":[]', b'"receipts":[' + b"{}," * 500_000 + b"{}]"),
                    b"}\n",
                    end,
                ]
            )
        ),
    }


@pytest.mark.browser
def test_fault_29_hostile_files(server: RunningSite, figures: Figures, desk) -> None:  # type: ignore[no-untyped-def]
    """The same in files, brought in by a person who trusts a stick: by the page Exchange."""
    watched, mallory = Watched(server), Tablet("mallory", system_clock)
    office = desk()
    work.sign_in(office, server.url, "akello")
    office.goto(f"{server.url}/en/exchange")
    token = office.locator("input[name=csrf]").first.get_attribute("value")
    cookies = "; ".join(f"{c['name']}={c['value']}" for c in office.context.cookies())
    action = office.locator("form[enctype]").get_attribute("action")
    before = rows_in(server.folder, "select count(*) from op_log")
    attacks = hostile_bundles(mallory)
    for name, data in attacks.items():
        head = (
            f'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{token}\r\n'
            f'--x\r\nContent-Disposition: form-data; name="file"; filename="b.luban"\r\n\r\n'
        )
        headers = {"Content-Type": "multipart/form-data; boundary=x", "Cookie": cookies, "Origin": server.url}
        status, said = watched.send(name, str(action), head.encode() + data + b"\r\n--x--\r\n", headers)
        assert status == 413 or (status == 303 and said_of(office, server, watched.location) == 422), (
            name,
            status,
            said[:300],
        )
    assert rows_in(server.folder, "select count(*) from op_log") == before
    assert healthy(server)
    figures.did(files=len(attacks))
    figures.most(MB_more=-(-watched.most_bytes // MB), processor_ms=watched.most_ms)


def said_of(office: Page, server: RunningSite, location: str) -> int:
    """The status of the page that tells what became of a file."""
    return office.request.get(server.url + location).status
