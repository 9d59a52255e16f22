"""The campus's key that signs certificates: made and stated at its first use, and never twice for one log. Signs nothing."""

from sqlite_utils import Database

from sync import Change
from sync.errors import StoreError
from sync.signing import PrivateKey
from workshop.admission import COMMON, SYSTEM
from workshop.certificates import queries
from workshop.courses.queries import local_day
from workshop.folder import ISSUER_KEY
from workshop.site import Site


def issuer_key(site: Site, db: Database) -> PrivateKey:
    """The campus's own signing key for certificates, apart from the one that signs records. Call within `site.writing()`.

    Raises StoreError("issuer_key_elsewhere") on a node of a shared log whose records name another node's key: with a second key the
    certificates of one campus would be signed by two.
    """
    path = site.folder / ISSUER_KEY
    stated = {
        row[0] for row in db.execute("select key from rm_issuer where part = 'common' and key is not null")
    }
    if site.log_url and stated and not path.exists():
        raise StoreError("issuer_key_elsewhere", path=str(path))
    key = PrivateKey.load_or_create(path)
    if key.public in stated:
        return key
    if site.log_url and stated:
        raise StoreError("issuer_key_elsewhere", path=str(path))
    en, zh = queries.campus_names(db)
    today = local_day(site.now(), site.tz_minutes)
    fields = {"name_en": en, "name_zh": zh, "key": key.public, "from_day": today, "revoked": False}
    change = Change("issuer", key.device, fields)
    site.record(actor=SYSTEM, intent="issuer.begin", changes=[change], part=COMMON)
    return key
