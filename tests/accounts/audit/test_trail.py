"""The audit trail is only ever added to, and whoever changes it behind the portal's back is found out."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from portal.accounts.audit import actions, append_only
from portal.accounts.audit import trail as audit_trail
from portal.accounts.models import AuditEntry, AuditHead, Customer, User


@pytest.fixture
def customer(db: None) -> Customer:
    return Customer.objects.create(number="10001", name="Example")


@pytest.fixture
def trail(customer: Customer) -> list[AuditEntry]:
    return [
        audit_trail.record("key.replaced", customer=customer, target=f"group{n}", after={"n": n}) for n in range(1, 6)
    ]


@pytest.fixture
def tamper(trail: list[AuditEntry]) -> Callable[[str], None]:
    """Runs SQL as somebody does who owns the database: the triggers are out of the way."""

    def run(sql: str) -> None:
        append_only.unprotect(connection)
        with connection.cursor() as cursor:
            cursor.execute(sql)
        append_only.protect(connection)

    return run


def verify(anchor: Path | None = None) -> str:
    """What verify_audit complains about, '' for nothing."""
    try:
        call_command("verify_audit", anchor=anchor, verbosity=0)
    except CommandError as error:
        return str(error)
    return ""


def test_an_untouched_trail_is_whole(trail: list[AuditEntry]) -> None:
    assert verify() == ""


def test_an_entry_says_who_did_what_from_where(customer: Customer) -> None:
    user = User.objects.create_user("maren@example.com")
    with audit_trail.asking(audit_trail.Asker("192.0.2.7", user)):
        audit_trail.record(
            "role.changed", customer=customer, target="olaf", before={"role": "viewer"}, after={"role": "x"}
        )
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_id, entry.address) == ("maren@example.com", user.pk, "192.0.2.7")
    assert (entry.action, entry.target, entry.chain) == ("role.changed", "olaf", "10001")
    assert json.loads(entry.before) == {"role": "viewer"}


def test_many_at_once_are_as_one_after_the_other_and_take_no_more_statements(
    customer: Customer, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    audit_trail.record("key.replaced", customer=customer, target="before")
    done = [(f"virtualmachine/shop{n}", {"cores": n}, {"cores": n + 1}) for n in range(400)]
    with django_assert_max_num_queries(5):  # two of them the savepoint's
        audit_trail.record_all("change.submitted", done, customer=customer)
    audit_trail.record("key.replaced", customer=customer, target="after")
    told = AuditEntry.objects.order_by("sequence").values_list("target", flat=True)
    assert list(told) == ["before", *(target for target, _before, _after in done), "after"]
    assert json.loads(AuditEntry.objects.get(sequence=2).after) == {"cores": 1}
    assert verify() == ""


def test_none_at_once_is_nothing(customer: Customer) -> None:
    assert audit_trail.record_all("change.submitted", [], customer=customer) == []
    assert verify() == ""


def test_the_asker_is_forgotten_with_the_request(customer: Customer) -> None:
    with audit_trail.asking(audit_trail.Asker("192.0.2.7")):
        pass
    assert audit_trail.record("export", customer=customer).address == ""


@pytest.mark.parametrize("sql", ["UPDATE accounts_auditentry SET actor = 'x'", "DELETE FROM accounts_auditentry"])
def test_the_database_refuses_to_change_entries(trail: list[AuditEntry], sql: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert AuditEntry.objects.count() == len(trail)


@pytest.mark.parametrize("column", ["actor", "address", "target", "after", "action"])
def test_an_edit_is_found(tamper: Callable[[str], None], column: str) -> None:
    tamper(f"UPDATE accounts_auditentry SET {column} = 'x' WHERE sequence = 3")
    assert "number 3 was changed" in verify()


def test_a_changed_time_is_found(tamper: Callable[[str], None]) -> None:
    tamper("UPDATE accounts_auditentry SET at = '2020-01-01 00:00:00' WHERE sequence = 3")
    assert "number 3 was changed" in verify()


def test_a_deletion_in_the_middle_is_found(tamper: Callable[[str], None]) -> None:
    tamper("DELETE FROM accounts_auditentry WHERE sequence = 3")
    assert "1 missing before number 4" in verify()


def test_another_order_is_found(tamper: Callable[[str], None]) -> None:
    tamper("UPDATE accounts_auditentry SET sequence = 99 WHERE sequence = 3")
    tamper("UPDATE accounts_auditentry SET sequence = 3 WHERE sequence = 4")
    tamper("UPDATE accounts_auditentry SET sequence = 4 WHERE sequence = 99")
    assert "was changed" in verify()
    assert "does not follow" in verify()


def test_a_cut_off_end_is_found(tamper: Callable[[str], None]) -> None:
    tamper("DELETE FROM accounts_auditentry WHERE sequence > 3")
    assert "ends with number 3, but 5 were written" in verify()


def rewrite(keep: int) -> None:
    """What somebody does who knows how the chain is made: cuts it off, and the head with it."""
    append_only.unprotect(connection)
    AuditEntry.objects.filter(sequence__gt=keep).delete()
    append_only.protect(connection)
    digest = AuditEntry.objects.get(sequence=keep).digest if keep else ""
    AuditHead.objects.update(sequence=keep, digest=digest)


@pytest.mark.parametrize("keep", [0, 3])
def test_a_consistent_cut_is_found_by_an_anchor_kept_elsewhere(
    trail: list[AuditEntry], tmp_path: Path, keep: int
) -> None:
    anchor = tmp_path / "anchor.json"
    call_command("verify_audit", write_anchor=anchor, verbosity=0)
    rewrite(keep)
    assert verify() == ""
    assert "as the anchor has it" in verify(anchor)


def test_a_rewritten_past_is_found_by_an_anchor(trail: list[AuditEntry], customer: Customer, tmp_path: Path) -> None:
    anchor = tmp_path / "anchor.json"
    call_command("verify_audit", write_anchor=anchor, verbosity=0)
    rewrite(3)
    for _again in range(2):
        audit_trail.record("harmless", customer=customer)
    assert verify() == ""
    assert "as the anchor has it" in verify(anchor)


def test_a_chain_that_is_gone_is_found_by_an_anchor(trail: list[AuditEntry], tmp_path: Path) -> None:
    anchor = tmp_path / "anchor.json"
    call_command("verify_audit", write_anchor=anchor, verbosity=0)
    rewrite(0)
    AuditHead.objects.all().delete()
    assert "as the anchor has it" in verify(anchor)


def test_what_was_added_since_the_anchor_is_no_problem(
    trail: list[AuditEntry], customer: Customer, tmp_path: Path
) -> None:
    anchor = tmp_path / "anchor.json"
    call_command("verify_audit", write_anchor=anchor, verbosity=0)
    audit_trail.record("key.replaced", customer=customer)
    assert verify(anchor) == ""


@pytest.mark.parametrize("text", ["", "[]", '{"": 3}', "nothing"])
def test_a_file_that_is_no_anchor_is_said_to_be_none(db: None, tmp_path: Path, text: str) -> None:
    anchor = tmp_path / "anchor.json"
    anchor.write_text(text)
    assert "is no anchor" in verify(anchor)


def test_what_is_undone_leaves_no_entry(customer: Customer) -> None:
    with transaction.atomic():
        audit_trail.record("key.replaced", customer=customer)
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()
    assert verify() == ""


def test_odd_text_is_kept_as_far_as_a_database_can(customer: Customer) -> None:
    audit_trail.record("x", customer=customer, target="a\0b\ud800c" + "d" * 1000, after={"odd": "\0\ud800"})
    entry = AuditEntry.objects.get()
    assert entry.target.startswith("ab?c")
    assert json.loads(entry.after) == {"odd": "\0\ud800"}
    assert verify() == ""


@pytest.mark.django_db(transaction=True)
def test_entries_written_at_the_same_time_form_one_chain() -> None:
    customer = Customer.objects.create(number="10001", name="Example")

    def write(n: int) -> None:
        try:
            audit_trail.record("export", customer=customer, target=str(n))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert sorted(AuditEntry.objects.values_list("sequence", flat=True)) == list(range(1, 41))
    assert verify() == ""


# Done by who runs it: no kind that customers choose.
OF_THE_PORTAL = ("backup.", "note.", "platform.", "announcement.", "trail.", "retention.", "release.")


def test_each_action_is_of_a_kind_that_can_be_chosen() -> None:
    assert {*actions.KINDS} == {*actions.KIND_OF}
    begun = tuple(prefix for prefixes in actions.KIND_OF.values() for prefix in prefixes)
    assert [name for name in actions.ACTIONS if not name.startswith((*begun, *OF_THE_PORTAL))] == []
