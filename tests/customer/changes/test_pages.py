"""The changes of a customer: who asked for what, where it is, what the platform said; and deciding about one."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.changes.intent import Intent
from portal.changes.models import Change, State
from portal.changes.submit import submit
from tests.customer.conftest import Browse, part, text_of

LIST = "/c/10001/changes/"

type Ask = Callable[..., Change]


@pytest.fixture
def ask(browse: Browse, scope_of: Callable[..., Scope]) -> Ask:
    """A change of a machine's cores by the operator; what else is given is set on it."""

    def make(key: str = "shop00", **values: object) -> Change:
        item = Intent(type_name="virtualmachine", key=key, wanted={"cores": 3}, before={"cores": 2})
        change = submit(scope_of("operator"), [item], f"{key}{Change.objects.count()}".ljust(32, "0"))
        Change.objects.filter(pk=change.pk).update(**values)
        return Change.objects.get(pk=change.pk)

    return make


def address(change: Change) -> str:
    return f"{LIST}{change.number}/"


def numbers(response: Any) -> list[int]:
    return [told.number for told in response.context["list"].rows]


def test_each_says_who_what_old_and_new_and_where_it_is(browse: Browse, ask: Ask) -> None:
    change = ask()
    for path in (LIST, address(change)):
        text = text_of(browse("viewer").get(path))
        assert "shop00" in text
        assert str(change.author) in text
        assert "Queued" in text
    assert "2 becomes 3" in text_of(browse("viewer").get(address(change)))


def test_it_is_filtered_by_state_type_person_and_text(browse: Browse, ask: Ask) -> None:
    first, second = ask("shop00"), ask("shop01", state=State.REJECTED, answer={"kind": "fault", "text": "no"})
    client = browse("manager")
    assert numbers(client.get(LIST)) == [second.number, first.number]
    assert numbers(client.get(LIST, {"state": "rejected"})) == [second.number]
    assert numbers(client.get(LIST, {"q": "shop00"})) == [first.number]
    assert len(numbers(client.get(LIST, {"type": "virtualmachine", "author": "operator@example.com"}))) == 2
    assert "No matching changes" in text_of(client.get(LIST, {"author": "manager@example.com"}))


@pytest.mark.parametrize("name", ["state", "type", "author", "q", "page", "per_page", "elsewhere"])
def test_no_parameter_breaks_it(browse: Browse, ask: Ask, name: str) -> None:
    ask()
    client = browse("manager")
    for text in ("", "0", "-1", "9" * 400, "x" * 5_000, "a\x00b", "名前", "'--", "1.5", "٣"):
        assert client.get(LIST, {name: [text, text]}).status_code == 200


def test_a_limited_person_sees_those_of_their_groups_only(browse: Browse, ask: Ask) -> None:
    theirs, other = ask("example00"), ask("shop00")
    client = browse("child")
    assert numbers(client.get(LIST)) == [theirs.number]
    assert client.get(address(other)).status_code == 404
    assert client.post(f"{address(other)}-/cancel").status_code == 404


def test_who_may_not_see_changes_is_refused_and_strangers_find_nothing(browse: Browse, ask: Ask) -> None:
    change = ask()
    for path in (LIST, address(change)):
        assert browse("billing").get(path).status_code == 403
        assert browse("outsider").get(path).status_code == 404


def test_a_viewer_sees_no_decision_and_cannot_forge_one(browse: Browse, ask: Ask) -> None:
    change = ask()
    client = browse("viewer")
    assert "/-/cancel" not in client.get(address(change)).content.decode()
    for decision in ("cancel", "retry", "overwrite", "drop"):
        assert client.post(f"{address(change)}-/{decision}").status_code == 403
    change.refresh_from_db()
    assert change.state == State.QUEUED


def test_what_is_queued_can_be_taken_back(browse: Browse, ask: Ask) -> None:
    change = ask()
    client = browse("operator")
    assert "Cancel change" in text_of(client.get(address(change)))
    response = client.post(f"{address(change)}-/cancel", follow=True)
    change.refresh_from_db()
    assert change.state == State.CANCELLED
    assert f"Change {change.number} cancelled." in text_of(response)
    assert "Cancel change" not in text_of(response)


def test_what_is_over_cannot_be_decided_any_more_and_that_is_said(browse: Browse, ask: Ask) -> None:
    change = ask(state=State.SENDING)
    response = browse("operator").post(f"{address(change)}-/cancel", follow=True)
    assert "Too late" in text_of(response)
    change.refresh_from_db()
    assert change.state == State.SENDING


def test_what_was_rejected_stands_with_the_platforms_words_and_leads_back_to_the_form(browse: Browse, ask: Ask) -> None:
    answer = {"kind": "fault", "text": "virtualmachine shop00: cores: at most 2", "code": 400, "field": "cores"}
    change = ask(state=State.REJECTED, answer=answer)
    response = browse("operator").get(address(change))
    assert "at most 2" in text_of(response)
    assert f"/c/10001/virtualmachine/shop00/-/edit?again={change.number}" in response.content.decode()
    browse("operator").post(f"{address(change)}-/retry")
    change.refresh_from_db()
    assert change.state == State.QUEUED


def conflict() -> dict[str, Any]:
    fields = {"cores": {"before": 2, "wanted": 3, "present": 4}}
    return {"kind": "conflict", "text": "", "items": [{"item": 0, "reason": "changed", "fields": fields}]}


@pytest.mark.parametrize(("decision", "state"), [("overwrite", State.QUEUED), ("drop", State.CANCELLED)])
def test_a_conflict_shows_all_three_values_and_is_decided(
    browse: Browse, ask: Ask, decision: str, state: State
) -> None:
    change = ask(state=State.CONFLICT, answer=conflict())
    client = browse("operator")
    assert "Before Now Yours Cores 2 4 3" in text_of(client.get(address(change)))
    assert client.post(f"{address(change)}-/{decision}").status_code == 302
    change.refresh_from_db()
    assert change.state == state


def test_no_other_decision_and_no_other_method_is_known(browse: Browse, ask: Ask) -> None:
    change = ask()
    client = browse("operator")
    assert client.post(f"{address(change)}-/explode").status_code == 404
    assert client.get(f"{address(change)}-/cancel").status_code == 405
    assert client.post(address(change)).status_code == 405
    assert client.get(f"{LIST}{10**30}/").status_code == 404


def test_an_open_page_is_told_of_news_only(browse: Browse, ask: Ask) -> None:
    change = ask()
    client = browse("operator")
    for path in (LIST, address(change)):
        tag = part(client, path).headers["HX-PTag"]
        assert part(client, path, **{"HX-PTag": tag}).status_code == 304
    Change.objects.update(attempts=2)
    assert part(client, address(change), **{"HX-PTag": tag}).status_code == 200


def test_what_has_ended_is_not_asked_for_again_and_again(browse: Browse, ask: Ask) -> None:
    client = browse("operator")
    change = ask()
    assert "data-live" in client.get(address(change)).content.decode()
    client.post(f"{address(change)}-/cancel")
    for path in (LIST, address(change)):
        assert "data-live" not in client.get(path).content.decode()
