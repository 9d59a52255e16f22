"""Writes the worked cases of docs/reference/wire-format.md as JSON, the same bytes every time. Run: python tests/vectors/make.py

Python and JavaScript read the same files; whoever writes another client starts here.
"""

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from sync import Change, PrivateKey, ops  # noqa: E402
from sync.author import Author  # noqa: E402
from sync.messages import encode_receipt  # noqa: E402
from sync.ops import Header, b64  # noqa: E402
from sync.receipts import give_receipt  # noqa: E402
from sync.signing import device_id  # noqa: E402
from sync.wire import Run  # noqa: E402
from tests.vectors.make_files import bundle_cases, request_cases  # noqa: E402

WALL = 1_763_719_200_000
TABLET = PrivateKey(bytes(range(32)))
WORKSHOP = PrivateKey(bytes(range(32, 64)))
STRANGER = PrivateKey(bytes(range(64, 96)))
P256_KEY = "p256:BN1oTRsRSI54ZBjmLaDzVa8f0JO04u7fv0AmJEvmBrQCpPMMPSbnnSOUAp_HhmTZdJrzbypGQLczAZnNBg7aeeQ"
P256_SIGNATURE = "rL4xddvhh3_ztGlPPLPjrZL1QCvGpT-il4ICHZAAkC-Kr8jGmAa-JRmBaUfHNuAUgIjLDKiFegsb1F9Llx1qwQ"
"""Made once over the head of the chain below: ECDSA signatures are never the same twice."""

BODIES: list[list[Change]] = [
    [Change("attendance", "T01.3.p1", {"status": "present", "minutes": None})],
    [
        Change("attendance", "T01.3.p2", {"status": "late", "minutes": 15}),
        Change("attendance", "T01.3.p3", {"status": "absent", "minutes": None}, ("AAAAAAAAAAAAAAAA",)),
    ],
    [
        Change(
            "trainee",
            "t2f9xkq3ab",
            {"name": "Okot Dağ 𝄞", "name_zh": "奥科特·钢丝绳\n“鲁班工坊”", "sex": "m"},
        )
    ],
]


def author(epoch: str = "aaaaaaaa", key: PrivateKey = TABLET) -> Author:
    """The tablet, with three ops of which the third was made while the clock stood still."""
    walls = iter([WALL, WALL + 1500, WALL + 1500, *range(WALL + 5000, WALL + 9000, 1000)])
    made = Author(key, epoch, lambda: next(walls), tz=180)
    for body in BODIES:
        made.record("mbale", "sakello", "attendance.mark", body)
    return made


def all_vectors() -> dict[str, Any]:
    return {
        "ops": ops_cases(),
        "chains": chain_cases(),
        "signatures": signature_cases(),
        "runs": run_cases(),
        "receipts": receipt_cases(),
        "hybrid": hybrid_cases(),
        "merge": merge_cases(),
        "requests": request_cases(author(), STRANGER),
        "bundles": bundle_cases(author()),
    }


