"""Answers the questions of tests/conformance by the second reading: one JSON line in, one out."""

import json
import sys
from typing import Any

from tests.conformance.second import lines, store
from tests.conformance.second.lines import Refused, b64


def answer(ask: dict[str, Any]) -> dict[str, Any]:
    try:
        return globals()[f"answer_{ask['ask']}"](ask)  # type: ignore[no-any-return]
    except Refused as error:
        return {"code": str(error), "ops": 0}


def answer_header(ask: dict[str, Any]) -> dict[str, Any]:
    return {"header": lines.header(ask["line"].encode())}


def answer_body(ask: dict[str, Any]) -> dict[str, Any]:
    line = ask["line"].encode()
    digest = b64(lines.body_hash(line))
    return {"changes": lines.body(line), "hash": digest, "erased": f'"{digest}"'}


def answer_chain(ask: dict[str, Any]) -> dict[str, Any]:
    links = [lines.first_link(ask["chain"])]
    for header, body in ask["lines"]:
        links.append(lines.next_link(links[-1], header.encode(), body.encode()))
    return {
        "links": [b64(link) for link in links],
        "op_ids": [b64(link[:12]) for link in links[1:]],
        "head_statement": lines.head_statement(ask["chain"], len(links) - 1, links[-1]),
    }


def answer_device(ask: dict[str, Any]) -> dict[str, Any]:
    return {"device": lines.device_id(ask["key"])}


def answer_verify(ask: dict[str, Any]) -> dict[str, Any]:
    return {"valid": lines.verify(ask["key"], ask["statement"].encode(), ask["signature"])}


def answer_hybrid(ask: dict[str, Any]) -> dict[str, Any]:
    hybrid = max(ask["previous"] + 1, ask["wall"] * 1000)
    return {"hybrid": hybrid, "in_header": hybrid != ask["wall"] * 1000}


def answer_receipt(ask: dict[str, Any]) -> dict[str, Any]:
    return {"code": None, "statement": store.receipt(ask["receipt"])}


def answer_merge(ask: dict[str, Any]) -> dict[str, Any]:
    return store.merge(ask["policy"], ask["facts"], ask["authority"], ask["forks"])


def answer_runs(ask: dict[str, Any]) -> dict[str, Any]:
    here, codes = store.Store(), list[str | None]()
    for run in ask["runs"]:
        try:
            here.take(run.encode()[:-1].split(b"\n"))
            codes.append(None)
        except Refused as error:
            codes.append(str(error))
    return {"codes": codes, "ops": here.count()}


def answer_request(ask: dict[str, Any]) -> dict[str, Any]:
    return {"code": None, "ops": store.request(lines.unb64(ask["gzip"]), ask["signature"], ask["here"])}


def answer_bundle(ask: dict[str, Any]) -> dict[str, Any]:
    return {"code": None, "ops": store.bundle(lines.unb64(ask["file"]))}


if __name__ == "__main__":
    for question in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(question))) + "\n")
