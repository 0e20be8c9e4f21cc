"""The panels of a record's page: its fields by section, who gets in where, and what belongs to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.inventory.listings.permission_inheritance import Held
from portal.inventory.listings.select import STATE
from portal.resources.spec import Field, Kind, Record, Section, Settable
from portal.resources.state_styles import Status
from portal.ui import support_contact
from portal.ui.details import deletion_timeline
from portal.ui.format import badges, ip_addresses, values
from portal.ui.format.html import joined
from portal.ui.format.pending import Change
from portal.ui.format.values import Viewing


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value."""

    label: str
    value: SafeString | str
    help: str = ""
    classes: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A titled box of facts."""

    title: str
    icon: str
    facts: Sequence[Fact]


def facts(record: Record, section: Section, changes: Mapping[str, Change], viewing: Viewing) -> list[Fact]:
    """The fields of a section, present → wanted where one is pending; without what the page's head says already."""
    said = {record.type.lead, *(record.type.key if len(record.type.key) == 1 else ())}
    has_interfaces = any(spec.kind is Kind.INTERFACES for spec in record.type.fields)
    shown = []
    for spec in record.type.fields:
        if spec.section != section.name or (spec.name in said and spec.kind is Kind.TEXT):
            continue
        if has_interfaces and spec.name == "reverses":  # stand beside their addresses
            continue
        shown.append(_fact(record, spec, changes.get(spec.name), viewing))
    return shown


def _fact(record: Record, spec: Field, change: Change | None, viewing: Viewing) -> Fact:
    """A field; with its help where no form of ours explains it."""
    is_explained = bool(spec.help) and spec.settable is Settable.NEVER
    has_value = not values.is_empty(record.values[spec.name])
    label, told = _(spec.label), support_contact.named(_(spec.help)) if is_explained and has_value else ""
    if spec.name in record.problems:
        return Fact(label, format_html('<span class="state state-waiting">{}</span>', _("unreadable")), told)
    if change is not None:
        old, new = (values.full(spec, value, viewing) for value in (change.old, change.new))
        return Fact(label, values.change(old, new), told)
    value = record.values[spec.name]
    match spec.kind:
        case Kind.INTERFACES if value:
            table = ip_addresses.table(value, record.get("reverses"))
            return Fact("", format_html('<dl class="facts">{}</dl>', table), told, classes="is-wide")
        case Kind.DELETION:
            planned = deletion_timeline.line(value, viewing.now)
            return Fact(label, planned or _("none planned"), classes="is-wide" if planned else "")
        case Kind.ITEMS | Kind.ACTIVITIES | Kind.STRUCT if value:
            return Fact("", values.full(spec, value, viewing), told, classes="is-wide")
    return Fact(label, values.full(spec, value, viewing), told)


@dataclass(frozen=True, slots=True)
class Holder:
    """A person or service user, and what they may do in a group: (permission, address, where it comes from)."""

    uid: str
    is_service_user: bool
    permissions: Sequence[tuple[str, str, str]]


def holders(held: Iterable[Held], viewing: Viewing) -> list[Holder]:
    """Who may get in, people first. What lies above a limited scope is told with its origin, without a link (pm_04)."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for one in held:
        record = one.record
        address = viewing.pages.record(record.type.name, record.key) if one.visible else ""
        origin = one.origin if one.inherited else ""
        found.setdefault(str(record["uid"]), []).append((str(record["permission"]), address, origin))
    people = [Holder(uid, uid.startswith("s-"), sorted(may)) for uid, may in found.items()]
    return sorted(people, key=lambda holder: (holder.is_service_user, holder.uid))


@dataclass(frozen=True, slots=True)
class Row:
    """A related record: the link to it, what says most about it, its state."""

    link: SafeString
    about: SafeString
    state: SafeString


def month_row(records: Sequence[Record], viewing: Viewing, but: str) -> Row:
    """A month's consumption in one line: of one thing what it used, of several how many they are."""
    first = records[0]
    if len(records) == 1:
        return row(first, (), viewing, but)
    period = str(first["period"])
    address = viewing.pages.listed(first.type.name, [("period", period), ("q", but)])
    label = values.text(first.type.field("period"), period)
    count = ngettext("%(count)s item", "%(count)s items", len(records)) % {"count": len(records)}
    return Row(values.link(address, label), SafeString(count), SafeString(""))


def row(record: Record, statuses: Sequence[Status], viewing: Viewing, but: str = "") -> Row:
    """A record in one line; a value that only repeats `but`, the key of the page's own record, is left out."""
    first = record.type.field(record.type.columns[0])
    label = values.cell(Field(name=first.name, label=first.label, kind=first.kind), record[first.name], viewing)
    address = viewing.pages.record(record.type.name, record.key)
    names = [name for name in record.type.card if name not in (STATE, first.name) and record.get(name) != but]
    about = [values.cell(record.type.field(name), record[name], viewing) for name in names]
    return Row(
        link=values.link(address, label or record.title),
        about=joined([part for part in about if part], " · "),
        state=badges.badges(statuses, viewing.zone, viewing.now) if statuses else SafeString(""),
    )
