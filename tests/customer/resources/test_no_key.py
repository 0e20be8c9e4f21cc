"""What is asked for where no API key reaches, or what cannot be sent: said on the form, which keeps what was typed."""

from typing import Any

import pytest

from portal.changes.errors import NoKey, Unsendable
from portal.changes.models import Change
from tests.customer.asking import save
from tests.customer.conftest import Browse, text_of

HOME = "/c/10001/"
FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "edit": ("virtualmachine/shop00/-/edit", {"service_description": "typed"}),
    "delete": ("virtualmachine/shop00/-/delete", {"name": "shop00"}),
    "permission_matrix": ("resourcegroup/shop/-/permissions", {"uids": "nora", "new": ["login"]}),
}


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def submit(*args: object) -> None:
        raise error

    monkeypatch.setattr("portal.customer.plans.adding.submit", submit)


@pytest.mark.parametrize("module", FORMS)
def test_where_no_key_reaches_the_form_says_so_and_keeps_what_was_typed(
    browse: Browse, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    failing(monkeypatch, NoKey(frozenset({"shop"})))
    path, typed = FORMS[module]
    answer = save(browse("manager"), f"{HOME}{path}", **typed)
    assert answer.status_code == 422
    assert "No API key covers shop" in text_of(answer)
    (word, *_more) = typed.values()
    assert str(word) in answer.content.decode()


def test_a_button_says_so_too(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, NoKey(frozenset({"shop"})))
    client, power = browse("operator"), f"{HOME}virtualmachine/shop00/-/power"
    params = dict(client.get(power).context["step"].buttons[0].params)
    assert "No API key covers shop" in text_of(client.post(power, params))
    assert not Change.objects.exists()


@pytest.mark.parametrize("field", ["service_description", "", "unheard_of"])
def test_what_cannot_be_sent_is_said_at_its_field_or_above_all(
    browse: Browse, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    failing(monkeypatch, Unsendable(field, "a control character"))
    answer = save(browse("operator"), f"{HOME}virtualmachine/shop00/-/edit", service_description="typed")
    assert answer.status_code == 422
    assert bool(answer.context["form"].row("service_description").errors) is (field == "service_description")
    assert "typed" in answer.content.decode()
