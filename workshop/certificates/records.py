"""Certificates: the rule, a class's batch with its frozen facts, the two approvals, and what was issued."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from sync import Fields, RecordType


class CertificateRuleFields(Fields):
    """The rule is data. `min_attendance_bp` in basis points: 8000 is 80 %."""

    version: int | UnsetType = UNSET
    title_en: str | UnsetType = UNSET
    title_zh: str | UnsetType = UNSET
    min_attendance_bp: int | UnsetType = UNSET
    need_all_critical: bool | UnsetType = UNSET


class IssuerFields(Fields):
    """An entry of the trust list: whose signature a certificate may carry, and in which days."""

    name_en: str | UnsetType = UNSET
    name_zh: str | UnsetType = UNSET
    key: str | UnsetType = UNSET
    from_day: str | UnsetType = UNSET
    to_day: str | UnsetType | None = UNSET
    revoked: bool | UnsetType = UNSET


class BatchFields(Fields):
    """`people` lists the trainees proposed; `facts_hash` freezes what was known of them."""

    class_id: str | UnsetType = UNSET
    rule_id: str | UnsetType = UNSET
    people: list[str] | UnsetType = UNSET
    facts_hash: str | UnsetType = UNSET


class ApprovalFields(Fields):
    decision: Literal["approved", "refused"] | UnsetType = UNSET
    facts_hash: str | UnsetType = UNSET
    comment: str | UnsetType | None = UNSET


class CertificateFields(Fields):
    """`facts` are frozen at issue; `code` is the text of the QR code. A withdrawn one stays listed."""

    batch_id: str | UnsetType = UNSET
    trainee_id: str | UnsetType = UNSET
    facts: dict[str, Any] | UnsetType = UNSET
    code: str | UnsetType = UNSET
    status_index: int | UnsetType = UNSET
    status: Literal["issued", "withdrawn"] | UnsetType = UNSET
    reason: str | UnsetType | None = UNSET


class GoneWorkshopFields(Fields):
    """After a campus was put back from a backup: a workshop that will not bring back what it had, and why. `year`,
    `last_number`, `status_index`: up to where numbers may have been given out, and are given no more.
    """

    reason: str | UnsetType = UNSET
    year: int | UnsetType = UNSET
    last_number: int | UnsetType = UNSET
    status_index: int | UnsetType = UNSET


class SignedListFields(Fields):
    """A list signed by the home campus (trust.py), its text cut into pieces that a field can hold."""

    body: list[str] | UnsetType = UNSET
    key: str | UnsetType = UNSET
    sig: str | UnsetType = UNSET


def _without_name(facts: Any) -> Any:
    return facts | {"name": "", "name_zh": ""} if isinstance(facts, dict) else {}


def _no_code(_code: Any) -> str:
    """The signed text carries the name, and cannot be without it."""
    return ""


STAFF = frozenset({"admin", "instructor", "reviewer", "supervisor"})

certificate_rule = RecordType(
    "certificate_rule", CertificateRuleFields, parts="common", writers=frozenset({"admin"})
)
issuer = RecordType("issuer", IssuerFields, parts="common", writers=frozenset({"admin"}))
certificate_batch = RecordType(
    "certificate_batch",
    BatchFields,
    policies=dict.fromkeys(("class_id", "rule_id", "people", "facts_hash"), "once"),
    writers=STAFF,
    indexes=(("class_id",),),
)
approval = RecordType(
    "approval",
    ApprovalFields,
    pieces=("batch_id", "side"),
    groups={"vote": ("decision", "facts_hash", "comment")},
    writers=STAFF,
)
certificate = RecordType(
    "certificate",
    CertificateFields,
    policies=dict.fromkeys(("batch_id", "trainee_id", "facts", "code", "status_index"), "once"),
    groups={"standing": ("status", "reason")},
    personal=frozenset({"facts", "code", "reason"}),
    subject=("trainee_id", "id"),
    without={"facts": _without_name, "code": _no_code},
    writers=frozenset({"admin", "reviewer", "supervisor"}),
    server_only=True,
    indexes=(("trainee_id",), ("batch_id",)),
)
signed_list = RecordType(
    "signed_list",
    SignedListFields,
    parts="common",
    groups={"list": ("body", "key", "sig")},
    policies={"list": "latest"},
    writers=frozenset({"admin"}),
    server_only=True,
)

gone_workshop = RecordType(
    "gone_workshop",
    GoneWorkshopFields,
    pieces=("epoch", "device"),
    parts="common",
    groups={"word": ("reason", "year", "last_number", "status_index")},
    policies={"word": "latest"},
    writers=frozenset({"admin"}),
    server_only=True,
)

RECORDS = (certificate_rule, issuer, certificate_batch, approval, certificate, signed_list, gone_workshop)
