"""What may be done with a record now: the actions of its type, editing and deleting, as a row's menu and as buttons.

A row has the button of its menu only: what is in it is asked for when it is opened (customer.resources.row_menu), and
shown in the one menu that all rows share (static/js/portal.js).

The buttons belong to one form of the page (`#do`, templates/components/do.html), which brings what is never kept in a
row's string: the token that makes a double click one change, and the protection against forged requests.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.changes.reads.pending import Pending
from portal.resources.deletion import read_deletion
from portal.resources.spec import Action, Button, Record
from portal.ui import links
from portal.ui.format.html import joined
from portal.ui.format.icons import icon
from portal.ui.format.pending import asks_for, is_going
from portal.ui.format.values import Viewing


@dataclass(frozen=True, slots=True)
class Offer:
    """A button of an action: where it POSTs to, and what."""

    action: str
    button: Button
    is_going: bool = False  # asked for, and on its way

    @property
    def param(self) -> tuple[str, str]:
        """What the button sends; one name and value at most, since a button has no more."""
        params = list(self.button.params.items())
        if len(params) > 1:
            raise ValueError(f"{self.action}: a button sends one parameter")
        return params[0] if params else ("", "")


def offers(record: Record, now: datetime, pending: Sequence[Pending] = ()) -> list[Offer]:
    """All that can be done to the record as it is now, besides editing and deleting; what is under way is marked."""
    going = [one for one in pending if is_going(one)][-1:]  # what was asked last is what will be

    def offer(action: Action, button: Button) -> Offer:
        wanted = action.sets(record, button.params, now)
        return Offer(action.name, button, any(asks_for(one, wanted) for one in going))

    return [offer(action, button) for action in record.type.actions for button in action.buttons(record, now)]


def is_offered(record: Record, now: datetime) -> bool:
    """Whether there is anything that could be done."""
    return record.type.editable or _can_be_deleted(record) or bool(offers(record, now))


def row_button(record: Record) -> SafeString:
    """What opens the menu of a row."""
    label = _("Actions for %(name)s") % {"name": record.title}
    return format_html('<button popovertarget="row-menu" aria-label="{}"></button>', label)


def row_menu(record: Record, viewing: Viewing, pending: Sequence[Pending]) -> SafeString:
    """What is in it."""
    return joined(_lines(record, viewing, pending))


def buttons(record: Record, viewing: Viewing, pending: Sequence[Pending] = ()) -> SafeString:
    """The same actions, and deleting, as buttons at the head of a page."""
    shown = [
        _button(record, offer, viewing, "btn", icon(offer.button.icon))
        for offer in offers(record, viewing.now, pending)
    ]
    clone = _clone(record, viewing, "btn", icon("copy"))
    return joined([*shown, clone, _delete(record, viewing, pending, "btn", icon("trash"))])


def action_buttons(record: Record, viewing: Viewing, action: str, pending: Sequence[Pending] = ()) -> SafeString:
    """What one action offers now, for a line that is about it; '' for nothing."""
    found = (offer for offer in offers(record, viewing.now, pending) if offer.action == action)
    return joined(_button(record, offer, viewing, "btn", icon(offer.button.icon)) for offer in found)


def plan_menu(record: Record, viewing: Viewing, pending: Sequence[Pending] = ()) -> SafeString:
    """At the head of a page, the same actions for a plan; '' where there are none."""
    lines = joined(_for_plan(record, viewing, pending))
    if not lines:
        return SafeString("")
    return format_html(
        '<button type="button" class="btn" popovertarget="plan-menu">{}{}</button>'
        '<div id="plan-menu" class="menu menu-end" popover>{}</div>',
        icon("list-check"),
        _("Add to plan"),
        lines,
    )


def _for_plan(record: Record, viewing: Viewing, pending: Sequence[Pending]) -> Iterator[SafeString]:
    """What the record's actions would do, put into a plan: nothing happens, so nothing is asked first."""
    for offer in offers(record, viewing.now, pending):
        if not offer.is_going:
            name, value = offer.param
            address = links.action(viewing.customer_no, record.type.name, record.key, offer.action)
            yield format_html(
                '<button form="do" formaction="{}?to=plan" name="{}" value="{}" class="menu-item">{}</button>',
                address,
                name,
                value,
                _(offer.button.label),
            )


def _lines(record: Record, viewing: Viewing, pending: Sequence[Pending]) -> Iterator[SafeString]:
    if record.type.editable:
        address = links.action(viewing.customer_no, record.type.name, record.key, "edit")
        yield format_html('<a href="{}">{}</a>', address, _("Edit"))
    for offer in offers(record, viewing.now, pending):
        yield _button(record, offer, viewing, "menu-item", SafeString(""))
    yield _clone(record, viewing, "menu-item", SafeString(""))
    yield _delete(record, viewing, pending, "menu-item", SafeString(""))
    planned = list(_for_plan(record, viewing, pending))
    if planned:
        yield format_html('<p class="menu-head">{}</p>{}', _("Add to plan"), joined(planned))


def _clone(record: Record, viewing: Viewing, classes: str, picture: SafeString) -> SafeString:
    """The way to copying it; '' for a type of which nobody copies records."""
    if record.type.free_names is None:
        return SafeString("")
    address = links.many(viewing.customer_no, record.type.name, [("key", record.key)])
    return format_html('<a href="{}#many-copies" class="{}">{}{}</a>', address, classes, picture, _("Clone…"))


def _delete(
    record: Record, viewing: Viewing, pending: Sequence[Pending], classes: str, picture: SafeString
) -> SafeString:
    """The way to deleting, by what that is called; '' where there is nothing to delete (any more)."""
    if not _can_be_deleted(record):
        return SafeString("")
    if any(one.action == "delete" and is_going(one) for one in pending):
        return _going(_("Deleting…") if record.type.editable else _("Revoking…"), classes)
    label = _("Delete…") if record.type.editable else _("Revoke…")
    if read_deletion(record.get("deletion")).deadline:
        label, picture = _("Change date…"), icon("calendar-event") if picture else picture
    address = links.action(viewing.customer_no, record.type.name, record.key, "delete")
    return format_html('<a href="{}" class="{} is-danger">{}{}</a>', address, classes, picture, label)


def _can_be_deleted(record: Record) -> bool:
    return record.type.deletable and not read_deletion(record.get("deletion")).is_shut_down


def _going(label: str, classes: str) -> SafeString:
    """In the place of a button, what it has brought about."""
    return format_html('<button type="button" class="{}" disabled>{}{}</button>', classes, icon("hourglass"), label)


def _button(record: Record, offer: Offer, viewing: Viewing, classes: str, picture: SafeString) -> SafeString:
    if offer.is_going:
        return _going(_(offer.button.going), classes)
    name, value = offer.param
    danger = " is-danger" if offer.button.level == "danger" else ""
    question = ""
    if offer.button.confirm:
        what = f"{record.title}: {_(offer.button.label)}? {_(offer.button.confirm)}"
        question = format_html(' data-confirm="{}"', what)
    return format_html(
        '<button form="do" formaction="{}" name="{}" value="{}" class="{}{}"{}>{}{}</button>',
        links.action(viewing.customer_no, record.type.name, record.key, offer.action),
        name,
        value,
        classes,
        danger,
        question,
        picture,
        _(offer.button.label),
    )
