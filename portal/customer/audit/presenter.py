"""The audit trail in words: its entries keep names of the code, which stay the same for whoever reads the files."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.accounts.audit import actions
from portal.accounts.audit.trail import LEFT
from portal.accounts.models import AuditEntry
from portal.accounts.roles import Role
from portal.billing.thresholds.models import Measure
from portal.billing.thresholds.progress import name_of
from portal.changes.models import Action, State
from portal.notify.kinds import KINDS, Channel
from portal.resources.spec import ResourceType
from portal.resources.types import TYPES
from portal.ui.format.values import text as value_text
from portal.ui.format.values import truth
from portal.ui.forms.diff import DEADLINE

LONGEST = 200
NAMES: Mapping[str, Any] = {
    "action": lazy("Action"),
    "by": lazy("Signed in with"),
    "change": lazy("Change number"),
    DEADLINE.name: lazy(DEADLINE.label),
    "digest": lazy("Digest"),
    "ended": lazy("Ended by"),
    "factors": lazy("Two-factor"),
    "filters": lazy("Filters"),
    "format": lazy("Format"),
    "from": lazy("From"),
    "generation": lazy("Key number"),
    "group": lazy("Group"),
    "hour": lazy("Hour of the daily summary"),
    LEFT: lazy("Entries without the person"),
    "limit": lazy("Monthly budget"),
    "minutes": lazy("Minutes"),
    "month": lazy("Month"),
    "months": lazy("Months"),
    "name": lazy("Name"),
    "paper": lazy("Page size"),
    "reason": lazy("Reason"),
    "records": lazy("Records"),
    "requires_approval": lazy("Approval required"),
    "requires_second_factor": lazy("Two-factor required"),
    "role": lazy("Role"),
    "state": lazy("State"),
    "text": lazy("Text"),
    "until": lazy("Until"),
    "value": lazy("Value"),
}
METHODS: Mapping[str, Any] = {
    "password": lazy("Password"),
    "mfa": lazy("two-factor"),
    "socialaccount": lazy("Single sign-on"),
}
# What a view of support staff ended by (console.view_as.sessions).
ENDS: Mapping[str, Any] = {
    "stopped": lazy("Support staff"),
    "sign_out": lazy("Sign-out"),
    "time": lazy("Time limit"),
    "role": lazy("Loss of the staff role"),
    "removal": lazy("Removal of the member"),
}
FACTORS: Mapping[str, Any] = {
    "totp": lazy("Authenticator app"),
    "webauthn": lazy("Passkeys and security keys"),
    "recovery_codes": lazy("Recovery codes"),
}
TARGETS: Mapping[str, Any] = {
    "trail": lazy("Audit trail"),
    "changes": lazy("Changes"),
    "unknown address": lazy("unknown address"),
    **FACTORS,
}
CODES: Mapping[str, Mapping[Any, Any]] = {
    "action": dict(Action.choices),
    "by": METHODS,
    "ended": ENDS,
    "factors": FACTORS,
    "role": dict(Role.choices),
    "state": dict(State.choices),
}


def target(entry: AuditEntry) -> str:
    """What it was done to: `virtualmachine/shop13` is Machine shop13, `traffic shop` a budget."""
    kind, _slash, key = entry.target.partition("/")
    if kind in TYPES:
        return f"{_(TYPES[kind].label)} {key}".strip()
    word, _blank, number = entry.target.partition(" ")
    if word == "change" and number.isdigit():
        return _("Change %(number)s") % {"number": number}
    if word in Measure.values:
        return name_of(word, number)
    return str(TARGETS.get(entry.target) or actions.person(entry.target))


def values(entry: AuditEntry, *, whole: bool = False) -> Iterator[tuple[str, str | None, str | None]]:
    """(name, before, after) of what differs, or of all where there was nothing before; shortened unless `whole`."""
    before: dict[str, Any] = json.loads(entry.before) if entry.before else {}
    after: dict[str, Any] = json.loads(entry.after) if entry.after else {}
    about = TYPES.get(entry.target.partition("/")[0])
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) == after.get(name):
            continue
        old, new = (_value(about, name, record.get(name)) for record in (before, after))
        if (old, new) != (None, None):
            yield _name(about, name), *((old, new) if whole else map(_short, (old, new)))


def _name(about: ResourceType | None, name: str) -> str:
    if about is not None and name in about.field_names:
        return _(about.field(name).label)
    return str(NAMES.get(name) or _box(name) or name)


def _box(name: str) -> str:
    """`change.done bell`: Change done, In the portal; '' for what is none of the notification settings."""
    kind, _blank, channel = name.partition(" ")
    return f"{KINDS[kind].label}, {Channel(channel).label}" if kind in KINDS and channel in Channel.values else ""


def _value(about: ResourceType | None, name: str, value: Any) -> str | None:
    """In words; None for nothing, and for a deletion without a day."""
    if value is None or value in ("", [], {}) or (isinstance(value, dict) and value.get("deadline") == ""):
        return None
    known = about is not None and name in about.field_names
    if name == LEFT and isinstance(value, dict):
        return str(len(value))
    if isinstance(value, bool):
        return truth(about.field(name) if about is not None and known else None, value)
    if isinstance(value, list):
        return ", ".join(_value(about, name, one) or "" for one in value)
    if about is not None and known and (not isinstance(value, dict) or "deadline" in value):
        return _of_field(about, name, value)
    if name == DEADLINE.name and isinstance(value, str):
        return value_text(DEADLINE, value)
    if isinstance(value, str):
        return str(CODES.get(name, {}).get(value, value))
    return json.dumps(value, ensure_ascii=False)


def _of_field(about: ResourceType, name: str, value: Any) -> str:
    """As pages show the field; as it stands where that cannot be shown: an entry stays for good, so must its page."""
    try:
        return value_text(about.field(name), value)
    except (AttributeError, LookupError, TypeError, ValueError):
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(text: str | None) -> str | None:
    return f"{text[:LONGEST]}…" if text and len(text) > LONGEST else text
