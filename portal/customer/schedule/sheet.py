"""The schedule for a spreadsheet."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from portal.customer.schedule.page import SchedulePage
from portal.customer.schedule.rows import LABELS
from portal.resources.phases import WORDS
from portal.ui.spreadsheets.sheets import Cell, Sheet


def schedule_sheet(page: SchedulePage) -> Sheet:
    """All that matches the filters, past and coming, in the order of time; times are UTC."""
    heading = (_("Starts"), _("Ends"), _("State"), _("Kind"), _("Machine"), _("Resource group"), _("What happens"))
    return Sheet(_("Schedule"), heading, _rows(page))


def _rows(page: SchedulePage) -> Iterator[tuple[Cell, ...]]:
    for event in page.found:
        phase = str(_(WORDS[event.standing(page.now).phase]))
        said = page.words.plain(event)
        group = page.events.group_of(event)
        yield event.starts, event.ends, phase, str(LABELS[event.kind]), event.machine, group, said
