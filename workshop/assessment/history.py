"""The history of an attempt in words: who did what, when, on which device. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from workshop.assessment import log
from workshop.assessment.log import OpRow
from workshop.assessment.people import local_time, tz_minutes
from workshop.assessment.queries import AttemptRow, Rubric
from workshop.courses import queries as courses
from workshop.site import Site


@dataclass(frozen=True)
class Act:
    """One line of a history: `when` by the clock of the device, `received` by that of this server."""

    what: tuple[str, ...]
    who: str
    device: str
    when: str
    received: str


def told(site: Site, part: str, attempt: AttemptRow, rubric: Rubric, lang: str) -> list[Act]:
    """Oldest first."""
    names, devices = courses.staff_names(site.db, part), _device_names(site, part)
    tz = tz_minutes(site, part)
    found = []
    for row in log.history(site.db, part, attempt.id):
        device = devices.get(row.device, row.device)
        found.append(
            Act(
                what=tuple(_what(row, attempt.id, rubric, lang)),
                who=names.get(row.actor, (row.actor, row.actor))[lang == "zh"],
                device=_("%(device)s, by a form", device=device) if row.via == "form" else device,
                when=local_time(row.wall, tz),
                received=local_time(row.received_at, tz),
            )
        )
    return found


def _what(row: OpRow, attempt_id: str, rubric: Rubric, lang: str) -> list[str]:
    texts = {step.id: step.text(lang) for step in rubric.steps}
    found = []
    for record, fields in row.changes.items():
        if record == attempt_id:
            found += _of_attempt(fields)
        elif record.startswith(attempt_id + "."):
            step = record.split(".")[1]
            found.append(_of_step(texts.get(step, step), fields))
    return found


def _of_attempt(fields: Mapping[str, Any]) -> list[str]:
    found = []
    if "started_at" in fields:
        found.append(_("Test begun as a correction") if fields.get("replaces") else _("Test begun"))
    if "result" in fields:
        words = {
            "competent": _("Signed off: competent"),
            "not_yet": _("Signed off: not yet competent"),
            "open": _("Signed off: open"),
        }
        found.append(words[fields["result"]["outcome"]])
    if "void" in fields:
        found.append(_("Declared void: %(reason)s", reason=fields["void"]["reason"]))
    return found


def _of_step(text: str, fields: Mapping[str, Any]) -> str:
    words = {"yes": _("Yes"), "no": _("No"), "not_seen": _("Not seen")}
    result = words.get(fields.get("result") or "", _("Not recorded"))
    remark = fields.get("remark")
    if remark:
        return str(_("%(step)s: %(result)s – %(remark)s", step=text, result=result, remark=remark))
    return str(_("%(step)s: %(result)s", step=text, result=result))


def _device_names(site: Site, part: str) -> dict[str, str]:
    rows = site.db.query("select id, name from rm_device where part in (?, 'common')", (part,))
    return {row["id"]: row["name"] or row["id"] for row in rows}
