"""The margins of a printed page, in the person's language: the same for the browser's printer and for the PDF."""

from django.utils.translation import gettext as _

PAGE, PAGES = "\ue000", "\ue001"  # stand for the two counters while the sentence is translated


def css(title: str) -> str:
    """`@page` rules: what it is and whose, what it is not, and the number of the sheet, on every sheet."""
    numbers = _("Page %(page)s of %(pages)s") % {"page": PAGE, "pages": PAGES}
    boxes = {
        "top-left": quoted(title),
        "bottom-left": quoted(_("Before tax. Not the tax invoice.")),
        "bottom-right": quoted(numbers).replace(PAGE, '" counter(page) "').replace(PAGES, '" counter(pages) "'),
    }
    return "@page {" + "".join(f" @{box} {{ content: {words}; }}" for box, words in boxes.items()) + " }\n"


def quoted(text: str) -> str:
    """A CSS string."""
    special = ('"', "\\", "\n", "\r", "\f", "<")
    return '"' + "".join(f"\\{ord(one):x} " if one in special else one for one in text) + '"'
