"""Changes for a spreadsheet: what their lists tell, a customer's own and the console's of all customers."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from portal.customer.changes.presenter import ChangePresenter
from portal.ui.spreadsheets.sheets import Cell, Sheet


def change_sheet(changes: Iterable[ChangePresenter]) -> Sheet:
    """A row for each change."""
    heading = (
        *(_("Customer"), _("No."), _("Changes"), _("State"), _("Requested (UTC)"), _("User")),
        *(_("Attempts"), _("Accepted (UTC)"), _("Completed (UTC)"), _("Platform message")),
    )
    return Sheet(_("Changes"), heading, map(_row, changes))


def _row(told: ChangePresenter) -> Sequence[Cell]:
    change, records = told.change, "; ".join(line.words for line in told.lines)
    start = (told.scope.customer.number, told.number, records, told.word, change.created, told.author)
    return (*start, change.attempts, change.recorded_at, change.done_at, told.answer)
