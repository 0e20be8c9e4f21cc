"""Forms and buttons put into a plan what they ask for: nothing is sent, nothing is lost."""

from typing import Any

import pytest

from portal.accounts.models import AuditEntry, Customer, Draft, User
from portal.changes.models import Change
from portal.plans import compose
from portal.plans.models import Plan
from tests.customer.asking import filled, save, values_of
from tests.customer.conftest import Browse, part, text_of
from tests.customer.plans.conftest import HOME, PLAN, add, entries

EDIT = "virtualmachine/shop00/-/edit"


def test_nothing_is_sent(browse: Browse) -> None:
    client = browse("manager")
    answer = add(client, EDIT, cores="3")
    assert answer.status_code == 302
    assert not Change.objects.exists()
    (entry,) = entries()
    assert (entry.key, entry.wanted) == ("shop00", {"cores": 3})
    assert "Added to “Plan 1”. Nothing has been sent yet. Review" in text_of(client.get(answer.headers["Location"]))


def test_what_is_asked_of_the_same_machine_is_one_entry_and_says_what_it_replaces(browse: Browse) -> None:
    client = browse("manager")
    add(client, EDIT, cores="3")
    add(client, EDIT, cores="4", disk="100")
    (entry,) = entries()
    assert entry.wanted == {"cores": 4, "disk": 100}
    assert "Cores: replaces 3, added earlier." in text_of(client.get(PLAN))


def test_an_entry_is_edited_in_its_form(browse: Browse) -> None:
    client = browse("manager")
    add(client, EDIT, cores="3", disk="100")
    address = f"{HOME}{EDIT}?plan=1"
    assert address in client.get(PLAN).content.decode()
    assert values_of(client.get(address))["disk"] == ["100"]
    assert save(client, address, plan="1", disk="200").headers["Location"] == PLAN
    (entry,) = entries()
    assert (entry.wanted, entry.said) == ({"cores": 3, "disk": 200}, [])


def new_entry(type_name: str, key: str) -> str:
    """The form of something that the plan creates."""
    return f"{HOME}{type_name}/-/new?plan=1&key={key}"


def test_what_is_created_is_given_another_name_and_stays_one(browse: Browse) -> None:
    client = browse("manager")
    add(client, "virtualmachine/-/new?resource_group=shop", name="shop90")
    add(client, EDIT, cores="3")
    page = text_of(client.get(PLAN))
    assert save(client, new_entry("virtualmachine", "shop90"), plan="1", name="shop91").headers["Location"] == PLAN
    assert [(entry.key, entry.creates) for entry in entries()] == [("shop91", True), ("shop00", False)]
    assert entries()[0].wanted["name"] == "shop91"
    assert ("shop90" in page, "shop90" in text_of(client.get(PLAN))) == (True, False)
    said = AuditEntry.objects.filter(action="plan.edited").latest("sequence")
    assert ("virtualmachine/shop90" in said.before, "virtualmachine/shop91" in said.after) == (True, True)


def test_not_so_where_another_has_that_name(browse: Browse) -> None:
    client = browse("manager")
    for name in ("shop90", "shop91"):
        add(client, "virtualmachine/-/new?resource_group=shop", name=name)
    refused = save(client, new_entry("virtualmachine", "shop90"), plan="1", name="shop91", cores="4")
    assert refused.status_code == 422
    assert "Not saved yet. Please check:" in text_of(refused)
    assert "This plan already creates one with this name. Choose another name." in text_of(refused)
    assert values_of(refused)["cores"] == ["4"]
    assert [entry.key for entry in entries()] == ["shop90", "shop91"]


def test_nor_where_others_are_in_a_group_of_the_name_it_had(browse: Browse) -> None:
    client = browse("manager")
    add(client, "resourcegroup/-/new", name="sale", parent="services")
    add(client, "virtualmachine/-/new?resource_group=sale", name="sale00")
    refused = save(client, new_entry("resourcegroup", "sale"), plan="1", name="sales")
    assert "Other changes of this plan are in this group. Remove them before you rename the group." in text_of(refused)
    client.post(f"{PLAN}-/remove", {"revision": Plan.objects.get().revision, "entry": entries()[1].pk})
    assert save(client, new_entry("resourcegroup", "sale"), plan="1", name="sales").status_code == 302
    assert [entry.key for entry in entries()] == ["sales"]


def test_a_machine_goes_into_a_group_that_is_only_planned(browse: Browse) -> None:
    client = browse("manager")
    add(client, "resourcegroup/-/new", name="sale", parent="services")
    new = f"{HOME}virtualmachine/-/new?resource_group=sale"
    assert "sale (in your plan)" in text_of(client.get(new))
    refused = save(client, new, name="sale00")
    assert refused.status_code == 422
    assert "sale is only planned so far. Use “Add to plan”" in text_of(refused)
    add(client, "virtualmachine/-/new?resource_group=sale", name="sale00")
    assert [entry.key for entry in entries()] == ["sale", "sale00"]
    assert "Apply 2 changes" in text_of(client.get(PLAN))


