"""Seeds the demo world as it begins at each of several moments: `python -m tests.support.worlds DIRECTORY TIME …`.

By one process: to start Python, to load Django and to make the tables takes longer than to seed.
"""

import shutil
import sys
from datetime import datetime
from pathlib import Path


def name_of(at: datetime) -> str:
    """Of the file with the world that begins then."""
    return f"world-{at.timestamp():.0f}"


def seed(directory: Path, moments: list[datetime]) -> None:
    """The sandbox's database is an empty one, and gets each world for a while."""
    import django

    django.setup()

    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from portal.sandbox.seed import DEMO_SPLIT
    from portal.sandbox.seed import seed as seed_one

    settings.VAR.mkdir(exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    for at in moments:
        seed_one(DEMO_SPLIT, 1, at)
        connection.close()
        shutil.copy(connection.settings_dict["NAME"], directory / f"{name_of(at)}.sqlite3")


if __name__ == "__main__":
    seed(Path(sys.argv[1]), [datetime.fromisoformat(text) for text in sys.argv[2:]])
