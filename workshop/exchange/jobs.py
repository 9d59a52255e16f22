"""Taking a brought file in while the person watches: one thread a file, one file after another, how far it is. Knows no Flask."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sync.bundle import Progress
from sync.errors import SyncError
from workshop.problems import Problem

log = logging.getLogger(__name__)

KEPT: Final = 50


@dataclass
class Job:
    """One file on its way in: `step` is wait, check or take, `done` of `of`. What became of it is in the history once `ended` is set;
    `code` is there when it ended in a way that even the history could not be told.
    """

    token: str
    step: str = "wait"
    done: int = 0
    of: int = 0
    code: str | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def tell(self, step: str, done: int, of: int) -> None:
        self.step, self.done, self.of = step, done, of


class Jobs:
    """The files on their way in at one process. One is taken at a time: they would wait for the same lock anyway."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def begin(self, token: str, work: Callable[[Progress], object], after: Callable[[], object]) -> Job:
        """Start `work` in a thread of its own; `after` is called whatever came of it. `work` keeps its own failures in the history."""
        job = self._jobs[token] = Job(token)
        for old in list(self._jobs)[:-KEPT]:
            self._jobs.pop(old, None)
        threading.Thread(target=self._run, args=(job, work, after), name="bundle", daemon=True).start()
        return job

    def find(self, token: str) -> Job | None:
        return self._jobs.get(token)

    def _run(self, job: Job, work: Callable[[Progress], object], after: Callable[[], object]) -> None:
        try:
            with self._turn:
                work(job.tell)
        except (SyncError, Problem) as error:
            job.code = error.code
        except (OSError, sqlite3.Error) as error:
            log.warning("a brought file: %s", error)
            job.code = "disk_full" if getattr(error, "errno", None) == 28 else "broken"
        finally:
            after()
            job.ended.set()
