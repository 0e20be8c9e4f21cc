"""The resource groups as a tree: what each contains, for whom, and what is on its way."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from portal.changes.intent import Intent
from portal.changes.submit import submit
from portal.customer.resources.group_tree import Branch, Tree
from portal.inventory.snapshots import single_flight
from tests.customer.conftest import Browse, part, text_of
from tests.inventory.platform import Platform
from tests.support.services import Sandbox

ADDRESS = "/c/10001/resourcegroup/?view=tree"

type Look = Callable[[str], Any]


@pytest.fixture
def look(browse: Browse) -> Look:
    """The tree as a person sees it once everything is known."""

    def get(name: str) -> Any:
        client = browse(name)
        deadline = time.monotonic() + 60
        while (response := client.get(ADDRESS)).context["tree"].is_loading and time.monotonic() < deadline:
            for one in list(single_flight.under_way()):
                one.wait(60)
        return response

    return get


def tree_of(response: Any) -> Tree:
    tree = response.context["tree"]
    assert isinstance(tree, Tree)
    return tree


def branches_of(response: Any) -> dict[str, Branch]:
    return {branch.name: branch for branch in tree_of(response).branches}


def test_each_group_stands_below_the_one_it_belongs_to(look: Look) -> None:
    found = [(branch.name, branch.depth) for branch in tree_of(look("manager")).branches]
    assert found.index(("services", 0)) < found.index(("example", 1)) < found.index(("example-lab", 2))
    assert found[found.index(("example", 1)) + 1] == ("example-lab", 2)


def test_each_group_counts_what_the_platform_says_it_contains(look: Look, platform: Sandbox) -> None:
    found = branches_of(look("manager"))
    with platform.proxy() as proxy:
        answers = {name: proxy.query(name) for name in ("virtualmachine", "serviceuser", "permission")}
    for name, branch in found.items():
        held = {kind: [one for one in records if one["resource_group"] == name] for kind, records in answers.items()}
        assert branch.machines.count == len(held["virtualmachine"])
        assert sum(one.count for one in branch.by_state) == len(held["virtualmachine"])
        assert branch.service_users.count == len(held["serviceuser"])
        assert branch.permissions.count == len(held["permission"])
        assert branch.cores == sum(one["cores"] for one in held["virtualmachine"])
    assert found["services"].total == len(answers["virtualmachine"])


def test_every_count_leads_to_the_list_of_exactly_those(look: Look, browse: Browse) -> None:
    shop = branches_of(look("manager"))["shop"]
    client = browse("manager")
    for counted in (shop.machines, *shop.by_state, shop.service_users):
        assert client.get(counted.address).context["list"].page.total == counted.count
    assert client.get(shop.permissions.address).status_code == 200


def test_a_group_in_maintenance_says_until_when(look: Look) -> None:
    assert "In maintenance until" in text_of(look("viewer"))


def test_a_limited_person_has_their_group_as_the_root(look: Look) -> None:
    response = look("child")
    assert [(branch.name, branch.depth) for branch in tree_of(response).branches] == [
        ("example", 0),
        ("example-lab", 1),
    ]
    assert "You see group example and the groups below." in text_of(response)
    assert "shop" not in text_of(response)


def test_who_may_not_see_permissions_sees_no_column_of_them(look: Look) -> None:
    assert "/-/permissions" in look("manager").content.decode()
    for name in ("viewer", "operator", "child"):
        assert "/-/permissions" not in look(name).content.decode()


def test_a_viewer_is_offered_nothing_to_do(look: Look) -> None:
    assert "/-/new" in look("operator").content.decode()
    assert "/-/new" not in look("viewer").content.decode()


def test_billing_is_refused_and_strangers_find_nothing(browse: Browse) -> None:
    assert browse("billing").get(ADDRESS).status_code == 403
    assert browse("outsider").get(ADDRESS).status_code == 404


def test_only_groups_have_a_tree(browse: Browse) -> None:
    response = browse("manager").get("/c/10001/virtualmachine/", {"view": "tree"})
    assert "list" in response.context
    assert "tree" not in response.context


def test_a_group_that_is_being_created_stands_in_it_with_its_change(look: Look, scope_of: Any) -> None:
    wanted = {"parent": "services", "timezone": "Europe/Berlin"}
    item = Intent(type_name="resourcegroup", key="fresh", wanted=wanted, creates=True)
    submit(scope_of("manager"), [item], "a" * 32)
    response = look("manager")
    assert [name for name, _notes in tree_of(response).coming] == ["fresh"]
    assert "fresh Creation: Queued" in text_of(response)
    assert tree_of(response).is_live


def test_an_open_tree_is_told_of_news_only(look: Look, browse: Browse) -> None:
    client = browse("manager")
    tag = tree_of(look("manager")).tag
    assert part(client, ADDRESS, **{"HX-PTag": tag}).status_code == 304
    news = part(client, ADDRESS, **{"HX-PTag": "old"})
    assert news.status_code == 200
    assert 'id="tree"' in news.content.decode()
    assert "<html" not in news.content.decode()


def test_the_button_asks_the_platform_again(look: Look, browse: Browse, platform: Sandbox) -> None:
    look("manager")
    with platform.proxy() as proxy:
        proxy.apply([{"__type__": "resourcegroup", "name": "elsewhere", "parent": "services"}])
    assert "elsewhere" not in branches_of(look("manager"))
    assert browse("manager").post(ADDRESS).status_code == 302
    assert "elsewhere" in branches_of(look("manager"))


def test_nothing_known_of_a_silent_platform_is_said(browse: Browse, platform: Sandbox) -> None:
    platform.stop()
    client = browse("manager")
    client.get(ADDRESS)
    for one in list(single_flight.under_way()):
        one.wait(60)
    assert "The platform does not answer" in text_of(client.get(ADDRESS))


def test_no_group_at_all_leads_to_the_first(browse: Browse, odd_platform: Platform) -> None:
    client = browse("manager")
    client.get(ADDRESS)
    for one in list(single_flight.under_way()):
        one.wait(60)
    assert "No resource group yet" in text_of(client.get(ADDRESS))


# --- how a group is called while nothing is the matter


@pytest.mark.parametrize(
    ("language", "power", "active"), [("en", "Power on", "Active"), ("de", "Eingeschaltet ja", "Aktiv")]
)
def test_a_machine_has_power_and_a_group_is_active_wherever_that_stands(
    browse: Browse, language: str, power: str, active: str
) -> None:
    client, asked = browse("manager"), {"headers": {"Accept-Language": language}}
    groups = "/c/10001/resourcegroup/"
    for path in (groups, f"{groups}?state=active", f"{groups}?state=ready"):
        said = text_of(client.get(path, **asked))
        assert active in said, path
        assert not {"Ready", "Bereit"} & set(said.split()), path
    heading = client.get(f"{groups}shop/", **asked).content.decode().partition("<h1")[2].partition("</h1>")[0]
    assert active in heading
    assert power in text_of(client.get("/c/10001/virtualmachine/shop00/", **asked))
    assert active in b"".join(client.get(f"{groups}?format=csv", **asked)).decode()
