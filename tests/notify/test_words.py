"""What notices say: of each kind something, in each language, with the page that it is about."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve
from django.utils import timezone, translation

from portal.accounts.models import Customer, User
from portal.notify.kinds import KINDS
from portal.notify.models import Occurrence
from portal.notify.words import say

AT = datetime(2026, 11, 27, 2, tzinfo=UTC)
WINDOW = {
    "machine": "shop00",
    "starts": "2026-11-27T02:00:00+00:00",
    "ends": "2026-11-27T07:00:00+00:00",
    "text": "Bigger disks",
}
CHANGE = {
    "number": 7,
    "count": 1,
    "action": "set",
    "creates": False,
    "is_in_force": True,
    "answer": "",
    "key_group": "services",
}
DELETION = {"machine": "shop00", "deadline": "2026-12-04", "stage": "soft"}
INVOICE = {"month": "2026-10-01", "total": "1300.00", "before": "1000.00"}
LIMIT = {"measure": "amount", "group": "", "month": "2026-11-01", "value": "81", "limit": "100"}
MEMBER = {"who": "maren@example.com", "target": "olaf@example.com", "after": {"role": "viewer", "group": "shop"}}
# Kind → type, record, data, the title in English, and what else it says.
SAID: dict[str, tuple[str, str, dict[str, Any], str, str]] = {
    "change.done": ("virtualmachine", "shop00", CHANGE, "Change 7 of Machine shop00 is done", ""),
    "change.rejected": (
        "virtualmachine",
        "shop00",
        CHANGE | {"answer": "No such core", "count": 12},
        "Change 7 of 12 records was rejected",
        "No such core",
    ),
    "change.conflict": ("virtualmachine", "shop00", CHANGE, "Change 7 of Machine shop00 is in conflict", "Choose"),
    "change.parked": ("virtualmachine", "shop00", CHANGE, "Change 7 of Machine shop00 needs an API key", "services"),
    "machine.ready": ("virtualmachine", "shop00", {}, "Machine shop00 is ready", "installation"),
    "maintenance.announced": (
        "maintenance",
        "shop00/2026",
        WINDOW,
        "Maintenance of shop00 announced: 27 Nov 2026, 03:00",
        "Window: 27 Nov 2026, 03:00 to 27 Nov 2026, 08:00. “Bigger disks”",
    ),
    "maintenance.moved": (
        "maintenance",
        "shop00/2026",
        WINDOW | {"was": "2026-11-26T02:00:00+00:00"},
        "Maintenance of shop00 moved to 27 Nov 2026, 03:00",
        "Before, it was to start at 26 Nov 2026, 03:00.",
    ),
    "maintenance.cancelled": ("maintenance", "shop00/2026", WINDOW, "Maintenance of shop00 cancelled", "planned for"),
    "maintenance.begun": ("maintenance", "shop00/2026", WINDOW, "Maintenance of shop00 has started", "Window"),
    "maintenance.ended": (
        "maintenance",
        "shop00/2026",
        WINDOW | {"result": "success"},
        "Maintenance of shop00 is finished",
        "Result: success. “Bigger disks”",
    ),
    "mode.ending": (
        "resourcegroup",
        "shop",
        {"ends": "2026-11-27T02:00:00+00:00"},
        "Maintenance mode of group shop ends at 27 Nov 2026, 03:00",
        "alerted",
    ),
    "deletion.soon": (
        "virtualmachine",
        "shop00",
        DELETION,
        "Machine shop00 is shut down for deletion on 4 Dec 2026",
        "cancel",
    ),
    "deletion.imminent": (
        "virtualmachine",
        "shop00",
        DELETION,
        "Machine shop00 is shut down for deletion on 4 Dec 2026, within a day",
        "cancel",
    ),
    "deletion.stage": (
        "virtualmachine",
        "shop00",
        DELETION,
        "Deletion of machine shop00: Shut down, no longer charged; can be restored",
        "",
    ),
    "invoice.new": ("invoice", "2026-10-01", INVOICE, "Invoice for October 2026 is available", "1,300.00"),
    "invoice.higher": (
        "invoice",
        "2026-10-01",
        INVOICE,
        "Invoice for October 2026 is much higher than the one before",
        "1,000.00",
    ),
    "limit.near": ("", "", LIMIT, "Amount before tax in November 2026: budget almost reached", "81.00"),
    "limit.passed": (
        "",
        "",
        {"target": "traffic shop", "after": {"month": "2026-11", "value": "2000000000", "limit": "1000000000 B"}},
        "Traffic of shop in November 2026: budget exceeded",
        "Nothing was shut down",
    ),
    "platform.unreachable": (
        "",
        "",
        {"since": "2026-11-27T02:00:00+00:00"},
        "The platform has been unreachable since 27 Nov 2026, 03:00",
        "kept",
    ),
    "platform.back": ("", "", {"since": "2026-11-27T02:00:00+00:00"}, "The platform is reachable again", "03:00"),
    "key.refused": ("", "", {"target": "services"}, "The platform rejects the API key of group services", "wait"),
    "webhook.off": (
        "",
        "",
        {"target": "Chat", "after": {"why": "failing"}},
        "Webhook Chat was turned off",
        "three days",
    ),
    "invitation.accepted": ("", "", MEMBER, "olaf@example.com has accepted the invitation", "Viewer in group shop"),
    "member.changed": ("", "", MEMBER, "The role of olaf@example.com was changed", "Changed by maren@example.com."),
    "factor.removed": ("", "", MEMBER, "A two-factor method of maren@example.com was removed", "support"),
    "support.viewed": (
        "",
        "",
        {"who": "staff@example.com", "target": "olaf@example.com", "after": {"reason": "Ticket 12"}},
        "Support staff viewed the portal as olaf@example.com",
        "Ticket 12",
    ),
}


def occurrence(kind: str, **changed: Any) -> Occurrence:
    type_name, record, data, _title, _text = SAID[kind]
    fields = {"type_name": type_name, "record": record, "data": data, "at": AT, "thread": "t", "key": "k"} | changed
    return Occurrence(customer=Customer(number="10001", name="Example"), kind=kind, **fields)


def test_each_kind_has_words_here() -> None:
    assert set(SAID) == set(KINDS)


@pytest.mark.parametrize("kind", SAID)
def test_it_says_what_happened(kind: str) -> None:
    said = say(occurrence(kind))
    _type_name, _record, _data, title, text = SAID[kind]
    assert said.title == title
    assert text in said.text
    assert said.severity == KINDS[kind].severity


@pytest.mark.parametrize("kind", SAID)
def test_it_leads_to_a_page_of_the_customer(kind: str) -> None:
    path = say(occurrence(kind)).path
    assert path.startswith("/c/10001/")
    resolve(path.partition("?")[0])


@pytest.mark.parametrize("kind", SAID)
def test_it_says_so_in_german_too(kind: str) -> None:
    english = say(occurrence(kind))
    with translation.override("de"):
        german = say(occurrence(kind))
    assert german.title != english.title
    assert not english.text or german.text != english.text or english.text == SAID[kind][2].get("answer")


def test_times_are_by_the_readers_clock_with_utc_beside_where_nothing_can_be_hovered_over() -> None:
    with timezone.override("America/New_York"):
        said = say(occurrence("platform.back"), with_utc=True)
    assert "26 Nov 2026, 21:00 EST (02:00 UTC)" in said.text


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("maintenance.announced", {"ends": ""}),
        ("maintenance.announced", {"starts": "soon", "ends": "never"}),
        ("maintenance.ended", {"result": ""}),
        ("invoice.new", {"total": ""}),
        ("invoice.higher", {"before": "many"}),
        ("deletion.stage", {"stage": "another"}),
    ],
)
def test_facts_that_cannot_be_read_leave_no_broken_words(kind: str, changed: dict[str, str]) -> None:
    said = say(occurrence(kind, data=SAID[kind][2] | changed))
    assert "None" not in said.title + said.text
    assert "%(" not in said.title + said.text


def test_the_page_of_a_notice_is_there(signed_in: Any, cast: dict[str, User]) -> None:
    """Not only an address: those without a record of their own."""
    client: Client = signed_in("manager")
    for kind in ("limit.near", "key.refused", "invitation.accepted", "factor.removed", "maintenance.cancelled"):
        assert client.get(say(occurrence(kind)).path).status_code == 200, kind
