"""`make protections`: which test fails without each protection of the pipeline, of sealing and of scopes.

Takes out one after the other. Not in CI: it takes some minutes, and what it says changes only when these files do.

In a clone of what is committed, on PostgreSQL, as production: SQLite has one writer at a time, and hides what two at
once would do. Fails where nothing notices. docs/mutants.md has the table.
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts import postgres
from scripts.environment import ROOT
from scripts.processes import StartError


@dataclass(frozen=True)
class Protection:
    name: str
    file: str
    text: str
    without: str  # what stands there instead
    tests: str
    also: tuple[str, str] = ("", "")  # a second place in the file that goes with it


PROTECTIONS = (
    Protection(
        "changes of a customer go out in their order",
        "portal/changes/leases.py",
        "ahead.exclude(held_up).exists()",
        "False",
        "tests/changes/test_leases.py",
    ),
    Protection(
        "nothing goes out while another one is in flight",
        "portal/changes/leases.py",
        "    if others.filter(state__in=IN_FLIGHT).exists():\n        return False\n",
        "",
        "tests/changes/test_leases.py tests/changes/test_reconcile.py",
    ),
    Protection(
        "a lease is taken by compare-and-set",
        "portal/changes/leases.py",
        "free = Change.objects.filter(_free(), pk=pk, state=change.state)",
        "free = Change.objects.filter(pk=pk)",
        "tests/changes/test_leases.py",
    ),
    Protection(
        "who has lost the lease writes nothing",
        "portal/changes/leases.py",
        "pk=change.pk, state=state, lease_holder=change.lease_holder",
        "pk=change.pk, state=state",
        "tests/changes/test_leases.py tests/changes/test_crash.py",
    ),
    Protection(
        "nobody departs on an expired lease",
        "portal/changes/leases.py",
        ".filter(lease_until__gt=now)",
        "",
        "tests/changes/test_leases.py",
    ),
    Protection(
        "what stood still since it was written down as sent is not sent",
        "portal/changes/perform.py",
        "    if is_late(change):\n        outcome.put_back(change)\n        return\n",
        "",
        "tests/changes/test_perform.py",
    ),
    Protection(
        "a lease that is kept is kept for its holder alone",
        "portal/changes/leases.py",
        "filter(pk=change.pk, lease_holder=change.lease_holder)\n    return leasing",
        "filter(pk=change.pk)\n    return leasing",
        "tests/changes/test_leases.py",
    ),
    Protection(
        "a lost answer is looked for in the log",
        "portal/changes/reconcile.py",
        "    if change.log_serial is None:\n        return None\n",
        "    return None\n",
        "tests/changes/test_reconcile.py",
    ),
    Protection(
        "what may still land is not sent again",
        "portal/changes/reconcile.py",
        "    if not landed and logged is None:\n        _look_again(change, change.answer)\n        return True\n",
        "",
        "tests/changes/test_reconcile.py",
    ),
    Protection(
        "what somebody else changed meanwhile is asked about",
        "portal/changes/perform.py",
        "elif found := conflicts(items, present, own_values(change)):",
        "elif found := []:",
        "tests/changes/test_perform.py",
    ),
    Protection(
        "rights are looked up right before sending",
        "portal/changes/perform.py",
        "if refusal := rights.refusal(change, items, present):",
        "if refusal := {}:",
        "tests/changes/test_rights.py",
    ),
    Protection(
        "a form's token makes one change",
        "portal/changes/submit.py",
        "(earlier := _submitted(scope, token)) is not None:  # the other click was faster",
        "(earlier := None) is not None:",
        "tests/changes/test_submit.py",
    ),
    Protection(
        "a slow refresh does not undo a change",
        "portal/inventory/snapshots/current.py",
        "return relearn(fetched, previous.learned) if previous else fetched",
        "return fetched",
        "tests/inventory/snapshots/test_write_through.py",
    ),
    Protection(
        "an older refresh does not replace a newer one",
        "portal/inventory/snapshots/current.py",
        "if previous is None or previous.head.number < head.number:",
        "if True:",
        "tests/inventory/snapshots/test_write_through.py",
    ),
    Protection(
        "what is sealed opens in its place only",
        "portal/accounts/keys/sealing.py",
        "nonce, value, place)",
        'nonce, value, b"")',
        "tests/accounts/test_models.py tests/inventory/snapshots/test_sealed.py",
        ("sealed[FINGERPRINT + NONCE :], place)", 'sealed[FINGERPRINT + NONCE :], b"")'),
    ),
    Protection(
        "each purpose has keys of its own",
        "portal/accounts/keys/sealing.py",
        "info=purpose.encode()",
        'info=b""',
        "tests/accounts/keys/test_sealing.py",
    ),
    Protection(
        "a limited scope is cut out of what the customer has",
        "portal/inventory/listings/for_scope.py",
        "view = limit(scope.customer, view, scope.root, groups, machines)",
        "pass",
        "tests/inventory/listings/test_scoping.py",
    ),
    Protection(
        "a customer is found by membership only",
        "portal/accounts/access.py",
        "if membership.customer.number == customer_no and isinstance(user, User):",
        "if isinstance(user, User):",
        "tests/isolation/test_walk.py",
    ),
    Protection(
        "changes are shown within the scope",
        "portal/changes/reads/visibility.py",
        "return items.filter(_within(scope), type_name__in=types)",
        "return items.filter(type_name__in=types)",
        "tests/isolation/test_walk.py tests/customer/changes/test_pages.py",
    ),
    Protection(
        "a window begins after the lead time",
        "portal/resources/windows.py",
        "if earliest <= window.starts < window.ends:",
        "if earliest <= window.ends and window.starts < window.ends:",
        "tests/resources",
    ),
    Protection(
        "what is sent twice is done once",
        "portal/accounts/submit_once.py",
        "while not _begin(key):",
        "while False:",
        "tests/accounts/test_submit_once.py",
    ),
    Protection(
        "a plan's row is held by whoever does something with it",
        "portal/plans/held.py",
        'Plan.objects.select_for_update(of=("self",))',
        "Plan.objects",
        "tests/plans/test_applying.py tests/plans/test_compose.py",
    ),
    Protection(
        "a plan is applied as it was seen",
        "portal/plans/applying.py",
        "        if now.revision != revision:\n            raise Edited\n",
        "",
        "tests/plans/test_applying.py",
    ),
    Protection(
        "later parts of a plan stand by",
        "portal/plans/applying.py",
        "stands_by=position > 0",
        "stands_by=False",
        "tests/plans/test_parts_under_way.py",
    ),
    Protection(
        "a plan is not open while a part of it is under way",
        "portal/plans/applying.py",
        "    elif following.is_over:",
        "    elif any(part.change.state in NOT_TAKEN for part in parts):",
        "tests/plans/test_parts_under_way.py",
        ("from portal.plans.models import Part,", "from portal.plans.models import NOT_TAKEN, Part,"),
    ),
    Protection(
        "what is through is not sent again",
        "portal/plans/review.py",
        "plan.entries.filter(change=None)",
        "plan.entries",
        "tests/plans/test_parts_under_way.py",
    ),
    Protection(
        "a plan's change is asked for again by its plan alone",
        "portal/changes/decisions.py",
        "if change.plan_number is not None and change.state in (State.REJECTED, State.CONFLICT):",
        "if False:",
        "tests/plans/test_parts_under_way.py",
    ),
    Protection(
        "an approval is of a revision",
        "portal/plans/approval.py",
        "plan.remarks.filter(revision=plan.revision, kind__in=VERDICTS)",
        "plan.remarks.filter(kind__in=VERDICTS)",
        "tests/plans/test_approval.py",
    ),
    Protection(
        "who asked for any of it does not approve",
        "portal/plans/approval.py",
        "for who in (entry.author_id, *entry.earlier_authors)",
        "for who in (entry.author_id,)",
        "tests/plans/test_approval.py",
    ),
    Protection(
        "an approval counts while who gave it may",
        "portal/plans/approval.py",
        "any(_may_still(plan, one.author, entries, has_reason=bool(one.text.strip())) for one in standing)",
        "bool(standing)",
        "tests/plans/test_approval.py",
    ),
    Protection(
        "who sees part of a plan does not apply it",
        "portal/plans/review.py",
        '"hidden": bool(self.hidden),',
        '"hidden": False,',
        "tests/plans/test_review.py",
    ),
    Protection(
        "entries are shown within the scope",
        "portal/plans/visibility.py",
        "if id(entry) in nowhere or _is_within(entry, groups))",
        ")",
        "tests/plans/test_review.py",
    ),
    Protection(
        "a conflict is decided about as it was shown",
        "portal/plans/answers.py",
        "shown is not None and shown.get(name) != found.shows(name)",
        "False",
        "tests/customer/plans/test_circumstances.py",
    ),
)


def failing(clone: Path, protection: Protection, env: dict[str, str]) -> str:
    """The test that fails without it; '' where none does."""
    file = clone / protection.file
    before = file.read_text()
    if protection.text not in before or protection.also[0] not in before:
        raise SystemExit(f"{protection.name}: {protection.file} does not say {protection.text!r} any more")
    file.write_text(before.replace(protection.text, protection.without).replace(*protection.also))
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", *protection.tests.split()]
    try:
        output = subprocess.run(command, cwd=clone, env=env, capture_output=True, text=True, check=False).stdout
    finally:
        file.write_text(before)
    match = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
    return match[1] if match else ""


@contextlib.contextmanager
def cloned() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="portal-protections-") as directory:
        clone = Path(directory) / "portal"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        for name in (".venv", "node_modules"):
            (clone / name).symlink_to(ROOT / name)
        yield clone


def unnoticed() -> int:
    """How many can be taken out without a test that fails; says of each what fails."""
    bin_directory = postgres.binaries()
    if bin_directory is None:
        raise StartError("no PostgreSQL found (initdb is neither on PATH nor in /usr/lib/postgresql)")
    with cloned() as clone, postgres.running(bin_directory) as url:
        env = os.environ | {"DATABASE_URL": url, "SANDBOX_DATABASE_URL": url}
        found = 0
        for protection in PROTECTIONS:
            test = failing(clone, protection, env)
            found += not test
            print(f"{protection.name}: {test or 'NOTHING NOTICES'}", flush=True)
    return found


def main() -> int:
    try:
        return 1 if unnoticed() else 0
    except StartError as error:
        print(f"protections: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
