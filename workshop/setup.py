"""The first ops of a new campus, and of a workshop that joins it."""

from sync import Change, Draft
from sync.errors import MessageError
from sync.ops import unb64
from sync.signing import device_id
from workshop.admission import COMMON, SYSTEM
from workshop.problems import Problem
from workshop.site import Site


def begin_campus(site: Site, name_en: str, name_zh: str) -> None:
    """The campus states itself, its certificate rule and its counting rule."""
    own = {"name": name_en, "key": site.key.public, "kind": "campus", "site": COMMON, "enrolled": True}
    names = {"name_en": name_en, "name_zh": name_zh, "role": "campus", "tz_minutes": site.tz_minutes}
    rule = {
        "version": 1,
        "title_en": "Certificate of Completion",
        "title_zh": "结业证书",
        "min_attendance_bp": 8000,
        "need_all_critical": True,
    }
    counting = {"version": 1, "min_share_bp": 5000, "basis": "class"}
    first = [
        Change("site", site.code, names),
        Change("device", site.device, own),
        Change("certificate_rule", "standard-1", rule),
        Change("counting_rule", "half-1", counting),
    ]
    site.record_many([Draft(SYSTEM, "site.begin", [change], COMMON) for change in first])


def join_workshop(campus: Site, key: str, code: str, name_en: str, name_zh: str, tz_minutes: int) -> str:
    """The campus takes a workshop's server in; its device id. Raises Problem("bad_key")."""
    kind, _, text = key.partition(":")
    try:
        if kind != "ed25519":
            raise MessageError("bad_message")
        unb64(text, 32)
    except MessageError as error:
        raise Problem("bad_key", 422) from error
    device = device_id(key)
    names = {"name_en": name_en, "name_zh": name_zh, "role": "workshop", "tz_minutes": tz_minutes}
    server = {"name": name_en, "key": key, "kind": "workshop", "site": code, "enrolled": True}
    campus.record(
        actor=SYSTEM,
        intent="site.join",
        changes=[Change("site", code, names), Change("device", device, server)],
        part=COMMON,
    )
    return device
