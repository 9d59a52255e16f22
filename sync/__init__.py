"""Reconciliation of signed logs: ops, chains, merge, exchange, bundles.

Importable alone. Knows no Flask, and no clock, carrier or storage but those it is given.
"""

from sync.errors import (
    AdmissionError,
    BundleError,
    CarrierError,
    MessageError,
    RunRefused,
    StoreError,
    SyncError,
)
from sync.node import Draft, Node
from sync.ops import Change, Header
from sync.records import Fields, RecordType, Registry
from sync.signing import PrivateKey

__all__ = [
    "AdmissionError",
    "BundleError",
    "CarrierError",
    "Change",
    "Draft",
    "Fields",
    "Header",
    "MessageError",
    "Node",
    "PrivateKey",
    "RecordType",
    "Registry",
    "RunRefused",
    "StoreError",
    "SyncError",
]
