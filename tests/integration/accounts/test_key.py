"""A site whose key is gone must not quietly become another device."""

from pathlib import Path

import pytest

from sync import StoreError
from workshop.site import KEY, Site


def test_a_missing_key_is_told_and_no_new_one_is_made(tmp_path: Path) -> None:
    site = Site.create(tmp_path / "s", "mbale", "workshop")
    device = site.device
    site.close()
    kept = (tmp_path / "s" / KEY).read_bytes()
    (tmp_path / "s" / KEY).unlink()
    with pytest.raises(StoreError) as refused:
        Site(tmp_path / "s")
    assert refused.value.code == "key_missing"
    assert not (tmp_path / "s" / KEY).exists()
    (tmp_path / "s" / KEY).write_bytes(kept)
    again = Site(tmp_path / "s")
    assert again.device == device
    again.close()
