"""What is asked of the platform about the records of a change, and what of its answers counts."""

from types import SimpleNamespace
from typing import Any

import pytest

from portal.changes.models import Item
from portal.changes.platform_state import by_key, look

MACHINE = {"__type__": "virtualmachine", "name": "shop00", "resource_group": "shop"}
GRANTS = [{"resource_group": "shop", "uid": "ada", "permission": name} for name in ("login", "stats")]


@pytest.mark.parametrize("odd", [{"__type__": "teapot", "name": "shop00"}, {"__type__": "virtualmachine"}, {}])
def test_what_is_no_record_of_ours_is_left_out(odd: dict[str, Any]) -> None:
    assert by_key([odd, MACHINE]) == {("virtualmachine", "shop00"): MACHINE}


def test_of_records_that_the_platform_tells_apart_by_less_than_their_key_it_is_asked_once() -> None:
    asked: list[object] = []

    def query(type_name: str, where: object) -> SimpleNamespace:
        asked.append(where)
        return SimpleNamespace(value=GRANTS)

    keys = ["shop/ada/login", "shop/ada/stats"]
    found = look(SimpleNamespace(query=query), [Item(type_name="permission", key=key) for key in keys])
    assert asked == [{"uid": "ada"}]
    assert [key for _type, key in found] == keys
