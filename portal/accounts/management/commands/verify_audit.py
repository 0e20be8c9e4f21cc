"""`manage.py verify_audit`: whether anybody changed, deleted, reordered or cut off entries of the audit trail."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.accounts.audit import trail


class Command(BaseCommand):
    help = (
        "Verify the audit trail; fails with what is wrong. With --anchor also that nothing was cut off since that "
        "anchor was written (--write-anchor): keep it where the portal's administrators cannot change it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anchor", type=Path, help="file with an earlier state of the trail")
        parser.add_argument("--write-anchor", type=Path, help="file to write the trail's present state to")

    def handle(self, *args: Any, anchor: Path | None, write_anchor: Path | None, **options: Any) -> None:
        ends = trail.heads()
        wrong = list(trail.problems(read_anchor(anchor) if anchor else {}))
        if wrong:
            raise CommandError("\n".join(["The audit trail is not as it was written.", *wrong]))
        if write_anchor:
            write_anchor.write_text(json.dumps(ends, indent=1, sort_keys=True) + "\n")
        self.stdout.write(f"{sum(number for number, _digest in ends.values())} entries verified")


def read_anchor(path: Path) -> Mapping[str, tuple[int, str]]:
    """The anchor in a file: {chain: [number, digest]}."""
    try:
        return {
            str(chain): (int(number), str(digest)) for chain, (number, digest) in json.loads(path.read_text()).items()
        }
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CommandError(f"{path} is no anchor: {error}") from error
