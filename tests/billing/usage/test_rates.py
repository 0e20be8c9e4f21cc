"""What more or less hardware costs, as far as the machines of an invoice tell; never more than they tell."""

from fractions import Fraction
from typing import Any

import pytest

from portal.billing.usage.rates import Parts, Priced, parts, rates

MACHINE, CORE, MEMORY, HDD, SSD = 2, 10, Fraction(1, 128), Fraction(1, 10), Fraction(3, 10)
SIZES = [(1, 256, 10), (2, 256, 10), (1, 1024, 10), (1, 256, 50), (4, 2048, 40), (2, 512, 20)]


def much(cores: int, memory: int, disk: int, pool: str = "rbd.hdd") -> Parts:
    found = parts({"cores": cores, "memory": memory, "disk": disk, "rbd_pool": pool})
    assert found is not None
    return found


def price(cores: int, memory: int, disk: int, pool: str = "rbd.hdd") -> Fraction:
    return Fraction(MACHINE) + cores * CORE + memory * MEMORY + disk * (HDD if pool == "rbd.hdd" else SSD)


def machines(*sizes: tuple[Any, ...]) -> Priced:
    return [(much(*size), price(*size)) for size in sizes]


@pytest.mark.parametrize(
    ("more", "costs"),
    [
        ({"cores": 1}, CORE),
        ({"memory": -256}, -2),
        ({"disk on rbd.hdd": 20, "cores": -1}, -8),
        (much(8, 3072, 1000), price(8, 3072, 1000)),
        ({}, 0),
    ],
)
def test_a_linear_price_list_is_found_out(more: Parts, costs: Fraction) -> None:
    assert rates(machines(*SIZES)).price(more) == costs


def test_storage_that_was_never_billed_has_no_price() -> None:
    found = rates(machines(*SIZES))
    assert found.price({"disk on rbd.ssd": 10}) is None
    assert found.price(much(1, 256, 10, "rbd.ssd")) is None
    one_more = rates(machines(*SIZES, (1, 256, 10, "rbd.ssd"), (1, 256, 20, "rbd.ssd")))
    assert one_more.price({"disk on rbd.ssd": 10}) == 10 * SSD


def test_what_the_machines_do_not_tell_apart_has_no_price_of_its_own() -> None:
    found = rates(machines((1, 256, 10), (2, 512, 10), (4, 1024, 10), (8, 2048, 10)))  # memory comes with cores
    assert found.price({"cores": 1}) is None
    assert found.price({"memory": 256}) is None
    assert found.price({"disk on rbd.hdd": 10}) is None
    assert found.price({"cores": 2, "memory": 512}) == 2 * CORE + 512 * MEMORY


@pytest.mark.parametrize("sizes", [(), SIZES[:1], SIZES[:4]])
def test_so_few_machines_that_any_prices_would_fit_tell_nothing(sizes: Any) -> None:
    assert rates(machines(*sizes)).price({"cores": 1}) is None


def test_a_machine_that_was_resized_within_the_month_is_left_out() -> None:
    resized = [(much(4, 512, 10), price(4, 512, 10) - CORE)]
    many = machines(*SIZES * 8)
    assert rates([*many, *resized]).price({"cores": 1}) == CORE
    assert rates([*machines(*SIZES), *resized]).price({"cores": 1}) is None  # one in seven is too many


def test_prices_that_no_rates_explain_are_told_as_unknown() -> None:
    at_random = [(much(*size), Fraction(7 * at % 5 + 1)) for at, size in enumerate(SIZES * 2)]
    assert rates(at_random).price({"cores": 1}) is None


@pytest.mark.parametrize(
    "odd", [{"cores": "2"}, {"cores": True}, {"memory": None}, {"rbd_pool": None}, {"rbd_pool": 3}]
)
def test_a_machine_that_cannot_be_read_has_no_parts(odd: Any) -> None:
    assert parts({"cores": 1, "memory": 256, "disk": 10, "rbd_pool": "rbd.hdd", **odd}) is None
    assert parts({}) is None
