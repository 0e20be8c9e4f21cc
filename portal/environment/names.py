"""Names in the environment that look mistaken: earlier names of settings, and what is almost one of ours."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from portal.environment.table import SETTINGS

# Earlier names and present ones. Read as if they were the present ones, and pointed out.
# gunicorn reads WEB_CONCURRENCY itself, and ends when it is empty.
RENAMED: Mapping[str, str] = {"WEB_CONCURRENCY": "WEB_PROCESSES"}
# How much alike two names are (difflib): SMPT_HOST and SMTP_HOST 0.89, SANDBOX_DATABASE_URL and DATABASE_URL 0.75.
ALIKE = 0.85
KNOWN = {name for one in SETTINGS for name in ((one.name, one.file_name) if one.is_secret else (one.name,))}


@dataclass(frozen=True, slots=True)
class Mistaken:
    """A name, and the one of ours that is meant: `is_read` as if it were that, being an earlier name of it."""

    name: str
    meant: str
    is_read: bool = False


def mistaken(environ: Mapping[str, str] = os.environ, renamed: Mapping[str, str] = RENAMED) -> Iterator[Mistaken]:
    """Each of them, by name."""
    for name in sorted(environ):
        if name in renamed:
            yield Mistaken(name, renamed[name], is_read=True)
        elif name not in KNOWN and (meant := get_close_matches(name.upper(), KNOWN, 1, ALIKE)):
            yield Mistaken(name, meant[0])