@pytest.mark.parametrize(
    ("path", "sent", "wanted"),
    [
        ("virtualmachine/shop00/-/power?to=plan", {"online": "false"}, {"online": False}),
        ("virtualmachine/example10/-/keep?to=plan", {}, {}),
    ],
)
def test_an_action_goes_into_the_plan(
    browse: Browse, path: str, sent: dict[str, str], wanted: dict[str, object]
) -> None:
    client = browse("manager")
    assert client.post(f"{HOME}{path}", sent).status_code == 302
    (entry,) = entries()
    assert (entry.wanted, Change.objects.count()) == (wanted, 0)


def test_the_menus_offer_it(browse: Browse) -> None:
    client = browse("manager")
    address = f'formaction="{HOME}virtualmachine/shop00/-/power?to=plan"'
    assert address in client.get(f"{HOME}virtualmachine/shop00/").content.decode()
    assert address in part(client, f"{HOME}virtualmachine/shop00/-/menu").content.decode()


def test_deleting_and_permissions_go_into_the_plan(browse: Browse) -> None:
    client = browse("manager")
    add(client, "virtualmachine/shop00/-/delete", name="shop00", day="2026-12-31")
    add(client, "resourcegroup/shop/-/permissions", uids="nora", new=["login", "stats"])
    found = [(entry.action, entry.key, entry.wanted) for entry in entries()]
    assert found[0] == ("delete", "shop00", {"deadline": "2026-12-31"})
    assert [key for _action, key, _wanted in found[1:]] == ["shop/nora/login", "shop/nora/stats"]
    assert not Change.objects.exists()


def test_a_plan_that_is_closed_takes_nothing_more(browse: Browse) -> None:
    client = browse("manager")
    add(client, EDIT, cores="3")
    Plan.objects.update(state="closed")
    answer = save(client, f"{HOME}{EDIT}?plan=1", plan="1", cores="4")
    assert answer.status_code == 422
    assert "That plan can no longer be edited" in text_of(answer)
    assert values_of(answer)["cores"] == ["4"]
    assert [entry.wanted for entry in entries()] == [{"cores": 3}]
    add(client, EDIT, cores="4")  # by itself: a new plan
    assert Plan.objects.count() == 2


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("virtualmachine/shop01/-/edit", {"service_description": "for the sale"}),
        ("virtualmachine/shop01/-/delete", {"name": "shop01", "day": "2026-12-31"}),
        ("resourcegroup/shop/-/permissions", {"uids": "nora", "new": ["login"]}),
    ],
)
def test_what_does_not_fit_into_the_plan_stays_in_its_form(
    browse: Browse, monkeypatch: pytest.MonkeyPatch, path: str, typed: dict[str, Any]
) -> None:
    client = browse("manager")
    add(client, EDIT, cores="3")
    monkeypatch.setattr(compose, "MOST_ENTRIES", 1)
    answer = add(client, path, **typed)
    assert answer.status_code == 422
    assert "The plan would have 2 changes; at most 1000 are possible." in text_of(answer)
    for name in typed.keys() - {"new"}:
        assert str(typed[name]) in answer.content.decode()
    assert [entry.key for entry in entries()] == ["shop00"]


def test_what_needs_approval_becomes_a_plan_instead_of_being_sent(browse: Browse) -> None:
    client = browse("manager")
    client.get(HOME)

    Customer.objects.update(requires_approval=True)
    answer = save(client, f"{HOME}{EDIT}", cores="3")
    assert answer.headers["Location"] == PLAN
    assert not Change.objects.exists()
    assert "This touches production and must be approved first. It is kept in this plan" in text_of(client.get(PLAN))


# --- what somebody types outlives the page


def test_a_half_filled_form_is_there_again(browse: Browse) -> None:
    client = browse("manager")
    path = f"{HOME}{EDIT}"
    typed = filled(values_of(client.get(path)), cores="5", preview="1")
    client.post(path, typed, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    again = client.get(path)
    assert values_of(again)["cores"] == ["5"]
    assert "Your earlier input has been restored. It has not been sent." in text_of(again)


def test_what_is_back_to_how_it_was_or_cancelled_is_not_kept(browse: Browse) -> None:
    client = browse("manager")
    path = f"{HOME}{EDIT}"
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
    values = values_of(client.get(path))
    for last in ({}, {"cores": "5", "draft": "drop"}):
        client.post(path, filled(values, cores="5", preview="1"), headers=headers)
        assert Draft.objects.filter(user=User.objects.get(email="manager@example.com")).count() == 1
        client.post(path, filled(values, preview="1", **last), headers=headers)
        assert not Draft.objects.exists()
