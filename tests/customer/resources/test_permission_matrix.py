"""Who may do what in a group: seen, granted and revoked together; what that means for what comes from above (pm_04)."""

from typing import Any

import pytest

from portal.accounts.models import ApiKey
from portal.changes.models import Change
from tests.customer.asking import filled, save, values_of
from tests.customer.conftest import Browse, part, text_of
from tests.inventory.platform import Platform
from tests.support.services import Sandbox

PATH = "/c/10001/resourcegroup/example/-/permissions"
ODD = ("", " ", "a" * 100_000, "Ольга", "名前", "a\x00b", "a\x1bb", "'; drop table", "ro ot\n", "🙂", "-rf", "0")


def asked() -> list[tuple[str, str]]:
    """Key and action of every record of every change."""
    return [(item.key, item.action) for change in Change.objects.all() for item in change.items.all()]


def row(response: Any, uid: str) -> Any:
    return next(row for row in response.context["matrix"].rows if row.uid == uid)


def test_it_says_what_holds_and_from_where(browse: Browse) -> None:
    response = browse("manager").get(PATH)
    login, sudo, stats = row(response, "alice").cells
    assert (login.checked, login.inherited_from, login.is_cut) == (False, "services", False)
    own = row(response, "frank").cells[0]
    assert (own.checked, own.inherited_from) == (True, "")
    assert "alice" in text_of(response)
    assert {sudo.permission, stats.permission} == {"sudo-srv", "stats"}
    assert "those that the same person inherits: this is our reading" in text_of(response)  # pm_04


def test_several_people_and_permissions_are_one_change(browse: Browse) -> None:
    response = save(browse("manager"), PATH, uids="nora, otto;paul", new=["login", "stats"])
    assert response.status_code == 302
    assert Change.objects.count() == 1
    assert sorted(asked()) == sorted(
        (f"example/{uid}/{name}", "set") for uid in ("nora", "otto", "paul") for name in ("login", "stats")
    )


def test_a_tick_taken_away_revokes(browse: Browse) -> None:
    save(browse("manager"), PATH, grant=None)
    assert asked() == [("example/frank/login", "delete")]


@pytest.mark.parametrize("uid", ["grace.hopper", "Grace", "9lives", "a" * 40])
def test_pm_03_whatever_name_stands_on_records_stays_and_can_be_revoked(
    browse: Browse, odd_platform: Platform, uid: str
) -> None:
    """Also one that could not be typed here."""
    odd_platform.records["services", "resourcegroup"] = [
        {"name": "services", "parent": ""},
        {"name": "example", "parent": "services"},
    ]
    odd_platform.records["services", "permission"] = [
        {"resource_group": "example", "uid": uid, "permission": "login"},
        {"resource_group": "services", "uid": uid, "permission": "stats"},
    ]
    client = browse("manager")
    save(client, PATH, uids="nora", new=["login"])
    save(client, PATH, grant=None)
    save(client, PATH, grant=[f"{uid}/login", f"{uid}/stats"])
    assert sorted(asked()) == sorted(
        [("example/nora/login", "set"), (f"example/{uid}/login", "delete"), (f"example/{uid}/stats", "set")]
    )


def test_what_is_sent_twice_is_one_change(browse: Browse) -> None:
    client = browse("manager")
    values = filled(values_of(client.get(PATH)), uids="nora", new=["login"])
    assert [client.post(PATH, values).status_code for _ in range(2)] == [302, 302]
    assert Change.objects.count() == 1


def test_what_is_being_granted_stands_in_its_cell(browse: Browse) -> None:
    client = browse("manager")
    save(client, PATH, uids="nora", new=["login"])
    response = client.get(PATH)
    assert row(response, "nora").cells[0].pending
    assert "being granted" in text_of(response)


