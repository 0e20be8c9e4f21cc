"""The trail's page: a manager's own customer only, filtered, as CSV and JSON lines; and what gets onto it."""

import csv
import io
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from portal.accounts.access import Scope, get_scope
from portal.accounts.audit import trail as audit_trail
from portal.accounts.audit.actions import ACTIONS
from portal.accounts.models import AuditEntry, Customer, User
from portal.changes.decisions import cancel, look, resolve_conflict, retry
from portal.changes.models import Change, State
from portal.changes.submit import Intent, submit
from portal.resources.types import TYPES
from tests.customer.conftest import text_of

TRAIL = "/c/10001/trail/"


@pytest.fixture
def trail(cast: dict[str, User]) -> Customer:
    """A few entries of customer 10001, and one of another."""
    customer = Customer.objects.get(number="10001")
    with audit_trail.asking(audit_trail.Asker("192.0.2.7", cast["operator"])):
        audit_trail.record(
            "change.submitted", customer=customer, target="virtualmachine/shop13", after={"memory": 2048}
        )
    with audit_trail.asking(audit_trail.Asker("2001:db8::1", cast["manager"])):
        before, after = {"role": "viewer"}, {"role": "operator"}
        audit_trail.record("member.changed", customer=customer, target="x@example.com", before=before, after=after)
        audit_trail.record("key.replaced", customer=customer, target="=cmd|' /C calc'!A0")
    audit_trail.record("key.replaced", customer=Customer.objects.get(number="10002"), target="foreign-secret-group")
    return customer


def targets(client: Client, **filters: str) -> list[str]:
    rows = lines(client.get(TRAIL, {**filters, "format": "jsonl"}))
    return [row["target"] for row in rows if row["action"] != "exported"]


def lines(response: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]


def test_a_manager_reads_who_did_what_from_where_with_before_and_after(
    trail: Customer, signed_in: Callable[[str], Client]
) -> None:
    page = text_of(signed_in("manager").get(TRAIL))
    assert "Role changed x@example.com Role Viewer Operator manager@example.com 2001:db8::1" in page
    assert "Change submitted Machine shop13 Memory 2 GiB operator@example.com 192.0.2.7" in page
    assert "foreign-secret-group" not in page


def test_an_edit_that_cancels_a_deletion_is_told_with_its_day(
    trail: Customer, signed_in: Callable[[str], Client]
) -> None:
    before = {"memory": 512, "deletion": {"deadline": "2026-12-02", "stages": []}}
    after = {"memory": 1024}
    audit_trail.record("change.submitted", customer=trail, target="virtualmachine/old03", before=before, after=after)
    assert "Deletion 2 Dec 2026" in text_of(signed_in("manager").get(TRAIL))


ODD: list[Any] = [
    None, "", "odd", 0, -1.5, True, [], ["odd", 1, None, {}], {}, {"deadline": ""}, {"deadline": 7}, {"odd": [1]},
]  # fmt: skip


@pytest.mark.parametrize("type_name", TYPES)
def test_whatever_stands_in_an_entry_the_page_shows_it(
    trail: Customer, signed_in: Callable[[str], Client], type_name: str
) -> None:
    for value in ODD:
        values = dict.fromkeys((*TYPES[type_name].field_names, "unknown"), value)
        for before, after in ((values, None), (None, values), (values, {"change": 1})):
            audit_trail.record("change.submitted", customer=trail, target=f"{type_name}/a", before=before, after=after)
    assert signed_in("manager").get(TRAIL).status_code == 200


