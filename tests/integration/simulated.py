"""A tablet made of a key and a few lines: records, exchanges through a Flask test client, writes its file. For integration tests."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sync import Change, Header, PrivateKey, exchange, ops, wire
from sync.ops import b64


class SimulatedTablet:
    """One epoch of one part. `wall` is its own clock, UTC ms."""

    def __init__(self, seed: int, part: str = "mbale", epoch: str = "abcdefgh", wall: int = 0) -> None:
        self.key = PrivateKey(bytes([seed]) * 32)
        self.chain = (self.key.device, epoch, part)
        self.wall = wall
        self.links = [ops.first_link(self.chain)]
        self.ops: list[tuple[bytes, bytes]] = []

    @property
    def id(self) -> str:
        return self.key.device

    def record(
        self, changes: Sequence[Change], actor: str = "sakello", intent: str = "attendance.mark"
    ) -> None:
        self.wall += 1000
        header = Header(
            v=1,
            dev=self.id,
            ep=self.chain[1],
            part=self.chain[2],
            seq=len(self.ops) + 1,
            wall=self.wall,
            tz=180,
            actor=actor,
            intent=intent,
        )
        self.append(ops.encode_header(header), ops.encode_body(list(changes)))

    def append(self, *lines: bytes) -> None:
        """Append a header and a body as they stand."""
        self.links.append(ops.next_link(self.links[-1], lines[0], ops.body_hash(lines[1])))
        self.ops.append((lines[0], lines[1]))

    def mark(self, trainee: str, status: str = "present", **by: str) -> None:
        self.record([Change("attendance", f"T01.1.{trainee}", {"status": status})], **by)

    def runs(self, first: int = 1, last: int | None = None) -> list[wire.Run]:
        """The ops from `first` to `last`, numbers counted from 1."""
        last = last or len(self.ops)
        if first > last:
            return []
        signature = self.key.sign(ops.head_statement(self.chain, last, self.links[last]))
        lines = self.ops[first - 1 : last]
        return [wire.Run(self.chain, first, self.links[last], signature, self.key.public, lines)]

    def ask(self, name: str = "Tablet 1", code: str | None = None) -> dict[str, Any]:
        """The body of a request to be enrolled."""
        return {"key": self.key.public, "name": name, **({"code": code} if code else {})}

    def enrol(self, client: FlaskClient, name: str = "Tablet 1", code: str | None = None) -> TestResponse:
        return self.post(client, "/sync/v1/enrol", self.ask(name, code))

    def post(self, client: FlaskClient, path: str, body: Any) -> TestResponse:
        """JSON with this tablet's signature over its bytes."""
        data = json.dumps(body).encode()
        return client.post(
            path, data=data, content_type="application/json", headers={"Luban-Signature": self.signed(data)}
        )

    def signed(self, data: bytes) -> str:
        return b64(self.key.sign(exchange.request_statement(data)))

    def exchange(
        self, client: FlaskClient, runs: list[wire.Run] | None = None, said: int | None = None
    ) -> dict[str, Any]:
        """One round trip; the answer's first line. `said` is the highest number that it announces, if not its own."""
        answer = self.send(client, runs, said)
        assert answer.status_code == 200, answer.text
        return wire.unpack(wire.inflate(answer.data))[0]

    def send(
        self, client: FlaskClient, runs: list[wire.Run] | None = None, said: int | None = None, **more: Any
    ) -> TestResponse:
        """One round trip, whatever comes of it. `more` goes into the request's first line."""
        seq = len(self.ops) if said is None else said
        link = self.links[min(seq, len(self.ops))]
        hello = {
            "luban": 1,
            "device": self.id,
            "epoch": self.chain[1],
            "key": self.key.public,
            "role": "tablet",
            "now": self.wall,
            "head": {self.chain[2]: [[self.chain[1], seq, b64(link)]]} if seq else {},
            **more,
        }
        raw = wire.pack(hello, self.runs() if runs is None else runs)
        return client.post(
            "/sync/v1/exchange",
            data=wire.compress(raw),
            headers={"Luban-Signature": self.signed(raw), "Content-Encoding": "gzip"},
        )

    def bundle(self) -> bytes:
        """Its file with everything."""
        first = {
            "luban-bundle": 1,
            "device": self.id,
            "key": self.key.public,
            "role": "tablet",
            "parts": [self.chain[2]],
            "at": self.wall,
            "have": {"/".join(self.chain): [[len(self.ops), b64(self.links[-1])]]},
            "receipts": [],
        }
        body = wire.encode_object(first) + b"\n" + b"".join(run.encode() for run in self.runs())
        end = {"end": True, "runs": 1, "ops": len(self.ops), "sha256": hashlib.sha256(body).hexdigest()}
        return gzip.compress(body + wire.encode_object(end) + b"\n", mtime=0)
