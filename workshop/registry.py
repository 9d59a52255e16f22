"""The ordered list of all record declarations. A new feature adds its line here."""

from sync import Registry
from workshop.accounts import records as accounts
from workshop.assessment import records as assessment
from workshop.attendance import records as attendance
from workshop.certificates import records as certificates
from workshop.courses import records as courses
from workshop.devices import records as devices
from workshop.privacy import records as privacy
from workshop.reports import records as reports
from workshop.review import records as review

REGISTRY = Registry(
    (
        *devices.RECORDS,
        *accounts.RECORDS,
        *courses.RECORDS,
        *attendance.RECORDS,
        *assessment.RECORDS,
        *review.RECORDS,
        *reports.RECORDS,
        *certificates.RECORDS,
        *privacy.RECORDS,
    )
)
