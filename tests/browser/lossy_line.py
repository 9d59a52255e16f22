"""A line between tablet and server that can lose replies: the server has committed, nobody hears of it. Bytes only; knows no op."""

import contextlib
import socket
import threading
from collections.abc import Callable

EXCHANGE = b"POST /sync/v1/exchange"
CHUNK = 65536


class LossyLine:
    """Listens at `port`, passes everything to the server at `to`. While `losing()` is true, replies to exchanges are lost."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.lost = 0
        self.losing: Callable[[], bool] = lambda: False
        self.on_loss: Callable[[], None] = lambda: None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.to)) as server:
            asked: list[bytes] = []
            threading.Thread(target=self._pass_on, args=(client, server, asked), daemon=True).start()
            while data := server.recv(CHUNK):
                if asked and asked[-1].startswith(EXCHANGE) and self._take_loss():
                    break
                client.sendall(data)
            for end in (client, server):
                end.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, client: socket.socket, server: socket.socket, asked: list[bytes]) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(CHUNK):
                if data.startswith((b"GET ", b"POST ")):
                    asked.append(data[:40])
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _take_loss(self) -> bool:
        if not self.losing():
            return False
        self.on_loss()
        self.lost += 1
        return True
