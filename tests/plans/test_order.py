"""The order that the platform needs, and what of a plan contradicts itself (api_05, rg_11, rg_12)."""

from collections.abc import Iterable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from portal.changes.intent import Intent
from portal.plans.order import Contradiction, Known, contradictions, in_order
from tests.plans.conftest import new_group, new_machine

TREE = {"services": "", "shop": "services", "lab": "shop", "old": "services"}
KNOWN = Known(parents=TREE)


def move(group: str, parent: str) -> Intent:
    return Intent(type_name="resourcegroup", key=group, wanted={"parent": parent}, before={"parent": ""})


def delete(group: str) -> Intent:
    return Intent(type_name="resourcegroup", key=group, action="delete")


def grant(group: str, action: str = "set") -> Intent:
    return Intent(type_name="permission", key=f"{group}/ada/login", action=action, creates=action == "set")


def user(group: str, action: str = "set") -> Intent:
    return Intent(type_name="serviceuser", key=f"{group}/s-a", action=action, creates=action == "set")


def names(intents: Iterable[Intent]) -> list[tuple[str, str]]:
    return [(one.action, one.key) for one in intents]


def kinds(*intents: Intent, known: Known = KNOWN) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.kind, one.intent.key, one.names) for one in contradictions(intents, known)]


# --- order


def test_a_group_comes_before_what_is_put_into_it() -> None:
    wanted = [grant("sale"), new_machine("sale00", "sale"), user("sale"), new_group("sale")]
    assert [one.type_name for one in in_order(wanted, KNOWN)] == [
        "resourcegroup", "serviceuser", "virtualmachine", "permission"
    ]  # fmt: skip


def test_groups_come_from_the_top_down() -> None:
    wanted = [new_group("inner", "sale"), new_group("sale", "shop")]
    assert [one.key for one in in_order(wanted, KNOWN)] == ["sale", "inner"]


def test_deletions_come_last_and_the_other_way_round() -> None:
    wanted = [delete("shop"), delete("lab"), user("lab", "delete"), grant("lab", "delete"), new_group("sale", "old")]
    assert names(in_order(wanted, KNOWN)) == [
        ("set", "sale"),
        ("delete", "lab/ada/login"),
        ("delete", "lab/s-a"),
        ("delete", "lab"),
        ("delete", "shop"),
    ]


def test_those_alike_stay_in_their_order() -> None:
    wanted = [new_machine("shop91"), new_machine("shop90"), new_machine("shop92")]
    assert [one.key for one in in_order(wanted, KNOWN)] == ["shop91", "shop90", "shop92"]


def test_groups_that_change_places_are_moved_without_a_circle() -> None:
    assert names(in_order([move("shop", "lab"), move("lab", "services")], KNOWN)) == [("set", "lab"), ("set", "shop")]


# --- contradictions


def test_what_fits_contradicts_nothing() -> None:
    assert kinds(new_group("sale"), new_machine("sale00", "sale"), grant("sale"), delete("old")) == []


def test_groups_below_each_other_are_a_circle_which_is_told_once() -> None:
    assert kinds(move("shop", "lab")) == [("circle", "shop", ("lab", "shop"))]
    assert kinds(move("old", "lab"), move("shop", "old")) == [("circle", "old", ("lab", "old", "shop"))]
    assert kinds(move("shop", "shop")) == [("circle", "shop", ("shop",))]


def test_a_group_that_is_nowhere() -> None:
    assert kinds(new_machine("sale00", "sale")) == [("no_group", "sale00", ("sale",))]
    assert kinds(move("lab", "sale")) == [("no_group", "lab", ("sale",))]


def test_what_is_put_into_a_group_that_goes() -> None:
    assert kinds(new_machine("lab90", "lab"), delete("lab")) == [("leaving", "lab90", ("lab",))]
    assert ("leaving", "lab", ("old",)) in kinds(move("lab", "old"), delete("old"))


def test_a_group_that_goes_is_empty() -> None:
    known = Known(parents=TREE, machines={"lab00": "lab", "old00": "old"})
    assert kinds(delete("shop"), known=known) == [("holds", "shop", ("lab",))]
    assert kinds(delete("lab"), known=known) == [("holds", "lab", ("lab00",))]
    assert kinds(delete("shop"), delete("lab")) == []
    assert kinds(delete("shop"), move("lab", "old")) == []


