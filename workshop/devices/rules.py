"""What is said about devices; pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Enrolment:
    """How far a device's enrolment is; `code` is what the person with the tablet reads out."""

    device: str
    state: str
    code: str | None
