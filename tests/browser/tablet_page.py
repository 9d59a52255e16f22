"""How tests speak to the tablet's core in a page: call a module's function, make a mark, send, read the store and the strip."""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

HTML = """<!doctype html><html lang="en"><head><title>t</title>{head}
<script type="module" src="/static/t/js/{script}"></script></head>
<body data-site="mbale" data-actor="pakello0001"><div data-strip><p data-strip-text></p></div>{body}</body></html>"""


def html(body: str = "", head: str = "", script: str = "app.js") -> str:
    return HTML.format(body=body, head=head, script=script)


CALL = """async ([file, name, args]) => {
  const module = await import(`/static/t/js/${file}`);
  try { return {ok: await module[name](...args)}; } catch (error) { return {code: error.code ?? String(error)}; }
}"""


def call(page: Page, file: str, name: str, *args: Any) -> Any:
    """What an exported function of a module gives; a refusal fails the test."""
    answer = page.evaluate(CALL, [file, name, list(args)])
    assert "code" not in answer, answer
    return answer.get("ok")


def refusal(page: Page, file: str, name: str, *args: Any) -> Any:
    """The code that an exported function refuses with."""
    return page.evaluate(CALL, [file, name, list(args)])["code"]


def mark(
    page: Page, trainee: str = "p1", status: str = "present", base: list[str] | None = None
) -> dict[str, Any]:
    fields = {"status": status, "minutes": None}
    changes = [["attendance", f"T01.3.{trainee}", fields, *([base] if base else [])]]
    made: dict[str, Any] = call(page, "sync/outbox.js", "record", "attendance.mark", changes)
    return made


def eventually(check: Callable[[], Any], seconds: float = 8) -> Any:
    """The first true value of `check`."""
    deadline = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return value


def send(page: Page) -> dict[str, Any]:
    """Exchange now, after any exchange that is under way: asked and begun in one go, so that the page's own timer cannot come between."""
    answer: dict[str, Any] = eventually(
        lambda: page.evaluate(
            """async () => {
              const client = await import("/static/t/js/sync/client.js");
              return client.isSending() ? null : client.sendNow();
            }"""
        )
    )
    return answer


def stored(page: Page) -> list[dict[str, Any]]:
    """This device's ops as they lie in the store, with links as b64."""
    rows = page.evaluate(
        """async () => {
          const { readAll } = await import("/static/t/js/lib/db.js");
          const { b64url } = await import("/static/t/js/lib/canonical.js");
          return (await readAll("ops")).map((op) => ({ ...op, link: b64url(op.link) }));
        }"""
    )
    return list(rows)


def key_text(page: Page) -> str:
    return str(
        page.evaluate(
            "async () => (await (await import('/static/t/js/lib/device.js')).thisDevice()).key.text"
        )
    )


def strip(page: Page) -> tuple[str, str]:
    found = page.locator("[data-strip]")
    return str(found.get_attribute("data-kind")), found.inner_text()