def ops_cases() -> dict[str, Any]:
    [run] = author().runs("mbale")
    good = []
    for (header, body), changes in zip(run.lines, BODIES, strict=True):
        told = [[c.type, c.id, c.fields, *([list(c.base)] if c.base else [])] for c in changes]
        digest = ops.body_hash(body)
        good.append(
            {
                "header": header.decode(),
                "header_object": json.loads(header),
                "body": body.decode(),
                "changes": told,
                "body_hash": b64(digest),
                "erased_body": ops.erased_line(digest).decode(),
            }
        )
    head = json.loads(run.lines[0][0])

    def header(**other: Any) -> str:
        return json.dumps(head | other, separators=(",", ":"))

    deep = "[" * 17 + "]" * 17
    bad_headers = [
        ("no JSON", "{", "bad_message"),
        ("no object", "[]", "bad_message"),
        ("seq 0", header(seq=0), "bad_message"),
        ("seq is text", header(seq="1"), "bad_message"),
        ("seq is a float", header(seq=1.5), "bad_message"),
        ("wall is beyond what JavaScript keeps", header(wall=2**53), "bad_message"),
        ("hybrid time is beyond what JavaScript keeps", header(hlc=2**53), "bad_message"),
        ("no device id", header(dev="tablet"), "bad_message"),
        ("epoch in capitals", header(ep="AAAAAAAA"), "bad_message"),
        ("part with a slash", header(part="mbale/x"), "bad_message"),
        ("actor missing", json.dumps({k: v for k, v in head.items() if k != "actor"}), "bad_message"),
        ("half a character", header(actor="x")[:-2] + '\\ud800"}', "bad_message"),
        ("too long", header(actor="x" * 1024), "op_too_large"),
    ]
    bad_bodies = [
        ("no array", '{"a":1}', "bad_fields"),
        ("no change", "[]", "bad_fields"),
        ("a change without fields", '[["attendance","a"]]', "bad_fields"),
        ("NaN", '[["attendance","a",{"x":NaN}]]', "bad_fields"),
        ("half a character", '[["attendance","a",{"x":"\\ud800"}]]', "bad_fields"),
        ("too deep", f'[["attendance","a",{{"x":{deep}}}]]', "bad_fields"),
        ("too many changes", "[" + ",".join(['["a","b",{"c":1}]'] * 201) + "]", "bad_fields"),
    ]
    return {
        "good": good,
        "bad_headers": [{"name": n, "header": h, "code": c} for n, h, c in bad_headers],
        "bad_bodies": [{"name": n, "body": b, "code": c} for n, b, c in bad_bodies],
    }


def chain_cases() -> list[dict[str, Any]]:
    plain = author()
    [run] = plain.runs("mbale")
    erased = [*run.lines[:2], (run.lines[2][0], ops.erased_line(ops.body_hash(run.lines[2][1])))]
    twin = plain.clone()
    plain.record("mbale", "sakello", "attendance.mark", BODIES[0])
    twin.record("mbale", "sakello", "attendance.mark", BODIES[1])
    return [
        _chain("three ops", run.chain, run.lines),
        _chain("the third body erased: the same links", run.chain, erased),
        _chain("fork, one branch", run.chain, plain.runs("mbale")[0].lines),
        _chain("fork, other branch: the same number, another link", run.chain, twin.runs("mbale")[0].lines),
        _chain("another part: another first link", (*run.chain[:2], "common"), []),
    ]


