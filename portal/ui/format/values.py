"""Any value of any kind in words and HTML: compact for a row, in full for a panel, plain on chips."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.resources.spec import Field, Kind, Record, Value
from portal.resources.times import parse_day, parse_moment
from portal.ui.format import dates, ip_addresses, numbers, platform_messages
from portal.ui.format.html import joined
from portal.ui.format.icons import icon
from portal.ui.reader_pages import Pages

NUMERIC = frozenset({Kind.INTEGER, Kind.MONEY})
NONE = SafeString('<span class="none" aria-hidden="true">—</span>')
MOST_IN_CELL = 2  # names shown in a row


@dataclass(frozen=True, slots=True)
class Viewing:
    """Around a value: for whom, where and when it is shown."""

    customer_no: str
    zone: tzinfo
    now: datetime  # the platform's
    pages: Pages


def is_empty(value: Value) -> bool:
    """Whether there is nothing to show."""
    return value is None or value in ("", [], {})


def cell(field: Field, value: Value, viewing: Viewing) -> SafeString:
    """The value in a row: short, one line; '' for nothing."""
    if is_empty(value):
        return SafeString("")
    match field.kind:
        case Kind.NAMES | Kind.EMAILS:
            return _few([_named(field, name, viewing) for name in value], value)
        case Kind.INTERFACES:
            return ip_addresses.main_address(value)
        case Kind.STRUCT:
            return format_html_join(", ", '<span class="soft">{}</span> {}', _measured(value))
        case Kind.ITEMS | Kind.ACTIVITIES:
            return SafeString(numbers.number(len(value)))
    return one(field, value, viewing)


def full(field: Field, value: Value, viewing: Viewing) -> SafeString:
    """The value in a panel: all of it; a dash for nothing."""
    if is_empty(value):
        return NONE
    match field.kind:
        case Kind.NAMES | Kind.EMAILS:
            return _list([_named(field, name, viewing) for name in value])
        case Kind.INTERFACES:
            return format_html('<dl class="facts">{}</dl>', ip_addresses.table(value, {}))
        case Kind.STRUCT:
            return format_html('<dl class="facts">{}</dl>', _pairs(value))
        case Kind.ITEMS:
            return _items(value)
        case Kind.ACTIVITIES:
            return _activities(value, viewing)
    return one(field, value, viewing)


def one(field: Field, value: Value, viewing: Viewing) -> SafeString:
    """A value of a kind that looks the same in rows and panels."""
    show = _SHOWN.get(field.kind)
    if show is None:
        return _named(field, str(value), viewing)
    return show(field, value, viewing)


def text(field: Field, value: Value) -> str:
    """The value in words without markup: on chips, in options."""
    if is_empty(value):
        return _("none")
    match field.kind:
        case Kind.NAMES | Kind.EMAILS if isinstance(value, list):
            return ", ".join(map(str, value))
        case Kind.BOOLEAN:
            return truth(field, value in (True, "true"))
        case Kind.HOUR:
            return dates.hour_words(int(value)) if _is_number(value) else str(value)
        case Kind.DATE:
            return _day(field, str(value))
        case Kind.MOMENT:
            moment = parse_moment(str(value))
            return dates.words(moment, timezone.now()) if moment else str(value)
        case Kind.CHOICE:
            return choice_label(field, str(value))
        case Kind.INTEGER:
            return numbers.amount_text(int(value), field.unit) if _is_number(value) else str(value)
        case Kind.DELETION:
            deadline = _deadline(value)
            return date_format(deadline, _("j M Y")) if deadline else _("none")
    return str(value)


def truth(field: Field | None, value: bool) -> str:
    """Whether it is so, in the field's own words."""
    if field is not None and field.words:
        return _(field.words[not value])
    return _("yes") if value else _("no")


def _is_number(value: Value) -> bool:
    """Whether it is a whole number, or a text that is nothing but one (an address may hold anything)."""
    text = str(value)
    return text.isascii() and text.isdigit() and len(text) < 20


def choice_label(field: Field, value: str) -> str:
    """The label of a choice in the person's language; one that is not listed as it is."""
    for choice in field.choices:
        if choice.value == value:
            return _(choice.label)
    return value


def record_link(type_name: str, key: str, label: str, viewing: Viewing) -> SafeString:
    """A link to a record's page, or only its name where the person has no such page."""
    return link(viewing.pages.record(type_name, key), label)


def link(address: str, label: SafeString | str) -> SafeString:
    """A link to an address; the label alone for ''."""
    return format_html('<a href="{}">{}</a>', address, label) if address else format_html("{}", label)


def change(old: SafeString | str, new: SafeString | str) -> SafeString:
    """What is, and what is wanted, not yet so: `4 → 6`, with an hourglass."""
    return format_html(
        '<span class="change"><span class="old">{}</span>{}<span class="visually-hidden">{}</span>'
        '<span class="new">{} {}<span class="visually-hidden">{}</span></span></span>',
        old or NONE,
        icon("arrow-narrow-right"),
        _("will become"),
        new or NONE,
        icon("hourglass"),
        _("(pending)"),
    )


def moment_of(record: Record, name: str) -> datetime | None:
    """A moment of a record, or None."""
    return parse_moment(record.get(name) or "")


