"""A member limited to a group sees that subtree and nothing else, whatever is asked, and nothing when in doubt."""

import pytest

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey
from portal.accounts.roles import Role
from portal.inventory import reads
from portal.inventory.listings.select import Query, select
from portal.inventory.reads import Source
from portal.resources.spec import read
from portal.resources.types import TYPES
from tests.inventory.conftest import add_key, group, machine, maintenance, scope_of
from tests.inventory.platform import Platform, Raw

VM = "virtualmachine"


def used(kind: str, of: str) -> Raw:
    return {"__type__": "consumption", "period": "2026-11-01", "type": kind, "type_id": of, "parameters": {}}


def of_user(group_name: str, uid: str) -> Raw:
    return {"__type__": "serviceuser", "resource_group": group_name, "uid": uid}


def permission(group_name: str, uid: str, name: str = "login") -> Raw:
    return {"__type__": "permission", "resource_group": group_name, "uid": uid, "permission": name}


WORLD = {
    "resourcegroup": [
        group("services"),
        group("example", "services"),
        group("example-lab", "example"),
        group("shop", "services"),
        group("shop2", "services"),
    ],
    VM: [
        machine("services00"),
        machine("example00", "example"),
        machine("example-lab00", "example-lab"),
        machine("shop00", "shop"),
    ],
    "serviceuser": [of_user("services", "s-all"), of_user("example", "s-example"), of_user("shop", "s-shop")],
    "permission": [permission("services", "alice"), permission("example", "bob"), permission("shop", "carol")],
    "maintenance": [
        maintenance(name, "2026-11-24T21:00:00+00:00", "2026-11-25T04:00:00+00:00")
        for name in ("example00", "shop00", "example77", "shop88", "shop200", "nobody1")
    ],
    "consumption": [
        used("traffic", "example"),
        used("traffic", "shop"),
        used("virtualmachine", "example-lab00"),
        used("virtualmachine", "shop00"),
        used("virtualmachine", "example99"),
        used("contract", "example"),
        used("contract", "10001"),
        used("something new", "example"),
    ],
    "invoice": [{"__type__": "invoice", "consumption_start": "2026-10-01", "total": "10.0000"}],
}


@pytest.fixture(autouse=True)
def world(platform: Platform, redis_url: str) -> None:
    for type_name, records in WORLD.items():
        platform.records["services", type_name] = records


@pytest.fixture
def limited(api_key: ApiKey) -> Scope:
    return scope_of(api_key.customer, root="example")


def keys(scope: Scope, type_name: str) -> list[str]:
    return [record.key for record in reads.listing(scope, type_name).records]


@pytest.mark.parametrize(
    ("type_name", "expected"),
    [
        ("resourcegroup", ["example", "example-lab"]),
        (VM, ["example00", "example-lab00"]),
        ("serviceuser", ["example/s-example"]),
        ("permission", ["example/bob/login"]),
        ("maintenance", ["example00/20261124T210000Z", "example77/20261124T210000Z"]),
        (
            "consumption",
            [
                "2026-11-01/traffic/example",
                "2026-11-01/virtualmachine/example99",
                "2026-11-01/virtualmachine/example-lab00",
            ],
        ),
        ("invoice", []),
    ],
)
def test_a_limited_member_sees_the_group_and_what_is_below(limited: Scope, type_name: str, expected: list[str]) -> None:
    assert sorted(keys(limited, type_name)) == sorted(expected)


def test_a_machine_that_is_gone_is_placed_by_its_name_only_where_one_group_fits(api_key: ApiKey) -> None:
    shop = keys(scope_of(api_key.customer, root="shop"), "maintenance")
    assert shop == ["shop00/20261124T210000Z", "shop88/20261124T210000Z"]  # shop200: of shop or of shop2?
    assert keys(scope_of(api_key.customer, root="shop2"), "maintenance") == []


def test_the_whole_customer_sees_everything(scope: Scope) -> None:
    assert {name: len(keys(scope, name)) for name in WORLD} == {name: len(records) for name, records in WORLD.items()}


def test_one_lookup_does_not_go_around_the_limit(limited: Scope, scope: Scope) -> None:
    assert reads.record(scope, VM, "shop00") is not None
    assert reads.record(limited, VM, "shop00") is None
    assert reads.record(limited, "resourcegroup", "services") is None


def test_counts_filters_and_search_are_within_the_limit(limited: Scope) -> None:
    listing = reads.listing(limited, VM)
    assert select(limited, listing, Query()).total == 2
    assert select(limited, listing, Query(text="shop")).total == 0
    assert select(limited, listing, Query(filters={"resource_group": ("shop",)})).total == 0
    assert set(reads.states(limited, listing)) == {"example00", "example-lab00"}


def test_two_scopes_of_one_customer_do_not_share_a_listing(limited: Scope, scope: Scope) -> None:
    assert keys(scope, VM) != keys(limited, VM)
    assert reads.listing(scope, VM).version != reads.listing(limited, VM).version
    assert len(keys(scope, VM)) == 4
    assert len(keys(limited, VM)) == 2


def test_without_the_tree_nothing_is_seen(limited: Scope, platform: Platform) -> None:
    platform.before_answer = lambda user, type_name: None
    platform.records["services", "resourcegroup"] = []
    assert keys(limited, VM) == []


