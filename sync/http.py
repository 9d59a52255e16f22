"""Carrying the exchange over HTTP: the only network code of the package. Standard library, a time limit on everything."""

import http.client
import ssl
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sync import exchange, limits, wire
from sync.errors import CarrierError
from sync.exchange import Conversation, Outcome
from sync.node import Node
from sync.ops import b64

PATH = "/sync/v1/exchange"
STREAM_BYTES = 64 * 1024
Carrier = Callable[[bytes, str], bytes]
"""Takes a compressed request and its signature, gives the compressed answer."""


class HttpCarrier:
    """One kept-open connection to a peer's address such as `https://campus.example`. `bytes_out` and `bytes_in` count bodies."""

    def __init__(self, address: str, timeout_s: float = 30.0) -> None:
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CarrierError("bad_address", address=address)
        self._prefix = parts.path.rstrip("/")
        if parts.scheme == "https":
            context = ssl.create_default_context()
            self._connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=timeout_s, context=context
            )
        else:
            self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout_s)
        self.requests = self.bytes_out = self.bytes_in = 0

    def __call__(self, data: bytes, signature: str) -> bytes:
        """Raises CarrierError `unreachable`, `not_ours` (a captive portal, a proxy) or what the server's refusal says."""
        with self._told():
            answer = self._ask(PATH, data, signature)
            body = answer.read(limits.MESSAGE_GZIP_BYTES + 1)
        self.bytes_in += len(body)
        self._check(answer)
        return body

    def stream(self, path: str, data: bytes, signature: str) -> Iterator[bytes]:
        """The same, but an answer of any length, a piece at a time. Whoever stops in between must close the carrier."""
        with self._told():
            answer = self._ask(path, data, signature)
            if answer.status != 200:
                answer.read(limits.MESSAGE_GZIP_BYTES)  # so that the next request can use the connection
            self._check(answer)
            while piece := answer.read1(STREAM_BYTES):
                self.bytes_in += len(piece)
                yield piece

    def close(self) -> None:
        self._connection.close()

    # -- inside

    def _ask(self, path: str, data: bytes, signature: str) -> http.client.HTTPResponse:
        headers = {
            "Content-Type": "application/x-luban",
            "Content-Encoding": "gzip",
            "Luban-Signature": signature,
            "Content-Length": str(len(data)),
        }
        # Not request(): it would add that answers must not be compressed, which ours are all the same.
        self._connection.putrequest("POST", self._prefix + path, skip_accept_encoding=True)
        for name, value in headers.items():
            self._connection.putheader(name, value)
        self._connection.endheaders(data)
        answer = self._connection.getresponse()
        self.requests += 1
        self.bytes_out += len(data)
        return answer

    def _check(self, answer: http.client.HTTPResponse) -> None:
        if answer.getheader("X-Luban") != "1":
            self._connection.close()
            raise CarrierError("not_ours", status=answer.status)
        if answer.status != 200:
            raise CarrierError(answer.getheader("Luban-Code") or "refused", status=answer.status)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever the line does becomes one of our errors; the next request begins on a new connection."""
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise CarrierError("unreachable", reason=type(error).__name__) from error


def synchronise(
    node: Node, talk: Conversation, carrier: Carrier, parts: list[str], trips_max: int = 2000
) -> Outcome:
    """Talk until nothing is left to say. Raises CarrierError or MessageError; what was taken before stays."""
    total = Outcome()
    for _ in range(trips_max):
        raw, sent = exchange.ask(node, talk, parts)
        outcome = exchange.absorb(node, talk, open_reply(carrier(*seal(node, raw))), parts, sent)
        total.add(outcome)
        if not outcome.more:
            break
    return total


def seal(node: Node, raw: bytes) -> tuple[bytes, str]:
    """A request ready to be carried: compressed, and its signature."""
    return wire.compress(raw), b64(node.key.sign(exchange.request_statement(raw)))


def open_reply(data: bytes) -> bytes:
    """The lines of an answer. Raises MessageError."""
    return wire.inflate(data)