def _boolean(field: Field, value: Value, viewing: Viewing) -> SafeString:
    look, name = ("yes", "check") if value else ("no", "minus")
    return format_html('<span class="{}">{} {}</span>', look, icon(name), truth(field, bool(value)))


def _integer(field: Field, value: Value, viewing: Viewing) -> SafeString:
    return numbers.amount(value, field.unit) if field.unit else SafeString(str(value))


def _moment(field: Field, value: Value, viewing: Viewing) -> SafeString:
    moment = parse_moment(str(value))
    return dates.moment_tag(moment, viewing.now, viewing.zone) if moment else format_html("{}", value)


def _day_value(field: Field, value: Value, viewing: Viewing) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', value, _day(field, str(value)))


def _day(field: Field, value: str) -> str:
    """A month where the field is one (a consumption's period), else the day."""
    day = parse_day(value)
    if day is None:
        return value
    if field.name == "period":
        return date_format(day, "F Y", use_l10n=False)
    return date_format(day, _("j M Y"), use_l10n=False)


_SHOWN: Mapping[Kind, Callable[[Field, Any, Viewing], SafeString]] = {
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.HOUR: lambda field, value, viewing: SafeString(dates.hour_words(value)),
    Kind.CHOICE: lambda field, value, viewing: format_html("{}", choice_label(field, value)),
    Kind.MOMENT: _moment,
    Kind.DATE: _day_value,
    Kind.MONEY: lambda field, value, viewing: numbers.sent_money(value, field.unit),
    Kind.DELETION: lambda field, value, viewing: _deletion(value),
}


def _deletion(value: Mapping[str, Value]) -> SafeString:
    deadline = _deadline(value)
    if deadline is None:
        return NONE
    return format_html('<time datetime="{}">{}</time>', deadline.isoformat(), date_format(deadline, _("j M Y")))


def _deadline(deletion: Mapping[str, Value]) -> date | None:
    """The day for which a deletion is planned."""
    return parse_day(str(deletion.get("deadline") or "")[:10])


def _named(field: Field, name: str, viewing: Viewing) -> SafeString:
    """A text that may refer to something, or be an address of a person."""
    if field.refers_to:
        return record_link(field.refers_to, name, name, viewing)
    if field.kind is Kind.EMAILS:
        return format_html('<a href="mailto:{}">{}</a>', name, name)
    if field.said:
        return format_html("{}", platform_messages.told(name))
    return format_html("{}", choice_label(field, name))


def _few(shown: list[SafeString], names: list[str]) -> SafeString:
    text = joined(shown[:MOST_IN_CELL], ", ")
    rest = names[MOST_IN_CELL:]
    if not rest:
        return text
    return format_html('{} <span class="more" title="{}">+{}</span>', text, ", ".join(rest), len(rest))


def _list(shown: list[SafeString]) -> SafeString:
    if len(shown) == 1:
        return shown[0]
    return format_html('<ul class="plain-list">{}</ul>', format_html_join("", "<li>{}</li>", ((s,) for s in shown)))


def _measured(value: Value) -> list[tuple[str, SafeString]]:
    return [numbers.measured(str(name), inner) for name, inner in value.items()]


def _pairs(value: Value) -> SafeString:
    return format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", _measured(value))


def further(value: Value) -> SafeString:
    """A value that no field describes, as it came."""
    if is_empty(value):
        return NONE
    if isinstance(value, str):
        return format_html("{}", value)
    return format_html("<code>{}</code>", json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))


def _items(items: list[Value]) -> SafeString:
    """The positions of an invoice (in_01); one that is none is shown as it came."""
    rows = format_html_join(
        "",
        '<tr><td>{}</td><td class="soft">{}</td><td class="num">{}</td></tr>',
        (
            (
                item.get("description", ""),
                item.get("product", ""),
                numbers.sent_money(str(item.get("price", "")), "EUR", exact=True),
            )
            if isinstance(item, Mapping)
            else (further(item), "", "")
            for item in items
        ),
    )
    head = (_("Description"), _("Product"), _("Price before tax"))
    return format_html(
        '<table class="table-plain"><thead><tr><th scope="col">{}</th><th scope="col">{}</th>'
        '<th scope="col" class="num">{}</th></tr></thead><tbody>{}</tbody></table>',
        *head,
        rows,
    )


def _activities(activities: list[Value], viewing: Viewing) -> SafeString:
    """What a maintenance consists of (mt_01)."""
    return _list([_activity(one, viewing) if isinstance(one, Mapping) else further(one) for one in activities])


def _activity(activity: Mapping[str, Value], viewing: Viewing) -> SafeString:
    notes = []
    estimated, took = activity.get("estimated"), activity.get("duration")
    if isinstance(took, int) and took and activity.get("ended"):
        notes.append(_("took %(time)s") % {"time": dates.duration(took)})
    elif isinstance(estimated, int) and estimated:
        notes.append(_("about %(time)s") % {"time": dates.duration(estimated)})
    if activity.get("result"):
        notes.append(str(activity["result"]))
    return format_html(
        '{} <span class="soft">{}</span>',
        platform_messages.told(str(activity.get("comment") or "")) or _("Maintenance"),
        " · ".join(notes),
    )