def test_with_a_tree_that_cannot_be_read_nothing_is_seen_and_it_is_said_why(
    api_key: ApiKey, platform: Platform, scope: Scope
) -> None:
    reads.listing(scope_of(api_key.customer), "serviceuser")
    platform.status = 503
    listing = reads.listing(scope_of(api_key.customer, root="example"), "serviceuser")
    assert (listing.records, listing.source) == ((), Source.NEVER)
    assert [trouble.reason for trouble in listing.troubles] == ["unreachable"]


def test_a_root_that_is_gone_shows_nothing(api_key: ApiKey) -> None:
    assert keys(scope_of(api_key.customer, root="no-such-group"), VM) == []


def test_a_group_that_moves_out_takes_its_machines_along(limited: Scope, platform: Platform, api_key: ApiKey) -> None:
    assert "example-lab00" in keys(limited, VM)
    platform.records["services", "resourcegroup"] = [group("services"), group("example", "services")]
    platform.records["services", "resourcegroup"].append(group("example-lab", "services"))
    reads.refresh(limited, "resourcegroup")
    assert keys(limited, VM) == ["example00"]


def test_a_cycle_in_the_tree_ends(api_key: ApiKey, platform: Platform) -> None:
    platform.records["services", "resourcegroup"] = [group("example", "example-lab"), group("example-lab", "example")]
    assert set(keys(scope_of(api_key.customer, root="example"), "resourcegroup")) == {"example", "example-lab"}
    assert reads.tree(scope_of(api_key.customer)).path("example") == ("example-lab", "example")


class TestSeveralKeys:
    """The groups of two keys nest: both reach the same records."""

    @pytest.fixture
    def second(self, api_key: ApiKey, platform: Platform) -> ApiKey:
        platform.keys["example"] = "example-key"
        platform.records["example", VM] = [machine("example00", "example", cores=1), machine("example01", "example")]
        platform.records["example", "resourcegroup"] = [group("example", "services"), group("example-lab", "example")]
        return add_key(api_key.customer, "example", "example-key")

    def test_each_record_comes_once(self, scope: Scope, second: ApiKey, platform: Platform) -> None:
        listing = reads.listing(scope, VM)
        assert sorted(listing.by_key) == sorted([raw["name"] for raw in WORLD[VM]] + ["example01"])
        assert len(listing.records) == len(listing.by_key)

    def test_what_was_learned_last_counts(self, scope: Scope, second: ApiKey, platform: Platform) -> None:
        reads.listing(scope, VM)
        platform.records["example", VM] = [machine("example00", "example", cores=5)]
        platform.keys["services"] = "another"
        assert reads.refresh(scope, VM).by_key["example00"]["cores"] == 5

    def test_a_refused_key_leaves_the_others_shown(self, scope: Scope, second: ApiKey, platform: Platform) -> None:
        platform.keys["services"] = "another"
        listing = reads.listing(scope, VM)
        assert sorted(listing.by_key) == ["example00", "example01"]
        assert [(trouble.group, trouble.reason) for trouble in listing.troubles] == [("services", "refused")]
        assert listing.source is Source.FRESH

    def test_each_key_is_asked_once(self, scope: Scope, second: ApiKey, platform: Platform) -> None:
        for _ in range(10):
            reads.listing(scope_of(scope.customer), VM)
        assert (platform.count(VM, "services"), platform.count(VM, "example")) == (1, 1)


def test_related_is_within_the_limit_and_the_role(limited: Scope, scope: Scope, api_key: ApiKey) -> None:
    shown = reads.record(scope, VM, "example00")
    assert shown is not None
    everything = reads.related(scope, shown)
    assert [record.key for record in everything["resourcegroup"]] == ["example"]
    assert [record.key for record in everything["maintenance"]] == ["example00/20261124T210000Z"]

    operator = scope_of(api_key.customer, root="example", role=Role.OPERATOR)
    found = reads.related(operator, shown)
    assert "consumption" not in found
    assert "permission" not in found
    assert [record.key for record in found["resourcegroup"]] == ["example"]


def test_related_goes_both_ways(scope: Scope) -> None:
    shop = reads.record(scope, "resourcegroup", "shop")
    assert shop is not None
    found = {name: [record.key for record in records] for name, records in reads.related(scope, shop).items()}
    assert found == {
        VM: ["shop00"],
        "resourcegroup": ["services"],
        "serviceuser": ["shop/s-shop"],
        "permission": ["shop/carol/login"],
        "maintenance": ["shop00/20261124T210000Z"],
        "consumption": ["2026-11-01/traffic/shop", "2026-11-01/virtualmachine/shop00"],
    }
    user = reads.record(scope, "serviceuser", "shop/s-shop")
    assert user is not None
    assert [record.key for record in reads.related(scope, user)["resourcegroup"]] == ["shop"]


def test_related_by_the_same_uid_where_the_groups_are_on_one_way_up(scope: Scope, platform: Platform) -> None:
    platform.records["services", "permission"] = [
        permission("services", "s-example"),
        permission("example-lab", "s-example"),
        permission("shop", "s-example"),
    ]
    user = reads.record(scope, "serviceuser", "example/s-example")
    assert user is not None
    assert [record.key for record in reads.related(scope, user)["permission"]] == [
        "example-lab/s-example/login",
        "services/s-example/login",
    ]


def test_related_of_who_sees_no_groups_is_what_they_see(api_key: ApiKey) -> None:
    bookkeeper = scope_of(api_key.customer, role=Role.BILLING)
    month = read(TYPES["consumption"], used("traffic", "shop"))
    assert set(reads.related(bookkeeper, month)) <= {"consumption", "invoice"}
