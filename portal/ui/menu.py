"""What may be done with a record now: the actions of its type, editing and deleting, as a row's menu and as buttons.

The buttons belong to one form of the page (`#do`, templates/components/do.html), which brings what is never kept in a
row's string: the token that makes a double click one change, and the protection against forged requests.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.resources.deletion import read_deletion
from portal.resources.spec import Button, Record
from portal.ui import addresses
from portal.ui.icons import icon, symbol_use
from portal.ui.markup import joined
from portal.ui.values import Viewing


@dataclass(frozen=True, slots=True)
class Offer:
    """A button of an action: where it POSTs to, and what."""

    action: str
    button: Button

    @property
    def param(self) -> tuple[str, str]:
        """What the button sends; one name and value at most, since a button has no more."""
        params = list(self.button.params.items())
        if len(params) > 1:
            raise ValueError(f"{self.action}: a button sends one parameter")
        return params[0] if params else ("", "")


def offers(record: Record, now: datetime) -> list[Offer]:
    """All that can be done to the record as it is now, besides editing and deleting."""
    return [Offer(action.name, button) for action in record.type.actions for button in action.buttons(record, now)]


def circumstances(record: Record, now: datetime) -> object:
    """What the menu depends on besides the record."""
    return tuple((offer.action, offer.button.label) for offer in offers(record, now))


def row_menu(record: Record, viewing: Viewing) -> SafeString:
    """The menu of a row; '' where nothing can be done."""
    lines = joined(_lines(record, viewing))
    if not lines:
        return SafeString("")
    return format_html(
        '<button type="button" class="icon-button" popovertarget="menu-{key}" aria-label="{label}">{dots}</button>'
        '<div id="menu-{key}" class="menu menu-end" popover>{lines}</div>',
        key=record.key,
        label=_("What can be done with %(name)s") % {"name": record.title},
        dots=symbol_use("dots"),
        lines=lines,
    )


def buttons(record: Record, viewing: Viewing) -> SafeString:
    """The same actions as buttons at the head of a page."""
    return joined(
        _button(record, offer, viewing, "btn", icon(offer.button.icon)) for offer in offers(record, viewing.now)
    )


def _lines(record: Record, viewing: Viewing) -> Iterator[SafeString]:
    if record.type.editable:
        yield _link(record, viewing, "edit", _("Edit"), "")
    for offer in offers(record, viewing.now):
        yield _button(record, offer, viewing, "menu-item", SafeString(""))
    if can_be_deleted(record):
        yield _link(record, viewing, "delete", delete_label(record), "is-danger")


def can_be_deleted(record: Record) -> bool:
    """Whether deleting it can be asked for: not of a machine that has been shut down for that (vm_21)."""
    return record.type.deletable and not read_deletion(record.get("deletion")).is_shut_down


def delete_label(record: Record) -> str:
    """What deleting is called: a permission is revoked."""
    return _("Delete…") if record.type.editable else _("Revoke…")


def _link(record: Record, viewing: Viewing, name: str, label: str, classes: str) -> SafeString:
    address = addresses.action(viewing.customer_no, record.type.name, record.key, name)
    return format_html('<a href="{}"{}>{}</a>', address, _class(classes), label)


def _class(names: str) -> SafeString:
    return format_html(' class="{}"', names) if names else SafeString("")


def _button(record: Record, offer: Offer, viewing: Viewing, classes: str, picture: SafeString) -> SafeString:
    name, value = offer.param
    danger = " is-danger" if offer.button.level == "danger" else ""
    question = ""
    if offer.button.confirm:
        what = f"{record.title}: {_(offer.button.label)}? {_(offer.button.confirm)}"
        question = format_html(' data-confirm="{}"', what)
    return format_html(
        '<button form="do" formaction="{}" name="{}" value="{}" class="{}{}"{}>{}{}</button>',
        addresses.action(viewing.customer_no, record.type.name, record.key, offer.action),
        name,
        value,
        classes,
        danger,
        question,
        picture,
        _(offer.button.label),
    )
