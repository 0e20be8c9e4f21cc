"""Forms while the platform is slow, refuses, breaks off or answers nonsense: what was typed is taken or still there."""

from typing import Any

import pytest

from portal.changes.models import Change, Item
from tests.customer.asking import values_of
from tests.customer.conftest import Browse, text_of
from tests.support.services import Sandbox

C = "/c/10001/"
TYPED = "typed while it was in trouble"
FAULTS: dict[str, dict[str, object]] = {
    "slow": {"kind": "delay", "value": 7},  # longer than is waited for
    "refusing": {"kind": "status", "value": 401},
    "broken": {"kind": "status", "value": 502},
    "silent": {"kind": "drop_before"},
    "cut off": {"kind": "truncate"},
    "nonsense": {"kind": "garbage"},
    "fault": {"kind": "fault", "value": "something is wrong with the storage"},
}
# What somebody types or presses; the answer is sent with all else that stands in the form.
FORMS: dict[str, dict[str, str]] = {
    "virtualmachine/-/new": {"name": "shop90", "resource_group": "shop", "service_description": TYPED},
    "virtualmachine/shop10/-/edit": {"service_description": TYPED},
    "virtualmachine/shop10/-/delete": {"name": "shop10"},
    "virtualmachine/shop10/-/power": {"online": "false"},
    "resourcegroup/-/new": {"name": "fresh", "parent": "shop", "technical_contacts": "someone@example.com"},
    "resourcegroup/trial/-/edit": {"technical_contacts": "someone@example.com"},
    "serviceuser/-/new": {"uid": "s-fresh", "resource_group": "shop", "description": TYPED},
    "serviceuser/shop/s-shop/-/edit": {"description": TYPED},
}


@pytest.fixture
def troubled(platform: Sandbox, settings: Any) -> Any:
    """`troubled("slow")`: from now on every call goes like that."""

    def trouble(name: str) -> None:
        settings.API_TIMEOUTS = {"connect_timeout": 0.5, "read_timeout": 0.5, "deadline": 1.0}
        platform.control(fault={**FAULTS[name], "method": "*", "times": 1000})

    return trouble


@pytest.mark.parametrize("path", FORMS)
def test_what_is_sent_of_known_records_is_taken_whatever_the_platform_does(
    browse: Browse, troubled: Any, platform: Sandbox, path: str
) -> None:
    client = browse("manager")
    form = values_of(client.get(C + path)) | {name: [value] for name, value in FORMS[path].items()}
    for name in FAULTS:
        platform.control(reset=True)
        troubled(name)
        token = {"opened": values_of(client.get(C + path)).get("opened", form.get("opened", []))}
        answer = client.post(C + path, form | token)
        assert answer.status_code in (302, 422), (name, answer.status_code)
        if answer.status_code == 422:  # taken already, or not known well enough: nothing is lost
            assert any(value in answer.content.decode() for value in FORMS[path].values()), name
    assert Item.objects.count() >= 1


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_sent_where_nothing_is_known_is_shown_and_not_lost(browse: Browse, troubled: Any, name: str) -> None:
    client = browse("manager")
    troubled(name)
    for path, typed in FORMS.items():
        answer = client.post(C + path, typed)
        assert answer.status_code == 503, path
        assert "Nothing was sent" in text_of(answer), path
        for text in typed.values():
            assert path.endswith("power") or text in text_of(answer), path
    assert not Change.objects.exists()