def test_a_permission_of_ones_own_ends_what_comes_from_above_and_that_is_said_before(browse: Browse) -> None:
    client = browse("manager")
    values = filled(values_of(client.get(PATH)), grant=["frank/login", "alice/login"], preview="1")
    response = client.post(PATH, values, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert response.status_code == 200
    assert "alice: permissions set here replace inherited ones: stats, sudo-srv." in text_of(response)
    assert not Change.objects.exists()


def test_nothing_changed_is_not_sent(browse: Browse) -> None:
    response = save(browse("manager"), PATH)
    assert response.status_code == 422
    assert "No changes" in text_of(response)
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"uids": "nora"}, "Select permissions for nora."),
        ({"new": ["login"]}, "Enter who gets login."),
        ({"uids": "Nora Ωmega", "new": ["login"]}, "“Ωmega”"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_kept(browse: Browse, typed: dict[str, Any], said: str) -> None:
    response = save(browse("manager"), PATH, **typed)
    assert response.status_code == 422
    assert said in text_of(response)
    assert values_of(response).get("uids") == [typed.get("uids", "")]
    assert not Change.objects.exists()


@pytest.mark.parametrize("name", ["uids", "new", "grant"])
def test_no_input_breaks_it_or_reaches_another_group(browse: Browse, name: str) -> None:
    client = browse("manager")
    values = filled(values_of(client.get(PATH)), uids="nora", new=["login"])
    for text in ODD:
        assert client.post(PATH, filled(values, **{name: text})).status_code in (302, 422)
    assert all(key.startswith("example/") for key, _action in asked())


def test_without_its_seal_a_form_is_shown_again_and_not_sent(browse: Browse) -> None:
    client = browse("manager")
    values = filled(values_of(client.get(PATH)), uids="nora", new=["login"])
    for text in (*ODD, values["opened"][0] + "x", None):
        response = client.post(PATH, filled(values, opened=text))
        assert response.status_code == 422
        assert "Nothing was sent" in text_of(response)
        assert values_of(response)["uids"] == ["nora"]
    assert not Change.objects.exists()


def test_a_forged_tick_gives_nothing(browse: Browse) -> None:
    client = browse("manager")
    values = values_of(client.get(PATH))
    for ticked in ("anna/root", "services/anna/login", "anna", "/login", "../../x/login"):
        assert client.post(PATH, filled(values, grant=["frank/login", ticked])).status_code == 422
    assert not Change.objects.exists()


def test_a_form_of_another_group_is_not_taken(browse: Browse) -> None:
    client = browse("manager")
    values = filled(values_of(client.get(PATH)), uids="nora", new=["login"])
    response = client.post("/c/10001/resourcegroup/shop/-/permissions", values)
    assert response.status_code == 422
    assert not Change.objects.exists()


def test_without_a_key_nothing_is_lost(browse: Browse) -> None:
    client = browse("manager")
    values = filled(values_of(client.get(PATH)), uids="nora", new=["login"])
    ApiKey.objects.filter(customer__number="10001").delete()
    response = client.post(PATH, values)
    assert response.status_code in (422, 503)
    assert "nora" in response.content.decode()
    assert not Change.objects.exists()


def test_only_who_manages_permissions_gets_there(browse: Browse) -> None:
    for name in ("operator", "viewer", "billing", "child"):
        assert browse(name).get(PATH).status_code == 403
        assert browse(name).post(PATH, {"uids": "nora", "new": "login"}).status_code == 403
    for name in ("outsider", "staff"):
        assert browse(name).post(PATH, {"uids": "nora", "new": "login"}).status_code == 404
    assert not Change.objects.exists()


def test_a_group_that_is_not_there_is_not_found(browse: Browse) -> None:
    assert browse("manager").get("/c/10001/resourcegroup/nowhere/-/permissions").status_code == 404


def test_a_silent_platform_is_said_and_what_was_typed_is_shown(browse: Browse, platform: Sandbox) -> None:
    platform.stop()
    response = browse("manager").post(PATH, {"uids": "nora", "new": "login"})
    assert response.status_code == 503
    assert "Nothing was sent" in text_of(response)
    assert "nora" in text_of(response)
    assert not Change.objects.exists()


def test_the_outlook_is_a_part_for_htmx_only(browse: Browse) -> None:
    assert "<html" in part(browse("manager"), PATH).content.decode()


def test_more_than_can_be_changed_at_once_is_said(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.customer.resources.permission_matrix.MOST_ITEMS", 2)
    response = save(browse("manager"), PATH, uids="nora otto", new=["login", "stats"])
    assert response.status_code == 422
    assert "These are 4 permissions; at most 2 can be changed at once." in text_of(response)


def test_of_many_wrong_names_the_first_are_named_and_the_rest_counted(browse: Browse) -> None:
    response = save(browse("manager"), PATH, uids="1a 2b 3c 4d 5e", new=["login"])
    text = text_of(response)
    assert "“3c”" in text
    assert "“4d”" not in text
    assert "and 2 more" in text


def test_where_nothing_is_known_of_permissions_none_are_changed(
    browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "portal.customer.resources.permission_matrix._is_known", lambda scope, name: name != "permission"
    )
    assert browse("manager").get(PATH).status_code == 503
