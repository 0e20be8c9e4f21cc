"""What a platform answers in the very same bytes is read once by a test process.

Most tests of pages begin in a portal that knows nothing yet, in front of a world that is the same for all of them: to
read the same hundreds of records again and again was a tenth of the whole run. What an answer says depends on nothing
but its bytes; how they are read is what `tests/api` and `tests/inventory` are about, and those read for themselves.
"""

from collections.abc import Callable, Container
from functools import lru_cache
from typing import Any

from portal.api.pieces import read_records

type Made = list[tuple[str, Any]]

_read = lru_cache(maxsize=64)(lambda body, make: read_records(body, (), make))


def read_once(body: bytes, known: Container[str], make: Callable[[Any], Any]) -> Made:
    """As `portal.api.pieces.read_records`."""
    return read_records(body, known, make) if known else list(_read(body, make))
