"""Rules of erasure: what a person types to confirm, and which reasons there are. Pure."""

from datetime import date

from workshop.privacy.records import REASONS


def is_confirmed(typed: str, number: str, person: str) -> bool:
    """The number in the register was typed, or the id of somebody who has none. Spaces and case do not count."""
    return "".join(typed.split()).casefold() == "".join((number or person).split()).casefold()


def is_reason(text: str) -> bool:
    return text in REASONS


def is_past_day(text: str, today: str) -> bool:
    """A day as a form sends it, not in the future."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len(today) and text <= today