def _chain(name: str, chain: ops.ChainName, lines: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    links = [ops.first_link(chain)]
    for header, body in lines:
        links.append(ops.next_link(links[-1], header, ops.body_hash(body)))
    return {
        "name": name,
        "chain": list(chain),
        "lines": [[header.decode(), body.decode()] for header, body in lines],
        "links": [b64(link) for link in links],
        "op_ids": [ops.op_id(link) for link in links[1:]],
        "head_statement": ops.head_statement(chain, len(lines), links[-1]).decode(),
    }


def signature_cases() -> dict[str, Any]:
    chain = (device_id(P256_KEY), "cccccccc", "mbale")
    header = Header(
        v=1, dev=chain[0], ep=chain[1], part=chain[2], seq=1, wall=WALL, tz=180,
        actor="pakello01", intent="attendance.mark",
    )  # fmt: skip
    link = ops.next_link(
        ops.first_link(chain), ops.encode_header(header), ops.body_hash(ops.encode_body(BODIES[0]))
    )
    statement = ops.head_statement(chain, 1, link).decode()
    said = ops.head_statement((TABLET.device, "aaaaaaaa", "mbale"), 1, bytes(32)).decode()
    good = b64(TABLET.sign(said.encode()))
    cases = [
        ("Ed25519", TABLET.public, said, good, True),
        ("P-256", P256_KEY, statement, P256_SIGNATURE, True),
        ("Ed25519, another statement", TABLET.public, said + " ", good, False),
        ("Ed25519, another key", STRANGER.public, said, good, False),
        ("Ed25519, one bit changed", TABLET.public, said, _flipped(good), False),
        ("P-256, another statement", P256_KEY, said, P256_SIGNATURE, False),
        ("P-256, one bit changed", P256_KEY, statement, _flipped(P256_SIGNATURE), False),
        ("a kind of key that nobody knows", "rsa:" + TABLET.public[8:], said, good, False),
        ("a key of the wrong length", TABLET.public[:-4], said, good, False),
    ]
    keys = [TABLET.public, WORKSHOP.public, STRANGER.public, P256_KEY]
    return {
        "devices": [{"key": key, "device": device_id(key)} for key in keys],
        "seeds": [{"seed": b64(bytes(range(32))), "key": TABLET.public}],
        "cases": [
            {"name": n, "key": k, "statement": m, "signature": s, "valid": v} for n, k, m, s, v in cases
        ],
    }


def _flipped(text: str) -> str:
    data = bytearray(ops.unb64(text))
    data[40] ^= 1
    return b64(bytes(data))


def run_cases() -> list[dict[str, Any]]:
    """Each case is a fresh store that is given runs in order; `codes` say what comes of each, null when it was taken."""
    made = author()
    [whole], [first], [rest] = made.runs("mbale"), made.runs("mbale", 0, 1), made.runs("mbale", 1)
    twin = made.clone()
    made.record("mbale", "sakello", "attendance.mark", BODIES[0])
    twin.record("mbale", "sakello", "attendance.mark", BODIES[1])
    [here], [there] = made.runs("mbale", 3), twin.runs("mbale", 3)
    stranger = _changed(whole, signature=STRANGER.sign(b""), key=STRANGER.public)
    other_key = _changed(whole, key=STRANGER.public)
    unsigned = _changed(whole, signature=bytes(64))
    touched = _changed(whole, lines=[(whole.lines[0][0], whole.lines[1][1]), *whole.lines[1:]])
    erased = _changed(
        whole,
        lines=[*whole.lines[:2], (whole.lines[2][0], ops.erased_line(ops.body_hash(whole.lines[2][1])))],
    )
    moved = _changed(rest, start=3)
    cases: list[tuple[str, list[Run], list[str | None], int]] = [
        ("one run", [whole], [None], 3),
        ("two runs", [first, rest], [None, None], 3),
        ("the same again is nothing new", [whole, whole, first], [None, None, None], 3),
        ("an erased body", [erased], [None], 3),
        ("a gap; then what was missing, and again", [rest, first, rest], ["chain_gap", None, None], 3),
        ("a fork: both branches stay", [whole, here, there], [None, None, None], 5),
        ("a key that is not the device's", [other_key], ["bad_signature"], 0),
        ("a stranger's signature", [stranger], ["bad_signature"], 0),
        ("no signature", [unsigned], ["bad_signature"], 0),
        ("a body that was touched", [touched], ["chain_mismatch"], 0),
        ("numbers that do not fit the headers", [first, moved], [None, "bad_message"], 1),
    ]
    return [
        {"name": name, "runs": [run.encode().decode() for run in runs], "codes": codes, "ops": count}
        for name, runs, codes, count in cases
    ]


def _changed(run: Run, **other: Any) -> Run:
    fields = {
        "chain": run.chain,
        "start": run.start,
        "link": run.link,
        "signature": run.signature,
        "key": run.key,
        "lines": run.lines,
    }
    return Run(**(fields | other))


def receipt_cases() -> list[dict[str, Any]]:
    chain = (TABLET.device, "aaaaaaaa", "mbale")
    link = author().link("mbale", 3) or b""
    good = encode_receipt(give_receipt(WORKSHOP, "workshop", chain, 3, link, WALL))
    cases = [
        ("good", good, None),
        ("another number", good | {"seq": 4}, "bad_receipt"),
        ("another link", good | {"link": b64(bytes(32))}, "bad_receipt"),
        ("another time", good | {"at": WALL + 1}, "bad_receipt"),
        ("another role", good | {"role": "campus"}, "bad_receipt"),
        ("another signer", good | {"by": STRANGER.device}, "bad_receipt"),
        ("a stranger's key under the signer's name", good | {"key": STRANGER.public}, "bad_receipt"),
        ("number 0", good | {"seq": 0}, "bad_receipt"),
        ("a tablet gives no receipts", good | {"role": "tablet"}, "bad_receipt"),
        ("link too short", good | {"link": "AAAA"}, "bad_receipt"),
        ("no signature", {k: v for k, v in good.items() if k != "sig"}, "bad_receipt"),
    ]
    statement = give_receipt(WORKSHOP, "workshop", chain, 3, link, WALL).statement().decode()
    return [
        {"name": name, "receipt": receipt, "code": code, **({"statement": statement} if code is None else {})}
        for name, receipt, code in cases
    ]


def hybrid_cases() -> list[dict[str, Any]]:
    cases = [
        ("the first op", 0, WALL, WALL * 1000),
        ("the clock went on", WALL * 1000, WALL + 1, WALL * 1000 + 1000),
        ("the clock stands still", WALL * 1000, WALL, WALL * 1000 + 1),
        ("the clock was set back three years", WALL * 1000, WALL - 94_608_000_000, WALL * 1000 + 1),
        ("a tablet that starts in 1970", 0, 5_000, 5_000_000),
    ]
    return [
        {"name": n, "previous": p, "wall": w, "hybrid": h, "in_header": h != w * 1000} for n, p, w, h in cases
    ]


def _fact(op: str, chain: int, seq: int, time: int, value: str, **other: Any) -> dict[str, Any]:
    """One op's change of one group; ids and devices are short here, as merge only compares them."""
    fact = {"op": op, "chain": chain, "seq": seq, "time": time, "device": f"d{chain}", "actor": "pna"}
    return fact | {"intent": "attendance.mark", "value": value, "base": []} | other


def merge_cases() -> list[dict[str, Any]]:
    """`forks` is {branch: [parent, fork_at]}. A fact lies before another on its own chain, or on the parent's below `fork_at`."""
    a = _fact("a", 1, 1, 100, "present")
    b = _fact("b", 2, 1, 200, "absent")
    decided = _fact("c", 3, 1, 300, "late", base=["a", "b"], intent="conflict.decide")
    undone = _fact("u", 3, 2, 400, "late", base=["c"], intent="conflict.undo")
    cases: list[tuple[str, str, list[dict[str, Any]], dict[str, Any]]] = [
        ("one value", "register", [a], {}),
        ("two that do not know each other: later time wins for now", "register", [a, b], {}),
        ("equal values merge in silence", "register", [a, b | {"value": "present"}], {}),
        ("an edit in view of both, by a slow clock", "register", [a, b, _fact("c", 3, 1, 5, "late", base=["a", "b"])], {}),
        ("a later op of the same chain, by a clock set back", "register", [a, _fact("c", 1, 2, 5, "late")], {}),
        ("authority wins for now", "register", [a | {"actor": "pak"}, b], {"authority": "pak"}),
        ("authority says nothing where all agree", "register", [a | {"actor": "pak"}, b | {"value": "present"}], {"authority": "pak"}),
        ("equal times: the higher device, then the higher op", "register", [a, b | {"time": 100}], {}),
        ("both branches of a fork stand", "register", [_fact("c", 1, 5, 300, "late"), _fact("d", 9, 5, 200, "excused")], {"forks": {"9": [1, 5]}}),
        ("what lies before the fork is replaced by either branch", "register", [a, _fact("d", 9, 5, 200, "excused")], {"forks": {"9": [1, 5]}}),
        ("base names an op that is not here", "register", [a | {"base": ["z"]}, b], {}),
        ("once: the first stands, another is a conflict", "once", [a, b], {}),
        ("once: an edit does not replace", "once", [a, _fact("c", 1, 2, 300, "late", base=["a"])], {}),
        ("once: a decision replaces", "once", [a, b, _fact("c", 3, 1, 300, "late", base=["a", "b"], intent="conflict.decide")], {}),
        ("once: a decision stands before what it did not know", "once", [a, b, _fact("c", 3, 1, 300, "late", base=["b"], intent="conflict.decide")], {}),
        ("an undo: what was decided is open again", "register", [a, b, decided, undone], {}),
        ("an undo without its decision changes nothing", "register", [a, b, undone], {}),
        ("an undo of a decision that somebody built on changes nothing", "register", [a, b, decided, _fact("e", 5, 1, 500, "excused", base=["c"]), undone], {}),
        ("an undo takes back decisions only", "register", [a, b, _fact("c", 3, 1, 300, "late", base=["a", "b"]), undone], {}),
        ("an undo that knew one of two decisions leaves the other", "register", [a, b, decided, _fact("e", 5, 1, 500, "excused", base=["a", "b"], intent="conflict.decide"), undone], {}),
        ("decided again after an undo", "register", [a, b, decided, undone, _fact("e", 3, 3, 500, "excused", base=["a", "b"], intent="conflict.decide")], {}),
        ("two decisions in a row: the undo of the second brings the first back", "register", [a, b, decided, _fact("e", 5, 1, 500, "excused", base=["c"], intent="conflict.decide"), _fact("u", 5, 2, 600, "excused", base=["e"], intent="conflict.undo")], {}),
        ("two decisions in a row, both taken back", "register", [a, b, decided, _fact("e", 5, 1, 500, "excused", base=["c"], intent="conflict.decide"), _fact("u", 5, 2, 600, "excused", base=["c", "e"], intent="conflict.undo")], {}),
        ("an undo never makes a value vanish", "register", [decided, undone], {}),
        ("an undo alone says what it takes back", "register", [undone], {}),
        ("an undo that names nothing is an edit", "register", [a, _fact("u", 1, 2, 5, "late", intent="conflict.undo")], {}),
        ("once: an undo opens the conflict again", "once", [a, b, decided, undone], {}),
        ("latest: the later time, no conflict", "latest", [a, b], {}),
        ("latest: an edit in view of the other wins against the clock", "latest", [b, _fact("c", 3, 1, 5, "late", base=["b"])], {}),
    ]  # fmt: skip
    expected: dict[str, tuple[str, list[str], bool]] = {
        "one value": ("a", ["a"], False),
        "two that do not know each other: later time wins for now": ("b", ["a", "b"], True),
        "equal values merge in silence": ("b", ["a", "b"], False),
        "an edit in view of both, by a slow clock": ("c", ["c"], False),
        "a later op of the same chain, by a clock set back": ("c", ["c"], False),
        "authority wins for now": ("a", ["a", "b"], True),
        "authority says nothing where all agree": ("b", ["a", "b"], False),
        "equal times: the higher device, then the higher op": ("b", ["a", "b"], True),
        "both branches of a fork stand": ("c", ["c", "d"], True),
        "what lies before the fork is replaced by either branch": ("d", ["d"], False),
        "base names an op that is not here": ("b", ["a", "b"], True),
        "once: the first stands, another is a conflict": ("a", ["a", "b"], True),
        "once: an edit does not replace": ("a", ["a", "c"], True),
        "once: a decision replaces": ("c", ["c"], False),
        "once: a decision stands before what it did not know": ("c", ["a", "c"], True),
        "an undo: what was decided is open again": ("b", ["a", "b"], True),
        "an undo without its decision changes nothing": ("b", ["a", "b"], True),
        "an undo of a decision that somebody built on changes nothing": ("e", ["e"], False),
        "an undo takes back decisions only": ("c", ["c"], False),
        "an undo that knew one of two decisions leaves the other": ("e", ["e"], False),
        "decided again after an undo": ("e", ["e"], False),
        "two decisions in a row: the undo of the second brings the first back": ("c", ["c"], False),
        "two decisions in a row, both taken back": ("b", ["a", "b"], True),
        "an undo never makes a value vanish": ("c", ["c"], False),
        "an undo alone says what it takes back": ("u", ["u"], False),
        "an undo that names nothing is an edit": ("u", ["u"], False),
        "once: an undo opens the conflict again": ("a", ["a", "b"], True),
        "latest: the later time, no conflict": ("b", ["a", "b"], False),
        "latest: an edit in view of the other wins against the clock": ("c", ["c"], False),
    }
    return [
        {
            "name": name,
            "policy": policy,
            "facts": facts,
            "authority": other.get("authority"),
            "forks": other.get("forks", {}),
            "winner": expected[name][0],
            "heads": expected[name][1],
            "conflict": expected[name][2],
        }
        for name, policy, facts, other in cases
    ]


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    for name, value in all_vectors().items():
        (HERE / f"{name}.json").write_text(text(value), encoding="utf-8")


if __name__ == "__main__":
    main()