def test_the_trail_is_told_in_the_readers_language(trail: Customer, signed_in: Callable[[str], Client]) -> None:
    audit_trail.record("sign_in.done", customer=trail, target="x@example.com", after={"by": ["mfa", "password"]})
    audit_trail.record("change.cancelled", customer=trail, target="change 12", before={"state": "queued"}, after={})
    audit_trail.record("threshold.set", customer=trail, target="traffic shop", after={"limit": "5000000000 B"})
    audit_trail.record("second_factor.added", customer=trail, target="totp")
    audit_trail.record("exported", customer=trail, target="invoice", after={"format": "csv", "records": 45})
    client = signed_in("manager")
    client.post("/preferences/language", {"language": "de"})
    page = text_of(client.get(TRAIL))
    assert "Rolle geändert x@example.com Rolle Ansicht Betrieb" in page
    assert "Änderung beauftragt Maschine shop13 RAM 2 GiB" in page
    assert "Angemeldet x@example.com Angemeldet mit Zwei-Faktor, Passwort" in page
    assert "Änderung 12 Zustand In Warteschlange" in page
    assert "Budget gesetzt Datenverkehr von shop Monatsbudget 5000000000 B" in page
    assert "Zwei-Faktor-Methode hinzugefügt Authenticator-App" in page
    assert "Exportiert Rechnung Format csv Einträge 45" in page


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"kind": "key"}, 1),
        ({"kind": "member"}, 1),
        ({"person": "operator@example.com"}, 1),
        ({"q": "shop13"}, 1),
        ({"q": "192.0.2.7"}, 1),
        ({"q": "192.0.2.7:51234"}, 1),
        ({"q": "Olaf Operator"}, 1),
        ({"q": "oLAF"}, 1),
        ({"since": "2000-01-01", "until": "2000-12-31"}, 0),
        ({"since": "2000-01-01"}, 3),
        ({"kind": "nonsense", "since": "never", "page": "x"}, 3),
        ({"since": "0001-01-01", "until": "9999-12-31"}, 3),
        ({"q": "%"}, 0),
        ({"person": "outsider@example.com"}, 0),
        ({"q": "foreign"}, 0),
        ({"q": "\0"}, 3),
    ],
)
def test_filters_show_what_they_say(
    trail: Customer, signed_in: Callable[[str], Client], filters: dict[str, str], found: int
) -> None:
    client = signed_in("manager")
    assert client.get(TRAIL, filters).status_code == 200
    assert len(targets(client, **filters)) == found


def test_csv_is_whole_and_safe_to_open(trail: Customer, signed_in: Callable[[str], Client]) -> None:
    response = signed_in("manager").get(TRAIL, {"format": "csv"})
    assert "attachment" in response.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert [row["No."] for row in rows[:3]] == ["1", "2", "3"]
    assert rows[2]["Target"].startswith("'=cmd")
    assert (rows[1]["Before"], rows[1]["After"]) == ("Role: Viewer", "Role: Operator")


def test_json_lines_can_be_verified_by_anybody(trail: Customer, signed_in: Callable[[str], Client]) -> None:
    found = lines(signed_in("manager").get(TRAIL, {"format": "jsonl"}))
    assert [row["previous"] for row in found[1:]] == [row["digest"] for row in found[:-1]]
    assert found[1]["after"] == {"role": "operator"}


def test_an_export_goes_on_record(trail: Customer, signed_in: Callable[[str], Client]) -> None:
    signed_in("manager").get(TRAIL, {"format": "csv", "kind": "key"})
    entry = AuditEntry.objects.get(action="exported")
    assert (entry.actor, entry.target) == ("manager@example.com", "trail")
    assert json.loads(entry.after) == {"format": "csv", "kind": "key"}


@pytest.mark.parametrize("name", ["operator", "viewer", "billing", "child"])
def test_the_trail_is_for_managers_and_a_refusal_goes_on_it(
    trail: Customer, signed_in: Callable[[str], Client], name: str
) -> None:
    for ending in ("", "csv", "jsonl"):
        assert signed_in(name).get(TRAIL, {"format": ending}).status_code == 403
    refused = AuditEntry.objects.filter(action="refused", chain="10001", actor=f"{name}@example.com")
    assert {entry.target for entry in refused} == {f"GET {TRAIL}"}


