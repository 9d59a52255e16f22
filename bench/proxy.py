"""A proxy of its own process that counts and, when asked, makes a line slow and long. Bytes pass unread but for their HTTP framing.

    python bench/proxy.py LISTEN TO [RTT_MS KBIT]

Standard output: "ready", then a JSON line for each connection that ended. Standard input: "hold" keeps new connections waiting,
"go" lets them on, "total" prints the bytes of all connections so far. A line's delay is half the round trip in each direction, its rate holds for each direction; opening a
connection costs one round trip more, as a TCP handshake does.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import time
from queue import Queue
from typing import Any

from meter import HttpMeter

CHUNK = 2048
AHEAD_S_MAX = 0.25  # what a router on the way would keep in its queue


class Line:
    """One direction: bytes come out as late and as slowly as the line is."""

    def __init__(self, delay_s: float, bytes_per_s: float) -> None:
        self._delay_s, self._rate = delay_s, bytes_per_s
        self._free_at = 0.0
        self._queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, meter: HttpMeter
    ) -> None:
        sender = asyncio.create_task(self._deliver(target))
        with contextlib.suppress(ConnectionError):
            while data := await source.read(CHUNK if self._rate else 65536):
                meter.feed(data)
                await self._put(data)
        await self._put(b"")
        await sender

    async def _put(self, data: bytes) -> None:
        now = time.monotonic()
        if self._rate:
            self._free_at = max(self._free_at, now) + len(data) / self._rate
        self._queue.put_nowait((max(self._free_at, now) + self._delay_s, data))
        if self._free_at - now > AHEAD_S_MAX:
            await asyncio.sleep(self._free_at - now - AHEAD_S_MAX)

    async def _deliver(self, target: asyncio.StreamWriter) -> None:
        while True:
            due, data = await self._queue.get()
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            with contextlib.suppress(ConnectionError):
                if not data:
                    target.write_eof()
                    return
                target.write(data)
                await target.drain()


async def serve(listen: int, to: int, rtt_ms: int, kbit: int) -> None:
    gate = asyncio.Event()
    gate.set()
    meters: list[HttpMeter] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        opened, up, down = time.monotonic(), HttpMeter(), HttpMeter()
        meters.extend((up, down))
        await asyncio.sleep(rtt_ms / 1000)
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", to)
            lines = [Line(rtt_ms / 2000, kbit * 125) for _ in range(2)]
            await asyncio.gather(
                lines[0].carry(reader, far_writer, up), lines[1].carry(far_reader, writer, down)
            )
            far_writer.close()
        writer.close()
        told = {"opened": opened, "closed": time.monotonic(), "bytes": up.total + down.total}
        told |= {"up": up.total, "down": down.total, "body": up.body + down.body, "requests": up.messages}
        print(json.dumps(told), flush=True)

    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(commands), sys.stdin
    )
    server = await asyncio.start_server(handle, "127.0.0.1", listen)
    print("ready", flush=True)
    while command := (await commands.readline()).strip():
        if command == b"hold":
            gate.clear()
        elif command == b"go":
            gate.set()
        elif command == b"total":
            print(json.dumps({"total": sum(meter.total for meter in meters)}), flush=True)
    server.close()


class Proxy:
    """The handle of such a process."""

    def __init__(self, listen: int, to: int, rtt_ms: int = 0, kbit: int = 0) -> None:
        arguments = [str(value) for value in (listen, to, rtt_ms, kbit)]
        self.port = listen
        self._process = subprocess.Popen(
            [sys.executable, __file__, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        self._process.stdout.readline()
        self.ended: Queue[dict[str, Any]] = Queue()
        self._totals: Queue[int] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def say(self, command: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def total(self) -> int:
        """Bytes of all connections so far, both directions."""
        self.say("total")
        return self._totals.get(timeout=10)

    def stop(self) -> None:
        """Nobody answers at its port any more."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(10)

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            told = json.loads(line)
            if "total" in told:
                self._totals.put(told["total"])
            else:
                self.ended.put(told)


if __name__ == "__main__":
    asyncio.run(serve(*(int(value) for value in [*sys.argv[1:], "0", "0"][:4])))
