"""Rows of a list as strings: rendered once per record version, column set, language and role, and kept.

A record object is a version: a snapshot that changed is decoded into new ones. What is pending is laid over a row,
and a machine that is being installed shows how long already: such rows are made anew each time.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.changes.reads.pending import Pending
from portal.inventory.listings.select import STATE
from portal.plans.open_plans import Mark
from portal.resources.spec import Field, Record, ResourceType, Values
from portal.resources.state_styles import State, Status
from portal.ui import links, menu
from portal.ui.format import badges, dates, pending, values
from portal.ui.format.html import joined
from portal.ui.format.pending import Change
from portal.ui.format.plan_marks import marks
from portal.ui.format.progress import Installs, progress
from portal.ui.format.values import NUMERIC, Viewing

MOST = 5_000  # rows kept per process, about 1.5 kB each; whole lists are kept by portal.ui.fragments


@dataclass(frozen=True, slots=True)
class Row:
    """One record with what has to be known to show it."""

    record: Record
    statuses: tuple[Status, ...] = ()
    pending: tuple[Pending, ...] = ()
    is_new: bool = False  # being created, not on the platform yet
    runs: Values = field(default_factory=dict)  # what runs still, of values that wait for a maintenance
    plans: tuple[Mark, ...] = ()  # what open plans ask of it


@dataclass(frozen=True, slots=True)
class Layout:
    """What all rows of a list have in common."""

    type: ResourceType
    columns: tuple[str, ...]
    may_change: bool
    installs: Installs
    roomy: frozenset[str] = frozenset()  # columns that are left out where there is no room for them


class RowCache:
    """A bounded cache of row strings. An entry holds its record, so that the record's id stays its own."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._rows: OrderedDict[object, tuple[Record, SafeString]] = OrderedDict()
        self._lock = Lock()

    def get(self, record: Record, circumstances: object) -> SafeString | None:
        """The row of exactly this record object under these circumstances."""
        with self._lock:
            found = self._rows.get((id(record), circumstances))
            return found[1] if found and found[0] is record else None

    def put(self, record: Record, circumstances: object, row: SafeString) -> None:
        """Keep a row; the oldest goes where there are too many."""
        with self._lock:
            self._rows[(id(record), circumstances)] = (record, row)
            if len(self._rows) > self._most:
                self._rows.popitem(last=False)


KEPT = RowCache()


def render(rows: Iterable[tuple[Row, Viewing]], layout: Layout) -> SafeString:
    """All rows of a page, joined."""
    return joined([_row(row, layout, viewing) for row, viewing in rows])


def _row(row: Row, layout: Layout, viewing: Viewing) -> SafeString:
    if row.pending or row.is_new or any(status.state is State.INSTALLING for status in row.statuses):
        return _render(row, layout, viewing)
    circumstances = _circumstances(row, layout, viewing)
    kept = KEPT.get(row.record, circumstances)
    if kept is None:
        kept = _render(row, layout, viewing)
        KEPT.put(row.record, circumstances, kept)
    return kept


def _circumstances(row: Row, layout: Layout, viewing: Viewing) -> object:
    """All that a row's text depends on besides its record."""
    links = tuple(viewing.pages.record(spec, str(row.record.values[name])) for name, spec in _references(layout))
    return (
        viewing.customer_no,
        layout.columns,
        layout.roomy,
        layout.may_change,
        dates.reading(),
        str(viewing.zone),
        dates.hour(viewing.now),
        row.statuses,
        tuple(row.runs.items()),
        row.plans,
        links,
        _has_menu(row, layout, viewing),
    )


def _references(layout: Layout) -> list[tuple[str, str]]:
    found = ((name, layout.type.field(name)) for name in layout.columns if name != STATE)
    return [(name, spec.refers_to) for name, spec in found if spec.refers_to]


def _render(row: Row, layout: Layout, viewing: Viewing) -> SafeString:
    changes = pending.overlay(row.record, row.pending, row.runs)
    first, *rest = layout.columns
    cells = [_head(row, layout, first, viewing)]
    cells += [_cell(row, layout, name, changes, viewing) for name in rest]
    return format_html(
        '<tr id="row-{}"{}>{}<td class="row-do">{}</td></tr>',
        row.record.key,
        SafeString(' class="is-pending"' if row.pending else ""),
        joined(cells),
        menu.row_button(row.record) if _has_menu(row, layout, viewing) else "",
    )


