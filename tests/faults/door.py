"""The exchange over a real socket: what a tablet's program sends and hears, byte by byte. No assertions here."""

import http.client
import socket
from dataclasses import dataclass
from typing import Any

from sync import wire
from sync.wire import Run
from tests.sync_world import Tablet

EXCHANGE = "/sync/v1/exchange"


@dataclass
class Reply:
    """An answer: `raw` is the message when there is one, `code` what a refusal says."""

    status: int
    raw: bytes
    body: bytes

    @property
    def first(self) -> dict[str, Any]:
        return wire.unpack(self.raw)[0]

    @property
    def code(self) -> str | None:
        return str(wire.parse_object(self.body)["code"]) if self.status != 200 else None


@dataclass
class Door:
    """A server's address. `device` is its id, `pid` its process."""

    port: int
    device: str
    pid: int

    def post(self, data: bytes, signature: str, timeout_s: float = 20) -> Reply:
        """One exchange. Raises OSError or HTTPException when no answer comes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        headers = {
            "Content-Encoding": "gzip",
            "Content-Type": "application/x-luban",
            "Luban-Signature": signature,
        }
        try:
            connection.request("POST", EXCHANGE, data, headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        return Reply(answer.status, wire.inflate(body) if answer.status == 200 else b"", body)

    def send(self, tablet: Tablet, runs: list[Run] | None = None, *, lose_reply: bool = False) -> Reply:
        """One round trip of a tablet: what it has not got a receipt for, or the runs given."""
        data, signature = tablet.request(self.device, tablet.unsent(self.device) if runs is None else runs)
        reply = self.post(data, signature)
        if reply.status == 200 and not lose_reply:
            tablet.take_answer(reply.raw)
        return reply

    def cut(self, data: bytes, signature: str, after: int) -> None:
        """Begin an exchange and cut the wire after so many bytes of its body."""
        head = (
            f"POST {EXCHANGE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Encoding: gzip\r\n"
            f"Luban-Signature: {signature}\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            line.sendall(head.encode() + data[:after])