def test_another_customers_trail_is_not_found(trail: Customer, signed_in: Callable[[str], Client]) -> None:
    assert signed_in("outsider").get(TRAIL).status_code == 404
    assert not AuditEntry.objects.filter(action="refused").exists()


def test_pages_are_turned(trail: Customer, signed_in: Callable[[str], Client]) -> None:
    for number in range(60):
        audit_trail.record("exported", customer=trail, target=f"number-{number}")
    client = signed_in("manager")
    first, second = (text_of(client.get(TRAIL, {"page": page})) for page in ("1", "2"))
    assert "number-59" in first
    assert "number-5 " not in first
    assert "number-5 " in second
    assert text_of(client.get(TRAIL, {"page": "99"})).count("No entry") == 0


def test_a_change_and_what_is_decided_about_it_go_on_record(
    browse: Callable[[str], Client], cast: dict[str, User]
) -> None:
    browse("operator").get("/c/10001/virtualmachine/")
    scope = get_scope(cast["operator"], "10001")
    wanted = Intent(type_name="virtualmachine", key="shop13", wanted={"memory": 2048}, before={"memory": 1024})
    change = submit(scope, [wanted], "token")
    submit(scope, [wanted], "token")  # the double click is no second act
    cancel(scope, change)
    entries = AuditEntry.objects.filter(action__startswith="change.").order_by("sequence")
    assert [(entry.action, entry.target) for entry in entries] == [
        ("change.submitted", "virtualmachine/shop13"),
        ("change.cancelled", "change 1"),
    ]
    assert json.loads(entries[0].before)["memory"] == 1024
    assert json.loads(entries[0].after)["memory"] == 2048


@pytest.mark.parametrize(
    ("action", "state", "decision"),
    [
        ("change.retried", State.REJECTED, retry),
        ("change.looked_up", State.UNKNOWN, look),
        ("change.overwritten", State.CONFLICT, partial(resolve_conflict, overwrite=True)),
        ("change.cancelled", State.CONFLICT, partial(resolve_conflict, overwrite=False)),
    ],
)
def test_every_decision_about_a_change_goes_on_record(
    browse: Callable[[str], Client],
    cast: dict[str, User],
    action: str,
    state: State,
    decision: Callable[[Scope, Change], object],
) -> None:
    browse("operator").get("/c/10001/virtualmachine/")
    scope = get_scope(cast["operator"], "10001")
    wanted = Intent(type_name="virtualmachine", key="shop13", wanted={"memory": 2048}, before={"memory": 1024})
    change = submit(scope, [wanted], "token")
    found = {"item": 0, "reason": "changed", "fields": {"memory": {"before": 1024, "wanted": 2048, "present": 512}}}
    Change.objects.update(state=state, answer={"kind": "conflict", "items": [found]})
    change.refresh_from_db()
    with audit_trail.asking(audit_trail.Asker("192.0.2.7", cast["operator"])):
        decision(scope, change)
    entry = AuditEntry.objects.get(action=action)
    assert (entry.chain, entry.actor, entry.target) == ("10001", "operator@example.com", "change 1")
    assert action == "change.looked_up" or json.loads(entry.before) == {"state": state}


def test_the_csv_of_a_list_goes_on_record(browse: Callable[[str], Client]) -> None:
    browse("viewer").get("/c/10001/virtualmachine/?format=csv&q=shop")
    entry = AuditEntry.objects.get(action="exported")
    assert (entry.actor, entry.target) == ("viewer@example.com", "virtualmachine")
    assert "q=shop" in entry.after


def test_every_action_that_is_recorded_has_a_name() -> None:
    """Read from the code: whoever records something new has to say what it is called."""
    written = re.compile(r'record(?:_person|_attempt)?\(\s*"([a-z_.]+)"')
    found = {
        name for path in Path("portal").rglob("*.py") for name in written.findall(path.read_text(encoding="utf-8"))
    }
    assert len(found) > 20
    assert found <= set(ACTIONS), found - set(ACTIONS)
