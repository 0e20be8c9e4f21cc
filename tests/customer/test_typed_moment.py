"""A moment as somebody types it: what is none is said beside its field, whatever it is."""

from collections.abc import Callable

import pytest

from portal.accounts.access import Scope
from portal.changes.models import Change
from portal.plans.compose import put_in
from portal.plans.models import Plan, State
from tests.customer.conftest import Browse, text_of
from tests.customer.plans.pressing import do, grown
from tests.support.services import Sandbox

NONE = (
    "",
    "tomorrow",
    "x\0",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00+14:00",
)
SAID = "Enter a time in the future (Europe/Berlin)."


@pytest.mark.parametrize("typed", NONE)
def test_what_is_no_moment_is_said_wherever_one_is_typed(
    browse: Browse, platform: Sandbox, scope_of: Callable[..., Scope], typed: str
) -> None:
    plan = put_in(scope_of("manager"), [grown(platform)])
    client = browse("manager")
    groups = "/c/10001/resourcegroup"
    for answer in (
        do(client, plan, "schedule", at=typed),
        client.post(f"{groups}/shop/-/maintenance", {"for": "until", "until": typed}),
        client.post(f"{groups}/-/many", {"keys": "shop", "do": "until", "until": typed}),
    ):
        assert answer.status_code == 422
        assert SAID in text_of(answer)
    assert Plan.objects.get().state == State.OPEN
    assert not Change.objects.exists()
