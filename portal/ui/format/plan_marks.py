"""That open plans ask something of a record, in a word and a link to each of them."""

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.plans.open_plans import Mark
from portal.ui import links
from portal.ui.format.html import joined
from portal.ui.format.icons import icon


def marks(found: Sequence[Mark], customer_no: str) -> SafeString:
    """For a row: the plan's icon; its name is for ears and the hover, and is read on a card."""
    return joined((_mark(one, customer_no) for one in found), " ")


def _mark(one: Mark, customer_no: str) -> SafeString:
    return format_html(
        '<a class="state state-plan state-note" href="{}" title="{}">{}<span class="note-word">{}</span></a>',
        links.plan(customer_no, one.plan_number),
        _("In plan “%(plan)s”") % {"plan": one.plan_title},
        icon("clipboard-list"),
        one.plan_title,
    )
