"""The floor: the least that any system would do for the same marks. As a script, the bare server; imported, its client.

A mark is a line of JSON of about 174 bytes; a batch of at most 500 is one POST, gzip, one Ed25519 signature, one transaction of a SQLite
file with WAL and synchronous=FULL. No chain, no merge, no roles, no receipts. `python bench/floor.py PORT FILE` serves.
"""

import base64
import gzip
import http.client
import json
import random
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from meter import CountedConnection

KEY = Ed25519PrivateKey.from_private_bytes(b"floor bench key, known to nobody"[:32])
BATCH = 500
FIELDS = ("id", "trainee", "session", "status", "minutes", "at", "by")


class Handler(BaseHTTPRequestHandler):
    """One connection of the floor's client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    public: Ed25519PublicKey
    db: sqlite3.Connection

    def do_POST(self) -> None:
        data = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
        self.public.verify(base64.urlsafe_b64decode(self.headers["Signature"]), data)
        marks = [json.loads(line) for line in data.splitlines()]
        _put(self.db, marks)
        body = b'{"ok":%d}' % len(marks)
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """All marks as lines of JSON, gzip as it goes; the connection's end is the end."""
        self.send_response_only(200)
        self.end_headers()
        packer = zlib.compressobj(6, wbits=31)
        rows = self.db.execute("select id, trainee, session, status, minutes, at, by from mark")
        while some := rows.fetchmany(BATCH):
            lines = [json.dumps(dict(zip(FIELDS, row, strict=True))) for row in some]
            self.wfile.write(packer.compress(("\n".join(lines) + "\n").encode()))
        self.wfile.write(packer.flush())
        self.close_connection = True


def opened(file: str) -> sqlite3.Connection:
    db = sqlite3.connect(file)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    db.execute(
        "create table if not exists mark (id text primary key, trainee text, session text, status text, minutes int, at int, by text)"
    )
    return db


def _put(db: sqlite3.Connection, lines: Iterable[dict[str, object]]) -> None:
    with db:
        db.executemany(
            "insert or replace into mark values (:id, :trainee, :session, :status, :minutes, :at, :by)", lines
        )


def serve(port: int, file: str) -> None:
    Handler.public, Handler.db = KEY.public_key(), opened(file)
    HTTPServer(("127.0.0.1", port), Handler).serve_forever()


class Floor:
    """The bare server in its process. Its client makes one batch a call."""

    def __init__(self, folder: Path, port: int, beforehand: int = 0) -> None:
        """`beforehand` marks are in its file from the start."""
        folder.mkdir(exist_ok=True)
        self.port = port
        with closing(opened(str(folder / "floor.db"))) as db:
            _put(db, (json.loads(line) for line in marks(beforehand)))
        self._process = subprocess.Popen([sys.executable, __file__, str(port), str(folder / "floor.db")])
        for _ in range(2000):
            with closing(CountedConnection(port)) as probe:
                try:
                    probe.connect()
                    return
                except OSError:
                    time.sleep(0.005)
        raise RuntimeError("the floor's server did not start")

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)


def marks(count: int) -> list[bytes]:
    """So many lines."""
    rng = random.Random(f"floor {count}")
    people = ["t" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyz234567", k=9)) for _ in range(200)]
    made, at = [], 1_757_000_000_000
    for number in range(count):
        at += rng.randint(700, 4000)
        session, person = f"T{number % 1000 // 200 + 1:02}.{number // 200 + 1}", people[number % 200]
        status = rng.choices(["present", "late", "absent", "excused"], [82, 7, 8, 3])[0]
        minutes = rng.randint(1, 30) if status == "late" else None
        mark: dict[str, object] = {
            "id": f"{session}.{person}",
            "trainee": person,
            "session": session,
            "status": status,
        }
        mark |= {"minutes": minutes, "at": at, "by": "sakello"}
        made.append(json.dumps(mark).encode())
    return made


def send(connection: CountedConnection, lines: list[bytes], batch: int = BATCH) -> int:
    """All of them, batch after batch; without any, one empty request. How many were sent."""
    for start in range(0, len(lines) or 1, batch):
        data = b"\n".join(lines[start : start + batch])
        headers = {"Signature": base64.urlsafe_b64encode(KEY.sign(data)).decode()}
        connection.request("POST", "/", gzip.compress(data, 6), headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    return len(lines)


def load(port: int, file: Path) -> int:
    """Everything the server has into a new file, in one transaction; bytes of the answer."""
    unpacker, rest, count = zlib.decompressobj(wbits=31), b"", 0

    def lines(answer: http.client.HTTPResponse) -> Iterator[dict[str, object]]:
        nonlocal rest, count
        while data := answer.read(65536):
            count += len(data)
            *whole, rest = (rest + unpacker.decompress(data)).split(b"\n")
            yield from map(json.loads, whole)

    with closing(opened(str(file))) as db, closing(http.client.HTTPConnection("127.0.0.1", port)) as line:
        line.request("GET", "/")
        _put(db, lines(line.getresponse()))
    return count


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
