"""The cast of the certificate tests: the home campus that signs lists, the workshop that issues, Mallory who would like to."""

import pytest

from sync.signing import PrivateKey
from workshop.certificates.code import Payload
from workshop.certificates.serial import make_serial
from workshop.certificates.trust import Issuer, Trust, Withdrawn, open_trust, sign_trust, sign_withdrawn

CAMPUS = PrivateKey(b"c" * 32)
WORKSHOP = PrivateKey(b"w" * 32)
MALLORY = PrivateKey(b"m" * 32)
SERIAL = make_serial("LBW-UG", 2026, 1)
WITHDRAWN = make_serial("LBW-UG", 2026, 2)
REPLACED = make_serial("LBW-UG", 2026, 3)


@pytest.fixture
def payload() -> Payload:
    return Payload(
        serial=SERIAL,
        name="Ŋora Ng'ang'a",
        name_zh="欧阳娜",
        course="PLC-01",
        title_en="Programmable Logic Controllers",
        title_zh="可编程控制器",
        hours=40,
        grade="competent",
        day="2026-08-01",
        status_index=1,
        facts=bytes(range(16)),
    )


@pytest.fixture
def issuer() -> Issuer:
    return Issuer("Uganda Luban Workshop", "乌干达鲁班工坊", WORKSHOP.public, "2026-01-01", "2027-12-31")


@pytest.fixture
def trust(issuer: Issuer) -> Trust:
    entries = [Withdrawn(WITHDRAWN, "2026-09-01"), Withdrawn(REPLACED, "2026-09-02", "replaced")]
    return open_trust(
        sign_trust([issuer], "2026-09-10", CAMPUS),
        sign_withdrawn(entries, "2026-09-11", CAMPUS),
        CAMPUS.public,
    )
