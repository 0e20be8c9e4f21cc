"""Records that a platform has answered before, byte for byte, are not read again in the same test process.

Most tests of pages begin in a portal that knows nothing yet, in front of a world that is nearly the same for all of
them: reading the same hundreds of records again and again was a tenth of the whole run. What a record says depends on
nothing but its bytes, as the portal holds too (`portal.api.pieces`). How they are read is what `tests/api` and
`tests/inventory` are about, and those read for themselves.
"""

from collections import defaultdict
from collections.abc import Callable, Container
from typing import Any

from portal.api.pieces import read_records

MOST = 50_000  # records that are remembered, of some 500 bytes each
type Make = Callable[[Any], Any]

_made: defaultdict[Make, dict[str, Any]] = defaultdict(dict)


def read_once(body: bytes, known: Container[str], make: Make) -> list[tuple[str, Any]]:
    """As `portal.api.pieces.read_records`."""
    made = _made[make]
    if len(made) > MOST:
        made.clear()
    before = dict(made)  # other threads read as well
    found = read_records(body, before, make)
    made.update({digest: one for digest, one in found if digest and one is not None})
    return [(digest, None if digest in known else before.get(digest, one)) for digest, one in found]