def _has_menu(row: Row, layout: Layout, viewing: Viewing) -> bool:
    return layout.may_change and not row.is_new and menu.is_offered(row.record, viewing.now)


def _head(row: Row, layout: Layout, name: str, viewing: Viewing) -> SafeString:
    """The first cell: what the row is, a link to its page; for types without states, what is pending as well."""
    spec = layout.type.field(name)
    label = values.cell(_without_reference(spec), row.record.values[name], viewing) or SafeString(_("(no name)"))
    address = links.record(viewing.customer_no, layout.type.name, row.record.key)
    shown = _ticked(row, layout, format_html('<a href="{}">{}</a>', address, label))
    notes = pending.notes(row.pending, viewing), marks(row.plans, viewing.customer_no)
    told = [] if STATE in layout.columns else [note for note in notes if note]
    return format_html('<th scope="row">{}</th>', joined([shown, *told], " "))


def _ticked(row: Row, layout: Layout, name: SafeString) -> SafeString:
    """The name with a tick by which it is chosen together with others (templates/components/many.html)."""
    if row.is_new or not layout.may_change:
        return name
    tick = '<label><input type="checkbox" form="many" name="key" value="{}">{}</label>'
    return format_html(tick, row.record.key, name)


def _without_reference(spec: Field) -> Field:
    """The first cell links to its own record, not to what its value refers to."""
    return spec if not spec.refers_to else Field(name=spec.name, label=spec.label, kind=spec.kind)


def _cell(row: Row, layout: Layout, name: str, changes: Mapping[str, Change], viewing: Viewing) -> SafeString:
    if name == STATE:
        return _td(layout, name, _("State"), "", _state(row, layout, viewing))
    spec = layout.type.field(name)
    value = row.record.values[name]
    shown = values.cell(spec, value, viewing)
    if name in row.record.problems:
        shown = format_html('<span class="state state-waiting">{}</span>', _("unreadable"))
    if name in changes:
        change = changes[name]
        shown = values.change(values.cell(spec, change.old, viewing), values.cell(spec, change.new, viewing))
    return _td(layout, name, _(spec.label), _look(spec, layout), shown)


def _look(spec: Field, layout: Layout) -> str:
    """How wide its column is: what a record is for takes what the others leave; '' for as wide as it needs."""
    if spec.kind in NUMERIC:
        return "num"
    return "note" if spec.name == layout.type.lead else ""


def _td(layout: Layout, name: str, label: str, look: str, shown: SafeString) -> SafeString:
    on_card = name in layout.type.card or name in layout.type.key or name == STATE
    marks = {look: look, "on-card": on_card, "if-room": name in layout.roomy}
    classes = " ".join(mark for mark, holds in marks.items() if holds)
    attributes = format_html(' class="{}"', classes) if classes else SafeString("")
    # On a card a label stands beside the value; a state and a description speak for themselves.
    if on_card and name != STATE and look != "note":
        attributes = format_html('{} data-label="{}"', attributes, label)
    return format_html("<td{}>{}</td>", attributes, shown)


def _state(row: Row, layout: Layout, viewing: Viewing) -> SafeString:
    bar = SafeString("")
    if any(status.state is State.INSTALLING for status in row.statuses):
        bar = progress(row.record, viewing, layout.installs, brief=True)
    notes = (pending.in_row(row.pending, viewing), marks(row.plans, viewing.customer_no))
    parts = [badges.in_row(row.statuses, viewing.zone, viewing.now), bar, *notes]
    shown = [part for part in parts if part]
    if len(shown) == len(row.statuses) == 1:
        return shown[0]  # nothing beside it to be put in line with
    return format_html('<span class="in-row">{}</span>', joined(shown, " "))


def heading(name: str, label: str, layout: Layout) -> SafeString:
    """A row that says what those below it have in common."""
    return format_html(
        '<tr id="phase-{}" class="row-phase"><th scope="rowgroup" colspan="{}">{}</th></tr>',
        name,
        len(layout.columns) + 1,
        label,
    )


def loading(columns: Sequence[str], count: int = 8) -> SafeString:
    """Rows that stand in while the first answer is on its way."""
    bones = SafeString('<td><span class="bone"></span></td>') * (len(columns) + 1)
    return format_html_join("", '<tr class="loading-rows">{}</tr>', ((SafeString(bones),) for _row in range(count)))
