"""The worked cases of tests/vectors as questions to a program, and the answers that it must give. docs/reference/conformance.md has their form."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent.parent / "vectors"


@dataclass(frozen=True)
class Ask:
    """One question. `answer` holds the members that the program's answer must have, with just these values."""

    family: str
    name: str
    question: dict[str, Any]
    answer: dict[str, Any]

    def line(self) -> str:
        return json.dumps({"ask": self.family, **self.question}, ensure_ascii=False)


def all_asks() -> list[Ask]:
    makers = (
        headers,
        bodies,
        chains,
        devices,
        signatures,
        hybrids,
        receipts,
        merges,
        runs,
        requests,
        bundles,
    )
    return [ask for make in makers for ask in make()]


def headers() -> Iterator[Ask]:
    cases = load("ops")
    for number, case in enumerate(cases["good"], 1):
        yield Ask("header", f"good {number}", {"line": case["header"]}, {"header": case["header_object"]})
    for case in cases["bad_headers"]:
        yield Ask("header", case["name"], {"line": case["header"]}, {"code": case["code"]})


def bodies() -> Iterator[Ask]:
    cases = load("ops")
    for number, case in enumerate(cases["good"], 1):
        answer = {"changes": case["changes"], "hash": case["body_hash"], "erased": case["erased_body"]}
        yield Ask("body", f"good {number}", {"line": case["body"]}, answer)
    for case in cases["bad_bodies"]:
        yield Ask("body", case["name"], {"line": case["body"]}, {"code": case["code"]})


def chains() -> Iterator[Ask]:
    for case in load("chains"):
        question = {"chain": case["chain"], "lines": case["lines"]}
        answer = {key: case[key] for key in ("links", "op_ids", "head_statement")}
        yield Ask("chain", case["name"], question, answer)


def devices() -> Iterator[Ask]:
    for number, case in enumerate(load("signatures")["devices"], 1):
        yield Ask("device", f"key {number}", {"key": case["key"]}, {"device": case["device"]})


def signatures() -> Iterator[Ask]:
    for case in load("signatures")["cases"]:
        question = {key: case[key] for key in ("key", "statement", "signature")}
        yield Ask("verify", case["name"], question, {"valid": case["valid"]})


def hybrids() -> Iterator[Ask]:
    for case in load("hybrid"):
        question = {"previous": case["previous"], "wall": case["wall"]}
        yield Ask(
            "hybrid", case["name"], question, {"hybrid": case["hybrid"], "in_header": case["in_header"]}
        )


def receipts() -> Iterator[Ask]:
    for case in load("receipts"):
        answer = {"code": case["code"]} | ({"statement": case["statement"]} if "statement" in case else {})
        yield Ask("receipt", case["name"], {"receipt": case["receipt"]}, answer)


def merges() -> Iterator[Ask]:
    for case in load("merge"):
        question = {key: case[key] for key in ("policy", "facts", "authority", "forks")}
        answer = {key: case[key] for key in ("winner", "heads", "conflict")}
        yield Ask("merge", case["name"], question, answer)
        if len(case["facts"]) > 1:
            turned = question | {"facts": case["facts"][::-1]}
            yield Ask("merge", case["name"] + ", the other way round", turned, answer)


def runs() -> Iterator[Ask]:
    for case in load("runs"):
        answer = {"codes": case["codes"], "ops": case["ops"]}
        yield Ask("runs", case["name"], {"runs": case["runs"]}, answer)


def requests() -> Iterator[Ask]:
    for case in load("requests"):
        question = {key: case[key] for key in ("here", "gzip", "signature")}
        yield Ask("request", case["name"], question, {"code": case["code"], "ops": case["ops"]})


def bundles() -> Iterator[Ask]:
    for case in load("bundles"):
        answer = {"code": case["code"], "ops": case["ops"]}
        yield Ask("bundle", case["name"], {"file": case["file"]}, answer)


def load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
