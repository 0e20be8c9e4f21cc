"""What the platform says itself: its fixed sentences in the reader's language, all else as it came, in quotes."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

SENTENCES = (
    (
        re.compile(r"Changes to the virtual hardware of (?P<name>\S+)"),
        lazy("Changes to the virtual hardware of %(name)s"),
    ),
    (re.compile(r"(?P<name>\S+) is shut down for deletion"), lazy("%(name)s is shut down for deletion")),
)


def told(text: str) -> str:
    """The sentence; '' for none."""
    for pattern, words in SENTENCES:
        if found := pattern.fullmatch(text):
            return str(words) % found.groupdict()
    return _("“%(text)s”") % {"text": text} if text else ""
