"""What other programs may import, and what the package itself must not."""

import subprocess
import sys

import sync

PUBLIC = [
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


def test_the_public_names_are_these() -> None:
    assert sorted(sync.__all__) == PUBLIC
    assert all(hasattr(sync, name) for name in PUBLIC)


def test_sync_stands_alone() -> None:
    """In a fresh interpreter, all of the package brings neither a web framework nor the application with it."""
    code = (
        "import importlib, pkgutil, sys, sync\n"
        "for found in pkgutil.iter_modules(sync.__path__): importlib.import_module('sync.' + found.name)\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert "msgspec" in loaded
    assert not loaded & {"flask", "flask_babel", "werkzeug", "jinja2", "waitress", "workshop"}


def test_every_error_is_one_of_the_tree() -> None:
    errors = [getattr(sync, name) for name in PUBLIC if isinstance(getattr(sync, name), type)]
    errors = [found for found in errors if issubclass(found, Exception)]
    assert len(errors) == 7
    for found in errors:
        assert issubclass(found, sync.SyncError)
        assert found("some_code", seq=1).data == {"seq": 1}
