"""What hostile input is put to: the decoder, the door of the exchange, the taking of answers, bundle files. Each says what must hold whatever comes.

Allowed are a good answer and an error of ours with a code; anything else, or a log that is not what it was after a refusal, is a finding.
"""

import hashlib
import random
from collections.abc import Callable
from pathlib import Path

from flask.testing import FlaskClient

from sync import Node, PrivateKey, exchange, limits, ops, wire
from sync.author import Author
from sync.bundle import read_bundle, write_bundle
from sync.errors import SyncError
from sync.exchange import Conversation
from sync.messages import request_statement
from sync.ops import b64
from tests.fuzz.mutate import mutate_bytes, mutate_json, mutate_lines
from tests.sync_world import NOON_MS, PART, PARTS, Clock, World, assert_sound, mark, rows
from workshop.factory import create_app


class Targets:
    """A world with some work in it; each target takes a generator of randomness and raises AssertionError on a finding."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World(folder)
        self.world.enrol(self.world.one)
        for trainee in ("tokot", "tauma", "tnekesa"):
            self.world.one.mark(trainee)
        self.world.one.send(self.world.workshop)
        self.world.exchange()
        self.client: FlaskClient = create_app(self.world.workshop).test_client()
        self._bundle = folder / "good.luban"
        write_bundle(self.world.campus.node, self._bundle, PARTS)
        self._attacker = 0

    def all(self) -> dict[str, Callable[[random.Random], str]]:
        return {
            "decoder": self.decoder,
            "ops": self.ops,
            "door": self.door,
            "answer": self.answer,
            "bundle": self.bundle,
        }

    def decoder(self, rng: random.Random) -> str:
        """Lines of a good message, changed: runs are read or refused."""
        raw = mutate_lines(self._request(rng)[1], rng)
        try:
            first, lines = wire.unpack(raw)
            exchange.read_vector(first.get("have", {}))
            for run in wire.read_runs(lines, 500):
                for header, body in run.lines:
                    ops.decode_header(header)
                    ops.decode_body(body)
        except SyncError as error:
            return error.code
        return "taken"

    def ops(self, rng: random.Random) -> str:
        """Ops that an enrolled but hostile tablet really chains and signs: applied, held or refused, never a failure of ours."""
        tablet, node = self.world.one.clone(), self.world.workshop.node
        tablet.begin_epoch("".join(rng.choices("abcdefghij", k=8)))
        tablet.mark("tokot", rng.choice(["present", "late"]))
        [run] = tablet.runs(PART)
        header, body = run.lines[0]
        header = mutate_json(header, rng) if rng.random() < 0.3 else header
        body = mutate_json(body, rng) if rng.random() < 0.9 else mutate_bytes(body, rng)
        if b"\n" in header + body or len(header) > limits.HEADER_BYTES or len(body) > limits.BODY_BYTES:
            return "not sendable"
        tablet.append(PART, header.replace(b'"seq":1', b'"seq":2'), body)
        _, refused = node.take(tablet.runs(PART), tablet.device)
        if refused:
            return refused[0][1].code
        [held] = rows(
            node,
            "select (select code from rm_quarantine where n = l.n) from op_log l order by n desc limit 1",
        )
        return held[0] or "taken"

    def door(self, rng: random.Random) -> str:
        """A whole request over HTTP: half of them signed after the change, as an enrolled but hostile device would."""
        key, raw = self._request(rng)
        if rng.random() < 0.6:
            raw = mutate_lines(raw, rng)
            signature = b64(key.sign(request_statement(raw)))
            data = wire.compress(raw)
        else:
            signature = b64(key.sign(request_statement(raw)))
            data = mutate_bytes(wire.compress(raw), rng)
        before = self._ops(self.world.workshop.node)
        said = self.client.post(
            "/sync/v1/exchange",
            data=data,
            headers={
                "Luban-Signature": signature,
                "Content-Encoding": "gzip",
                "Content-Type": "application/x-luban",
            },
        )
        assert said.status_code in (200, 400, 403, 409, 413), said.status_code
        if said.status_code != 200:
            assert self._ops(self.world.workshop.node) == before, "something was stored of what was refused"
            assert said.headers.get("Luban-Code") or said.status_code == 413
            return said.headers.get("Luban-Code", "too_large")
        wire.unpack(wire.inflate(said.data))
        return "taken"

    def answer(self, rng: random.Random) -> str:
        """A hostile server's answer to the workshop."""
        node, campus = self.world.workshop.node, self.world.campus.node
        talk = Conversation()
        raw, sent = exchange.ask(node, talk, PARTS)
        data, signature = wire.compress(raw), b64(node.key.sign(request_statement(raw)))
        good = exchange.answer(campus, exchange.open_request(data, signature, campus.device), PARTS)
        try:
            exchange.absorb(node, talk, mutate_lines(good, rng), PARTS, sent)
        except SyncError as error:
            return error.code
        return "taken"

    def bundle(self, rng: random.Random) -> str:
        """A bundle file, changed as a file or within its gzip."""
        good = self._bundle.read_bytes()
        bad = self.folder / "bad.luban"
        if rng.random() < 0.5:
            bad.write_bytes(mutate_bytes(good, rng))
        else:
            lines = mutate_lines(wire.inflate(good, len(good), 2**24).rpartition(b'{"end"')[0], rng)
            runs = lines.count(b'"run":') - lines.split(b"\n")[0].count(b'"run":')
            end = {
                "end": True,
                "runs": runs,
                "ops": self._ops(self.world.campus.node),
                "sha256": hashlib.sha256(lines).hexdigest(),
            }
            bad.write_bytes(wire.compress(lines + wire.encode_object(end) + b"\n"))
        node = self.world.workshop.node
        before = self._ops(node)
        try:
            read_bundle(node, bad, PARTS)
        except SyncError as error:
            assert self._ops(node) == before, "something was stored of what was refused"
            return error.code
        return "taken"

    def check(self) -> None:
        """After all that: the tables are what the log says, and the log is whole."""
        assert_sound(self.world.workshop.node)
        assert_sound(self.world.campus.node)

    def close(self) -> None:
        self.world.close()

    def _request(self, rng: random.Random) -> tuple[PrivateKey, bytes]:
        """A good request of the tablet or of a stranger, not yet compressed, and the key that may sign it."""
        if rng.random() < 0.5:
            tablet: Author = self.world.one
        else:
            tablet = Author(PrivateKey(rng.randbytes(32)), "bbbbbbbb", Clock(NOON_MS), 180)
        for trainee in ("tokot", "tauma")[: rng.randint(0, 2)]:
            tablet.record(PART, "pak", "attendance.mark", [mark(trainee, rng.choice(["present", "absent"]))])
        runs = tablet.runs(PART, max(0, tablet.chains().get((tablet.epoch, PART), 0) - 3))
        data, _ = tablet.request(self.world.workshop.device, runs)
        return tablet.key, wire.inflate(data)

    @staticmethod
    def _ops(node: Node) -> int:
        return int(rows(node, "select count(*) from op_log")[0][0])
