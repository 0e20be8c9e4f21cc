"""Templates as they are sent: written with indentation for people, read without it, since browsers need none.

A quarter of what a page's templates say is the white space that their lines begin with. Lines stay lines, so a message
of Django's names the right one; and what a value brings along (in a text area, say) is no part of a template.
"""

import re
from typing import Any

from django.template import Origin
from django.template.loaders import filesystem

INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


class Loader(filesystem.Loader):
    """Reads the project's own templates; those of mails keep their white space."""

    def get_contents(self, origin: Origin) -> Any:
        text = super().get_contents(origin)
        return INDENTATION.sub("", text) if str(origin.name).endswith(".html") else text
