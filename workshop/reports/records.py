"""The counting rule of the training report (口径): data, so that a college chooses it and prints it under its table."""

from typing import Literal

from msgspec import UNSET, UnsetType

from sync import Fields, RecordType


class CountingRuleFields(Fields):
    """`min_share_bp`: the share of a class's held sessions that a person must have attended, in basis points."""

    version: int | UnsetType = UNSET
    min_share_bp: int | UnsetType = UNSET
    basis: Literal["class", "session", "day"] | UnsetType = UNSET


counting_rule = RecordType("counting_rule", CountingRuleFields, parts="common", writers=frozenset({"admin"}))

RECORDS = (counting_rule,)