def test_a_keys_own_group_is_neither_moved_nor_deleted() -> None:
    known = Known(parents={"services": "", "shop": "services"}, own_of_keys=frozenset({"services"}))
    assert ("own", "services", ()) in kinds(delete("services"), known=known)
    assert kinds(move("services", "shop"), known=known)[-1] == ("own", "services", ())
    described = Intent(type_name="resourcegroup", key="services", wanted={"production": False})
    assert kinds(described, known=known) == []


# --- any tree, any moves

GROUPS = [f"g{number}" for number in range(7)]
ROOT = "root"


class Platform:
    """The platform's rules about groups, said once more and independently: AssertionError for what it refuses."""

    def __init__(self, parents: Mapping[str, str], machines: Mapping[str, str]) -> None:
        self.parents, self.machines = dict(parents), dict(machines)

    def apply(self, intent: Intent) -> None:
        is_group, deletes = intent.type_name == "resourcegroup", intent.action == "delete"
        if is_group and deletes:
            assert intent.key not in self.parents.values(), "still has child groups"
            assert intent.key not in self.machines.values(), "still has machines"
            self.parents.pop(intent.key, None)
        elif is_group:
            assert intent.wanted["parent"] in self.parents, "the parent is not there"
            self.parents[intent.key] = str(intent.wanted["parent"])
            self.climb(intent.key)
        elif intent.type_name == "virtualmachine":
            assert intent.wanted["resource_group"] in self.parents, "the group is not there"
            self.machines[intent.key] = str(intent.wanted["resource_group"])
        else:
            assert deletes or intent.key.split("/")[0] in self.parents, "the group is not there"

    def climb(self, group: str) -> None:
        for _step in self.parents:
            group = self.parents[group]
            if group == "":
                return
        raise AssertionError("a circle")


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, str], list[Intent]]:
    """Groups that are there (each below one of those before it), machines in some, and one wish for some groups."""
    there = GROUPS[: draw(st.integers(1, 5))]
    parents = {ROOT: ""} | {
        name: draw(st.sampled_from([ROOT, *there[:position]])) for position, name in enumerate(there)
    }
    machines = {f"{name}00": name for name in draw(st.lists(st.sampled_from(there), unique=True, max_size=2))}
    wanted = []
    for name in draw(st.permutations(GROUPS))[: draw(st.integers(1, 6))]:
        place = draw(st.sampled_from([ROOT, *GROUPS]))
        if name not in there:
            wanted.append(new_group(name, place))
        else:
            wanted.append(draw(st.sampled_from([move(name, place), delete(name)])))
        if draw(st.booleans()):
            wanted.append(draw(st.sampled_from([new_machine(f"{place}90", place), grant(place), user(place)])))
    return parents, machines, draw(st.permutations(wanted))


@given(worlds())
def test_any_plan_that_contradicts_nothing_is_allowed_at_every_step(
    world: tuple[dict[str, str], dict[str, str], list[Intent]],
) -> None:
    parents, machines, wanted = world
    known = Known(parents=parents, machines=machines)
    found = contradictions(wanted, known)
    ordered = in_order(wanted, known)
    assert sorted(map(id, ordered)) == sorted(map(id, wanted))
    refused = _refused(Platform(parents, machines), ordered)
    assert bool(found) == bool(refused), (found, refused)


def _refused(platform: Platform, ordered: list[Intent]) -> str:
    """Why the platform would not take it; '' where it would."""
    try:
        for one in ordered:
            platform.apply(one)
    except (AssertionError, KeyError) as error:
        return str(error) or repr(error)
    # Put into a group that goes in the same plan: the platform would let a right go with it, and nobody means that.
    deleted = {one.key for one in ordered if one.type_name == "resourcegroup" and one.action == "delete"}
    return "leaving" if any(one.action == "set" and one.groups_named & deleted for one in ordered) else ""


def test_a_contradiction_names_its_entry() -> None:
    intent = new_machine("sale00", "sale")
    assert contradictions([intent], KNOWN) == [Contradiction("no_group", intent, ("sale",))]
