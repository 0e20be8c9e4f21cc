"""Names in the environment that look mistaken: earlier names of settings, and what is almost one of ours."""

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from portal.environment.table import SETTINGS

# Earlier names and present ones. Read as if they were the present ones, and pointed out.
RENAMED: Mapping[str, str] = {}
# How much alike two names are (difflib): SMPT_HOST and SMTP_HOST 0.89, SANDBOX_DATABASE_URL and DATABASE_URL 0.75.
ALIKE = 0.85
KNOWN = {name for one in SETTINGS for name in ((one.name, one.file_name) if one.is_secret else (one.name,))}


def warnings(environ: Mapping[str, str] = os.environ, renamed: Mapping[str, str] = RENAMED) -> Iterator[str]:
    """A sentence for each of them."""
    for name in sorted(environ):
        if name in renamed:
            yield f"{name} is now called {renamed[name]}: rename it."
        elif name not in KNOWN and (meant := get_close_matches(name.upper(), KNOWN, 1, ALIKE)):
            yield f"{name} is not a setting of the portal, and has no effect: {meant[0]} may be what you mean."
