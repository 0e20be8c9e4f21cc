"""Which code a process runs: the same text for the same code, on whatever machine; and which release it is of."""

from functools import cache
from hashlib import sha256
from pathlib import Path

VERSION = "0.1.0"  # as in pyproject.toml, which is not where the portal runs
# The oldest release whose database this one takes over, while processes of it still run: raised together with a
# migration that drops what an older one uses (`unused_since`). `migrate` refuses older ones (portal.backups.releases).
UPGRADES_FROM = "0.1.0"
ROOT = Path(__file__).resolve().parent.parent
CODE = ("portal/**/*.py", "templates/**/*.html", "templates/**/*.txt")
NOT_OURS = "portal/sandbox/"  # the platform to try things on


@cache
def release() -> str:
    """Of the code as it was when it was first asked for."""
    digest = sha256()
    for path in sorted(path.relative_to(ROOT).as_posix() for pattern in CODE for path in ROOT.glob(pattern)):
        if not path.startswith(NOT_OURS):
            digest.update(path.encode() + b"\0" + (ROOT / path).read_bytes() + b"\0")
    return digest.hexdigest()[:12]
