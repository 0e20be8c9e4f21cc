"""What a notice says, in the language and by the clock of who reads it, and where it leads to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.roles import Role
from portal.billing.invoices import amounts
from portal.billing.thresholds.models import Measure
from portal.billing.thresholds.progress import name_of, shown
from portal.billing.usage import months
from portal.notify.kinds import KINDS, OF_ONESELF, Severity
from portal.notify.models import Occurrence
from portal.resources.times import parse_day
from portal.resources.types import TYPES
from portal.ui import links
from portal.ui.details.deletion_timeline import WORDS as STAGE_WORDS
from portal.ui.format import dates, platform_messages


@dataclass(frozen=True, slots=True)
class Said:
    """A notice in words: one line, what else is known (may be empty), and the path of the page about it."""

    title: str
    text: str
    path: str
    severity: Severity


type Words = tuple[str, str]
"""Title and text."""


def say(occurrence: Occurrence, *, reader: int | None = None, with_utc: bool = False) -> Said:
    """For people, in the language and time zone that are active: to the person of that id. `with_utc` beside each time,
    where nothing can be hovered over.
    """
    kind = KINDS[occurrence.kind]
    title, text = WORDS.get(occurrence.kind.split(".")[0], _plain)(occurrence, _Clock(with_utc=with_utc))
    return Said(title, text, path_of(occurrence, reader), kind.severity)


@dataclass(frozen=True, slots=True)
class _Clock:
    """How times are written."""

    with_utc: bool

    def moment(self, written: object) -> str:
        """27 Nov 2026, 03:00; or 27 Nov 2026, 03:00 CET (02:00 UTC); '' for what is no time."""
        try:
            moment = datetime.fromisoformat(str(written))
        except ValueError:
            return ""
        local = dates.full(moment, name_zone=self.with_utc)
        return f"{local} ({moment.astimezone(UTC):%H:%M} UTC)" if self.with_utc else local

    def window(self, data: Mapping[str, Any]) -> str:
        """From when to when, as far as that is known."""
        starts, ends = self.moment(data.get("starts")), self.moment(data.get("ends"))
        return _("%(starts)s to %(ends)s") % {"starts": starts, "ends": ends} if starts and ends else starts


def _plain(occurrence: Occurrence, _clock: _Clock) -> Words:
    kind = KINDS[occurrence.kind]
    return (f"{kind.label}: {occurrence.record}" if occurrence.record else str(kind.label)), ""


# --- changes and machines ---------------------------------------------------------------------------------------------


def _change(occurrence: Occurrence, _clock: _Clock) -> Words:
    data, about = occurrence.data, _about(occurrence)
    texts = {
        "change.done": _("Change %(number)s of %(about)s is done"),
        "change.rejected": _("Change %(number)s of %(about)s was rejected"),
        "change.conflict": _("Change %(number)s of %(about)s is in conflict"),
        "change.parked": _("Change %(number)s of %(about)s needs an API key"),
    }
    return texts[occurrence.kind] % {"number": data["number"], "about": about}, _became(occurrence)


def _became(occurrence: Occurrence) -> str:
    data = occurrence.data
    if occurrence.kind == "change.done":
        return "" if data.get("is_in_force") else _("The platform has accepted it.")
    if occurrence.kind == "change.conflict":
        return _("A field was changed on the platform meanwhile. Choose which value applies.")
    if occurrence.kind == "change.parked":
        group = data.get("key_group", "")
        return _("It is kept, and sent once a manager enters a valid API key for group %(group)s.") % {"group": group}
    return platform_messages.told(str(data.get("answer", "")))


def _about(occurrence: Occurrence) -> str:
    """machine shop01; 12 records."""
    count = int(occurrence.data.get("count", 1))
    if count > 1:
        return ngettext("%(count)s record", "%(count)s records", count) % {"count": count}
    known = TYPES.get(occurrence.type_name)
    return f"{_(known.label)} {occurrence.record}" if known else occurrence.record


def _machine(occurrence: Occurrence, _clock: _Clock) -> Words:
    return _("Machine %(name)s is ready") % {"name": occurrence.record}, _("Its installation is finished.")


# --- maintenance and deletion -----------------------------------------------------------------------------------------


def _maintenance(occurrence: Occurrence, clock: _Clock) -> Words:
    data = occurrence.data
    titles = {
        "maintenance.announced": _("Maintenance of %(machine)s announced: %(starts)s"),
        "maintenance.moved": _("Maintenance of %(machine)s moved to %(starts)s"),
        "maintenance.cancelled": _("Maintenance of %(machine)s cancelled"),
        "maintenance.begun": _("Maintenance of %(machine)s has started"),
        "maintenance.ended": _("Maintenance of %(machine)s is finished"),
    }
    title = titles[occurrence.kind] % {"machine": data.get("machine", ""), "starts": clock.moment(data.get("starts"))}
    text = platform_messages.told(str(data.get("text", "")))
    return title, " ".join(part for part in (*_dates(occurrence, clock), text) if part)


def _dates(occurrence: Occurrence, clock: _Clock) -> tuple[str, ...]:
    data = occurrence.data
    if occurrence.kind == "maintenance.cancelled":
        return (_("It was planned for %(window)s.") % {"window": clock.window(data)},)
    if occurrence.kind == "maintenance.ended":
        result = data.get("result")
        return (_("Result: %(result)s.") % {"result": result},) if result else ()
    was = clock.moment(data.get("was"))
    window = _("Window: %(window)s.") % {"window": clock.window(data)}
    return (window, _("Before, it was to start at %(was)s.") % {"was": was}) if was else (window,)


def _mode(occurrence: Occurrence, clock: _Clock) -> Words:
    title = _("Maintenance mode of group %(group)s ends at %(ends)s")
    ends = clock.moment(occurrence.data.get("ends"))
    return title % {"group": occurrence.record, "ends": ends}, _(
        "After that, the platform’s staff are alerted for it again."
    )


def _deletion(occurrence: Occurrence, _clock: _Clock) -> Words:
    data = occurrence.data
    titles = {
        "deletion.soon": _("Machine %(machine)s is shut down for deletion on %(day)s"),
        "deletion.imminent": _("Machine %(machine)s is shut down for deletion on %(day)s, within a day"),
        "deletion.stage": _("Deletion of machine %(machine)s: %(stage)s"),
    }
    stage = str(STAGE_WORDS.get(data.get("stage", ""), ""))
    title = titles[occurrence.kind] % {"machine": data["machine"], "day": _day(data["deadline"]), "stage": stage}
    return title, "" if occurrence.kind == "deletion.stage" else _("Until then, you can cancel the deletion.")


def _day(written: str) -> str:
    day = parse_day(written)
    return dates.day_words(day, day, with_year=True) if day else written


# --- money ------------------------------------------------------------------------------------------------------------


def _invoice(occurrence: Occurrence, _clock: _Clock) -> Words:
    data = occurrence.data
    month, total, before = months.label(data["month"]), _money(data.get("total")), _money(data.get("before"))
    if occurrence.kind == "invoice.higher":
        title = _("Invoice for %(month)s is much higher than the one before") % {"month": month}
        return title, _("%(total)s before tax; the month before %(before)s.") % {"total": total, "before": before}
    title = _("Invoice for %(month)s is available") % {"month": month}
    return title, _("%(total)s before tax.") % {"total": total} if total else ""


def _limit(occurrence: Occurrence, _clock: _Clock) -> Words:
    if occurrence.kind == "limit.passed":
        return _limit_passed(occurrence)
    data = occurrence.data
    title = _("%(what)s in %(month)s: budget almost reached")
    what, month = name_of(data["measure"], data["group"]), months.label(data["month"])
    value, most = (shown(data["measure"], Decimal(data[name])) for name in ("value", "limit"))
    return title % {"what": what, "month": month}, _("%(value)s of %(most)s.") % {"value": value, "most": most}


def _limit_passed(occurrence: Occurrence) -> Words:
    """As the trail has it: target `traffic shop`, after {month: 2026-11, value: 2000, limit: 1000 B}."""
    measure, _blank, group = str(occurrence.data.get("target", "")).partition(" ")
    after = occurrence.data.get("after", {})
    value, most = (shown(measure, Decimal(after[name].partition(" ")[0])) for name in ("value", "limit"))
    title = _("%(what)s in %(month)s: budget exceeded")
    texts = [_("%(value)s of %(most)s.") % {"value": value, "most": most}]
    if measure == Measure.AMOUNT:
        texts.append(_("This is an estimate until the invoice is available."))
    texts.append(_("Nothing was shut down: a budget only alerts you."))
    return title % {"what": name_of(measure, group), "month": months.label(f"{after['month']}-01")}, " ".join(texts)


def _money(amount: object) -> str:
    parsed = amounts.parse(amount)
    return amounts.money(parsed) if parsed is not None else ""


# --- the platform and people ------------------------------------------------------------------------------------------


def _platform(occurrence: Occurrence, clock: _Clock) -> Words:
    since = clock.moment(occurrence.data.get("since"))
    if occurrence.kind == "platform.back":
        return _("The platform is reachable again"), _("It had been unreachable since %(since)s.") % {"since": since}
    title = _("The platform has been unreachable since %(since)s") % {"since": since}
    return title, _("The portal shows the last known data. Changes are kept and sent once it answers again.")


def _key(occurrence: Occurrence, _clock: _Clock) -> Words:
    title = _("The platform rejects the API key of group %(group)s") % {"group": occurrence.data["target"]}
    return title, _(
        "Its data in the portal is out of date, and its changes wait. Nothing is lost: once a manager enters a valid "
        "key, they are sent in order."
    )


def _webhook(occurrence: Occurrence, _clock: _Clock) -> Words:
    title = _("Webhook %(name)s was turned off") % {"name": occurrence.data["target"]}
    if occurrence.data.get("after", {}).get("why") == "gone":
        return title, _("The endpoint answered that it no longer exists. Send a test to turn it on again.")
    return title, _("Nothing could be delivered for three days. Send a test to turn it on again.")


def _invitation(occurrence: Occurrence, _clock: _Clock) -> Words:
    return _("%(who)s has accepted the invitation") % {"who": occurrence.data["target"]}, _role_words(occurrence)


def _member(occurrence: Occurrence, _clock: _Clock) -> Words:
    who = {"who": occurrence.data["target"], "actor": occurrence.data["who"]}
    by = _("Changed by %(actor)s.") % who if who["actor"] else ""
    is_new = occurrence.data.get("is_new", False)
    title = _("%(who)s was added") % who if is_new else _("The role of %(who)s was changed") % who
    return title, f"{_role_words(occurrence)} {by}".strip()


def _role_words(occurrence: Occurrence) -> str:
    after = occurrence.data.get("after", {})
    role, group = dict(Role.choices).get(after.get("role", ""), ""), after.get("group", "")
    if not role:
        return ""
    if group:
        return _("New role: %(role)s in group %(group)s.") % {"role": role, "group": group}
    return _("New role: %(role)s.") % {"role": role}


def _factor(occurrence: Occurrence, _clock: _Clock) -> Words:
    target, who = occurrence.data["target"], occurrence.data["who"]
    title = _("A two-factor method of %(who)s was removed") % {"who": who or target}
    return title, _("If you did not expect this, contact support.")


def _support(occurrence: Occurrence, _clock: _Clock) -> Words:
    reason = str(occurrence.data.get("after", {}).get("reason", ""))
    title = _("Support staff viewed the portal as %(who)s") % {"who": occurrence.data["target"]}
    return title, _("Reason: %(reason)s") % {"reason": reason} if reason else ""


WORDS: Mapping[str, Callable[[Occurrence, _Clock], Words]] = {
    "change": _change,
    "machine": _machine,
    "maintenance": _maintenance,
    "mode": _mode,
    "deletion": _deletion,
    "invoice": _invoice,
    "limit": _limit,
    "platform": _platform,
    "key": _key,
    "webhook": _webhook,
    "invitation": _invitation,
    "member": _member,
    "factor": _factor,
    "support": _support,
}

# Of what has no record of its own, or one that is gone: the page about it.
PAGES = {
    "maintenance.cancelled": "schedule",
    "limit.near": "thresholds",
    "limit.passed": "thresholds",
    "key.refused": "keys",
    "webhook.off": "webhooks",
    "invitation.accepted": "people",
    "member.changed": "people",
    "factor.removed": "trail",
    "support.viewed": "trail",
}


def path_of(occurrence: Occurrence, reader: int | None = None) -> str:
    """Of the page about it; what concerns the reader's account stands there, whatever else they see."""
    number = occurrence.customer.number
    if occurrence.kind in OF_ONESELF and reader is not None and occurrence.data.get("person") == reader:
        return reverse("account")
    if occurrence.kind.startswith("change.") and "number" in occurrence.data:
        return links.change(number, int(occurrence.data["number"]))
    if occurrence.kind in PAGES:
        return links.page(number, PAGES[occurrence.kind])
    if occurrence.type_name in TYPES:
        return links.record(number, occurrence.type_name, occurrence.record)
    return links.home(number)
