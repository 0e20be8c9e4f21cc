"""What the portal itself brings: what PDFs are made with, and an audit trail that nobody has touched."""

from collections.abc import Iterator
from itertools import islice

from portal.accounts.audit import trail
from portal.billing.documents import pdf
from portal.monitoring.doctor.findings import Finding, failed, fine, some

MOST = 3  # problems of the trail that are told


def papers() -> Iterator[Finding]:
    """Libraries and fonts are there."""
    fonts = [pdf.allowed(f"{pdf.EMBEDDED}{file}") for _family, _weight, file in pdf.FONTS]
    absent = [str(path) for path in fonts if not path.is_file()]
    try:
        pdf.library()
    except pdf.Missing as missing:
        yield failed(f"No PDF can be made: {missing}.", "Install what is missing; Dockerfile names the packages.")
    else:
        if absent:
            todo = "Install the npm packages (make setup), and see NODE_MODULES."
            yield failed(f"Fonts are missing: {some(absent)}.", todo)
        else:
            yield fine("PDFs can be made.")


def audit() -> Iterator[Finding]:
    """Each entry holds the digest of the one before."""
    wrong = list(islice(trail.problems({}), MOST))
    if wrong:
        todo = "Somebody has written to the table directly. Keep a copy of the database, and compare with a backup."
        yield failed(f"The audit trail is not as it was written: {' '.join(wrong)}", todo)
        return
    yield fine(f"{sum(number for number, _digest in trail.heads().values())} entries are as they were written.")
