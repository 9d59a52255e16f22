"""What the floor needs for the cases of `sizes.py`: the same numbers of marks with a log of the same length beside. Decides no bar."""

import time
from pathlib import Path

import floor
from meter import CountedConnection, cost, cpu_s, spent
from servers import free_port

CHANGES, TIMES, CONTACTS = 200, 9, 60


def measure_floor(folder: Path, ops: int) -> dict[str, dict[str, float]]:
    server = floor.Floor(folder, free_port(), beforehand=ops)
    try:
        line = CountedConnection(server.port)
        floor.send(line, [])
        some = floor.marks(CHANGES)
        cases = {
            "changes": spent(lambda: floor.send(line, some), line, server.pid, TIMES),
            "nothing": spent(lambda: floor.send(line, []), line, server.pid, CONTACTS),
        }
        line.close()
        begun, own, there = time.monotonic(), time.process_time(), cpu_s(server.pid)
        body = floor.load(server.port, folder / "loaded.db")
        wall, own, there = time.monotonic() - begun, time.process_time() - own, cpu_s(server.pid) - there
        return cases | {"load": cost(wall, own, there, body, body, 1, ops)}
    finally:
        server.stop()
