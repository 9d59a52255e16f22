"""A small server for browser tests: serves static files and answers exchanges as docs/reference/wire-format.md says.

Written from that page alone, with hashlib and cryptography and nothing of `sync`: so it checks the tablet, and is checked by it.
"""

import base64
import gzip
import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from workshop.modules import JOINED, join_modules

STATIC = Path(__file__).parents[2] / "workshop" / "static"
CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; media-src 'self'"
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".ogg": "audio/ogg"}

Chain = tuple[str, str, str]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sha(data: bytes | str) -> bytes:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).digest()


def device_id(key: str) -> str:
    return "d" + base64.b32encode(sha(key)).decode().lower()[:19]


def first_link(chain: Chain) -> bytes:
    return sha("luban-chain-1\n" + "\n".join(chain))


def next_link(previous: bytes, header: str, body: str) -> bytes:
    return sha(previous + sha(header) + sha(body))


def head_statement(chain: Chain, seq: int, link: bytes) -> str:
    return "luban-head-1\n" + "\n".join(chain) + f"\n{seq}\n{link.hex()}"


def is_signed(key: str, statement: str, signature: str) -> bool:
    kind, _, text = key.partition(":")
    raw = unb64(signature)
    try:
        if kind == "ed25519":
            Ed25519PublicKey.from_public_bytes(unb64(text)).verify(raw, statement.encode())
        else:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(text))
            numbers = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
            point.verify(encode_dss_signature(*numbers), statement.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


@dataclass
class Signer:
    """A server's key."""

    role: str = "workshop"
    secret: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def key(self) -> str:
        return "ed25519:" + b64(self.secret.public_key().public_bytes_raw())

    @property
    def device(self) -> str:
        return device_id(self.key)

    def receipt(self, chain: Chain, seq: int, link: bytes, at: int) -> dict[str, Any]:
        lines = ["luban-receipt-1", *chain, str(seq), link.hex(), str(at), self.device, self.role]
        signature = b64(self.secret.sign("\n".join(lines).encode()))
        return {
            "run": list(chain),
            "seq": seq,
            "link": b64(link),
            "at": at,
            "by": self.device,
            "role": self.role,
            "key": self.key,
            "sig": signature,
        }


def read_runs(lines: list[str]) -> list[tuple[dict[str, Any], list[tuple[str, str]]]]:
    """(run line, [(header line, body line)]) of each run."""
    runs, at = [], 0
    while at < len(lines):
        first = json.loads(lines[at])
        pairs = [(lines[at + 1 + 2 * i], lines[at + 2 + 2 * i]) for i in range(first["count"])]
        runs.append((first, pairs))
        at += 1 + 2 * first["count"]
    return runs


class Workshop:
    """What the fake server knows, and how it misbehaves. `links[chain][n]` is link(n)."""

    def __init__(self) -> None:
        self.signer = Signer()
        self.campus = Signer("campus")
        self.links: dict[Chain, list[bytes]] = {}
        self.ops: dict[Chain, list[tuple[str, str]]] = {}
        self.requests: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.pages: dict[str, tuple[str, str]] = {}
        self.files: dict[str, bytes] = {}
        self.mode = "ours"  # ours | portal | down | silent (to a GET)
        self.most_ops = 500
        self.relays_campus = False
        self.extra: dict[str, Any] = {}
        self.spoil: Callable[[dict[str, Any]], dict[str, Any]] = lambda receipt: receipt
        self.sw_build = "one"
        self.sw_shell: list[str] = []
        self.enrolment: dict[str, Any] = {"state": "waiting", "code": "123456"}
        self.lock = threading.Lock()
        self.speak = threading.Event()

    def exchange(self, raw: bytes, signature: str) -> tuple[int, dict[str, Any]]:
        text = raw.decode()
        assert text.endswith("\n")
        lines = text[:-1].split("\n")
        first = json.loads(lines[0])
        assert is_signed(first["key"], f"luban-request-1\n{hashlib.sha256(raw).hexdigest()}", signature)
        assert device_id(first["key"]) == first["device"]
        runs = read_runs(lines[1:])
        self.requests.append({**first, "raw": len(raw), "runs": [run for run, _ in runs]})
        if sum(run["count"] for run, _ in runs) > self.most_ops:
            return 413, {"code": "too_large"}
        refused = [answer for run, pairs in runs if (answer := self.take(run, pairs))]
        return 200, self.answer(first["device"], refused)

    def take(self, run: dict[str, Any], pairs: list[tuple[str, str]]) -> dict[str, Any] | None:
        chain: Chain = tuple(run["run"])
        links = self.links.setdefault(chain, [first_link(chain)])
        if run["from"] > len(links):
            return {"run": run["run"], "code": "chain_gap", "data": {"have": len(links) - 1}}
        fresh = links[: run["from"]]
        for number, (header, body) in enumerate(pairs, run["from"]):
            told = json.loads(header)
            assert (told["dev"], told["ep"], told["part"], told["seq"], told["v"]) == (*chain, number, 1)
            fresh.append(next_link(fresh[-1], header, body))
        if b64(fresh[-1]) != run["link"] or not is_signed(
            run["key"], head_statement(chain, len(fresh) - 1, fresh[-1]), run["sig"]
        ):
            return {"run": run["run"], "code": "bad_signature", "data": {}}
        self.links[chain] = fresh
        self.ops[chain] = [*self.ops.get(chain, [])[: run["from"] - 1], *pairs]
        return None

    def answer(self, device: str, refused: list[dict[str, Any]]) -> dict[str, Any]:
        at = int(time.time() * 1000)
        tips = [
            (chain, len(ls) - 1, ls[-1])
            for chain, ls in self.links.items()
            if chain[0] == device and len(ls) > 1
        ]
        signers = [self.signer, *([self.campus] if self.relays_campus else [])]
        receipts = [self.spoil(who.receipt(*tip, at)) for who in signers for tip in tips]
        first = {
            "luban": 1,
            "device": self.signer.device,
            "key": self.signer.key,
            "role": "workshop",
            "now": at,
        }
        limits = {"ops": 500, "raw": 1048576, "gzip": 262144}
        extra, self.extra = self.extra, {}
        return {
            **first,
            "receipts": receipts,
            "refused": refused,
            "quarantined": [],
            "limits": limits,
            **extra,
        }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    workshop: Workshop

    def log_message(self, *_args: object) -> None:
        """Quiet."""

    def send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        given = {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "X-Luban": "1",
            "Content-Security-Policy": CSP,
        }
        for name, value in (given | (headers or {})).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        self.workshop.asked.append(path)
        if self.workshop.mode == "down":
            self.hang_up()
        elif self.workshop.mode == "silent":
            self.workshop.speak.wait(60)
            self.hang_up()
        elif self.workshop.mode == "portal":
            self.send(200, b"<h1>Buy a voucher</h1>", "text/html", {"X-Luban": ""})
        elif path == "/sw.js":
            lines = f"const BUILD={json.dumps(self.workshop.sw_build)};\nconst SHELL={json.dumps(self.workshop.sw_shell)};\n"
            self.send(200, lines.encode() + (STATIC / "sw.js").read_bytes(), "text/javascript")
        elif path.startswith("/static/"):
            self.static(path.split("/", 3)[3])
        elif path.startswith("/sync/v1/enrol/"):
            self.send(200, json.dumps(self.workshop.enrolment).encode(), "application/json")
        elif path in self.workshop.files:
            self.send(200, self.workshop.files[path], "audio/ogg")
        elif path in self.workshop.pages:
            html, tag = self.workshop.pages[path]
            same = self.headers.get("If-None-Match") == tag
            self.send(
                304 if same else 200,
                b"" if same else html.encode(),
                "text/html; charset=utf-8",
                {"ETag": tag},
            )
        else:
            self.send(404, b"no such page", "text/plain")

    def static(self, path: str) -> None:
        if JOINED.fullmatch(path):
            self.send(200, join_modules(STATIC, path), "text/javascript")
        elif (STATIC / path).is_file():
            self.send(200, (STATIC / path).read_bytes(), TYPES.get(Path(path).suffix, "text/plain"))
        else:
            self.send(404, b"", "text/plain")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.workshop.mode == "down":
            self.hang_up()
        elif self.workshop.mode == "portal":
            self.send(200, b'{"luban":1}', "application/json", {"X-Luban": ""})
        elif self.path == "/sync/v1/enrol":
            key = json.loads(body)["key"]
            statement = f"luban-request-1\n{hashlib.sha256(body).hexdigest()}"
            assert is_signed(key, statement, self.headers["Luban-Signature"])
            answer = {"device": device_id(key), **self.workshop.enrolment}
            self.send(200, json.dumps(answer).encode(), "application/json")
        else:
            assert self.headers["Content-Encoding"] == "gzip"
            with self.workshop.lock:
                status, told = self.workshop.exchange(gzip.decompress(body), self.headers["Luban-Signature"])
            packed = gzip.compress(json.dumps(told).encode() + b"\n")
            self.send(status, packed, "application/x-luban", {"Content-Encoding": "gzip"})


class FakeServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1, which browsers hold for secure. Stop with `shutdown()` and `server_close()`."""

    daemon_threads = True

    def __init__(self) -> None:
        self.workshop = Workshop()
        super().__init__(("127.0.0.1", 0), type("Bound", (Handler,), {"workshop": self.workshop}))
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def server_close(self) -> None:
        self.workshop.speak.set()
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that is killed leaves torn connections; a failed assertion shows as a missing answer."""
