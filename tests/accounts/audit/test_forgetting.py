"""Old entries of the audit trail go where a setting says so, and whoever cuts off more is found out."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from portal.accounts.audit import append_only, forgetting, trail
from portal.accounts.models import AuditEntry, Customer, User
from portal.accounts.people.removal import remove

KEPT = 365


@pytest.fixture
def customer(db: None, settings: Any) -> Customer:
    settings.KEEP_TRAIL_DAYS = KEPT
    return Customer.objects.create(number="10001", name="Example")


def happen(customer: Customer | None, *, days_ago: float, target: str = "", actor: User | None = None) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=days_ago)):
        trail.record("key.replaced", customer=customer, target=target, actor=actor)


def numbers(chain: str = "10001") -> list[int]:
    return list(AuditEntry.objects.filter(chain=chain).order_by("sequence").values_list("sequence", flat=True))


def problems() -> list[str]:
    return list(trail.problems({}))


def tamper(sql: str) -> None:
    append_only.unprotect(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql)
    append_only.protect(connection)


def test_what_is_older_goes_and_the_rest_is_whole(customer: Customer) -> None:
    for days in (500, 400, 300, 2):
        happen(customer, days_ago=days)
    assert forgetting.forget_old() == 2
    assert numbers() == [3, 4, 5]
    assert problems() == []


def test_an_entry_says_so(customer: Customer) -> None:
    happen(customer, days_ago=400)
    happen(customer, days_ago=1)
    digest = AuditEntry.objects.get(sequence=1).digest
    forgetting.forget_old()
    entry = AuditEntry.objects.get(action="trail.forgotten")
    assert (entry.chain, entry.sequence, entry.actor) == ("10001", 3, "")
    assert entry.after == trail.as_json({"until": 1, "digest": digest, "records": 1})


def test_each_chain_by_itself_and_the_portals_own(customer: Customer) -> None:
    happen(customer, days_ago=400)
    happen(None, days_ago=400)
    happen(None, days_ago=3)
    assert forgetting.forget_old() == 2
    assert (numbers(), numbers("")) == ([2], [2, 3])
    assert problems() == []


def test_once_a_day_at_most(customer: Customer) -> None:
    happen(customer, days_ago=KEPT + 1)
    happen(customer, days_ago=KEPT - 1)
    assert forgetting.forget_old() == 1
    assert forgetting.forget_old() == 0
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert forgetting.forget_old() == 1
        assert problems() == []


def test_years_later_too_what_vouches_goes_itself(customer: Customer) -> None:
    happen(customer, days_ago=0)
    for years in range(1, 5):
        with time_machine.travel(timezone.now() + timedelta(days=years * (KEPT + 2))):
            assert forgetting.forget_old() == 1
            assert problems() == []
    assert numbers() == [5]


def test_many_go_a_part_at_a_time(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "MOST", 2)
    for _ in range(5):
        happen(customer, days_ago=400)
    assert [forgetting.forget_old() for _ in range(4)] == [2, 2, 1, 0]
    assert problems() == []


def test_nothing_goes_where_all_is_to_be_kept(customer: Customer, settings: Any) -> None:
    settings.KEEP_TRAIL_DAYS = 0
    happen(customer, days_ago=30_000)
    assert forgetting.forget_old() == 0
    assert numbers() == [1]


def test_an_anchor_from_before_still_holds(customer: Customer, tmp_path: Path) -> None:
    happen(customer, days_ago=400)
    call_command("verify_audit", write_anchor=tmp_path / "old", verbosity=0)
    happen(customer, days_ago=300)
    call_command("verify_audit", write_anchor=tmp_path / "new", verbosity=0)
    forgetting.forget_old()
    for anchor in ("old", "new"):
        call_command("verify_audit", anchor=tmp_path / anchor, verbosity=0)


def test_whoever_cuts_off_more_is_found_out(customer: Customer) -> None:
    for days in (400, 300, 200, 1):
        happen(customer, days_ago=days)
    forgetting.forget_old()
    tamper("DELETE FROM accounts_auditentry WHERE sequence = 2")
    assert problems() == ["chain 10001: 1 missing before number 3"]


@pytest.mark.parametrize("more", ["2", "9"])
def test_so_is_whoever_says_that_more_went(customer: Customer, more: str) -> None:
    for days in (400, 300, 200, 1):
        happen(customer, days_ago=days)
    forgetting.forget_old()
    tamper("DELETE FROM accounts_auditentry WHERE sequence = 2")
    tamper(f"UPDATE accounts_auditentry SET after = replace(after, '\"until\": 1', '\"until\": {more}')")
    with pytest.raises(CommandError, match="not as it was written"):
        call_command("verify_audit", verbosity=0)


def test_a_person_can_be_removed_from_what_is_left(customer: Customer) -> None:
    ada = User.objects.create_user("ada@example.com")
    happen(customer, days_ago=400, actor=ada)
    happen(customer, days_ago=300, actor=ada)
    forgetting.forget_old()
    remove(ada)
    assert not AuditEntry.objects.filter(actor__contains="ada").exists()
    assert problems() == []
    with time_machine.travel(timezone.now() + timedelta(days=100)):
        assert forgetting.forget_old() == 1
        assert problems() == []
