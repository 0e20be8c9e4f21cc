"""Where a person hears of each kind."""

import pytest

from portal.accounts.models import User
from portal.notify import choices
from portal.notify.kinds import KINDS, Channel
from portal.notify.models import Choice


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_by_itself_as_the_table_says(kind: choices.Kind) -> None:
    assert choices.channels(kind, {}) == kind.channels | kind.always


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_who_turns_all_off_still_hears_what_is_always_sent(kind: choices.Kind) -> None:
    off = {(kind.name, channel.value): False for channel in Channel}
    assert choices.channels(kind, off) == kind.always


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_who_turns_all_on_hears_everywhere(kind: choices.Kind) -> None:
    on = {(kind.name, channel.value): True for channel in Channel}
    assert choices.channels(kind, on) == set(Channel)


def test_security_and_imminent_deletion_are_always_told_and_mailed() -> None:
    always = {kind.name for kind in KINDS.values() if {Channel.BELL, Channel.MAIL} <= kind.always}
    of_security = {kind.name for kind in KINDS.values() if kind.section == "security"}
    assert always == {*of_security, "deletion.imminent"}


def test_rows_are_kept_for_what_is_not_usual_only(db: None) -> None:
    user = User.objects.create(email="ada@example.com")
    choices.choose(user, {("change.done", "bell"): True, ("change.done", "mail"): True, ("key.refused", "bell"): False})
    assert list(Choice.objects.values_list("kind", "channel", "is_on")) == [("change.done", "mail", True)]
    assert choices.of_people([user.pk]) == {user.pk: {("change.done", "mail"): True}}
    choices.choose(user, {("change.done", "mail"): False})
    assert choices.of_people([user.pk]) == {}
