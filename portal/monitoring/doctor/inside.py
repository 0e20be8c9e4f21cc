"""What the portal itself brings: its settings, what PDFs are made with, and an audit trail that nobody has touched."""

from collections.abc import Iterator
from itertools import islice

from django.utils.translation import gettext as _

from portal.accounts import checks
from portal.accounts.audit import trail
from portal.billing.documents import pdf
from portal.monitoring.doctor.findings import Finding, failed, fine, some, warning

MOST = 3  # problems of the trail that are told


def environment() -> Iterator[Finding]:
    """No variable has a name that looks mistaken."""
    mistaken = checks.mistaken_names(None)
    yield from (warning(found.msg, found.hint or "") for found in mistaken)
    if not mistaken:
        yield fine(_("No name looks mistaken."))


def papers() -> Iterator[Finding]:
    """Libraries and fonts are there."""
    fonts = [pdf.allowed(f"{pdf.EMBEDDED}{file}") for _family, _weight, file in pdf.FONTS]
    absent = [str(path) for path in fonts if not path.is_file()]
    try:
        pdf.library()
    except pdf.Missing as missing:
        yield failed(
            _("No PDF can be made: %(error)s.") % {"error": missing},
            _("Install what is missing; the Dockerfile names the packages."),
        )
    else:
        if absent:
            todo = _("Install the npm packages (make setup), and see NODE_MODULES.")
            yield failed(_("Fonts are missing: %(files)s.") % {"files": some(absent)}, todo)
        else:
            yield fine(_("PDFs can be made."))


def audit() -> Iterator[Finding]:
    """Each entry holds the digest of the one before."""
    wrong = list(islice(trail.problems({}), MOST))
    if wrong:
        todo = _("The table was changed directly. Keep a copy of the database, and compare it with a backup.")
        yield failed(_("The audit trail is not as it was written: %(problems)s") % {"problems": " ".join(wrong)}, todo)
        return
    count = sum(number for number, _digest in trail.heads().values())
    yield fine(_("Entries, all as they were written: %(count)s.") % {"count": count})
