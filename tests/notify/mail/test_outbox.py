"""Mails are sent once each, whatever happens to workers and mail servers; nobody holds up anybody else."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.mail.backends import smtp
from django.db import connections
from django.utils import timezone

from portal.accounts.models import Membership, User
from portal.notify import choices
from portal.notify.kinds import Channel
from portal.notify.mail import outbox, tasks
from portal.notify.models import Mail, Notice
from tests.notify.mail.conftest import MailServer, tell
from tests.support import moment

type Cast = dict[str, User]

HOUR = timedelta(hours=1)


class Killed(BaseException):
    """As SIGKILL: nothing in the worker catches it."""


def test_what_is_due_is_sent_once(cast: Cast, server: MailServer) -> None:
    tell(cast["manager"])
    tell(cast["viewer"])
    for _time in range(3):
        tasks.send_mails()
    assert sorted(server.recipients) == ["manager@example.com", "viewer@example.com"]
    assert Mail.objects.filter(sent__isnull=False, attempts=1).count() == 2


def test_a_batch_takes_one_connection(cast: Cast, server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BATCH", 4)
    for place in range(10):
        tell(cast["manager"], f"shop{place}")
    assert outbox.send_due() == 10
    assert (len(server.raw), server.connections) == (10, 1)


def test_where_nothing_is_due_nobody_connects(cast: Cast, server: MailServer) -> None:
    Mail.objects.filter(pk=tell(cast["manager"]).pk).update(due=timezone.now() + HOUR)
    assert outbox.send_due() == 0
    assert server.connections == 0


def test_a_recipient_that_is_refused_stops_nobody_else(cast: Cast, server: MailServer) -> None:
    server.answers = {"operator@": "550 no such person"}
    for name in ("manager", "operator", "viewer"):
        tell(cast[name])
    assert outbox.send_due() == 2
    refused = Mail.objects.get(user=cast["operator"])
    assert refused.given_up is not None
    assert refused.sent is None
    assert sorted(server.recipients) == ["manager@example.com", "viewer@example.com"]


def test_content_that_is_refused_for_good_is_not_sent_again(cast: Cast, server: MailServer) -> None:
    server.to_content = "554 spam"
    tell(cast["manager"])
    assert outbox.send_due() == 0
    assert Mail.objects.get().given_up is not None


@pytest.mark.parametrize("answer", ["450 greylisted", "421 too busy"])
def test_what_is_refused_for_now_is_tried_again_with_growing_pauses(
    cast: Cast, server: MailServer, answer: str
) -> None:
    server.answers = {"manager@": answer}
    mail = tell(cast["manager"])
    pauses = []
    for _attempt in range(outbox.MOST_ATTEMPTS):
        mail.refresh_from_db()
        with time_machine.travel(mail.due, tick=False):
            assert outbox.send_due() == 0
            pauses.append(Mail.objects.get().due - timezone.now())
    assert pauses == sorted(pauses)
    assert pauses[:4] == [timedelta(minutes=one) for one in (1, 5, 15, 60)]
    assert timedelta(days=2.5) < sum(pauses, timedelta()) < timedelta(days=3.5)
    with time_machine.travel(Mail.objects.get().due, tick=False):
        assert outbox.send_due() == 0
    assert Mail.objects.get().given_up is not None


def test_a_sender_that_the_server_dislikes_costs_no_mail(
    cast: Cast, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise outbox.SMTPResponseException(530, "authentication required")

    tell(cast["manager"])
    with monkeypatch.context() as patch:
        patch.setattr(smtp.EmailBackend, "send_messages", refuse)
        outbox.send_due()
    with time_machine.travel(timezone.now() + HOUR):
        assert outbox.send_due() == 1


def test_a_mail_server_that_is_away_for_a_day_loses_nothing(cast: Cast, absent_server: MailServer) -> None:
    for name in ("manager", "viewer"):
        tell(cast[name])
    for hour in range(24):
        with time_machine.travel(moment.AT + hour * HOUR):
            assert outbox.send_due() == 0
    assert set(Mail.objects.values_list("attempts", "given_up")) == {(0, None)}
    with absent_server.running(), time_machine.travel(moment.AT + 24 * HOUR):
        assert outbox.send_due() == 2
        assert outbox.send_due() == 0
    assert sorted(absent_server.recipients) == ["manager@example.com", "viewer@example.com"]


def test_a_server_that_hangs_up_in_the_middle_costs_one_attempt_of_one_mail(cast: Cast, server: MailServer) -> None:
    for name in ("manager", "operator", "viewer"):
        tell(cast[name])
    server.hangs_up = True
    assert outbox.send_due() == 0
    assert sorted(Mail.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    server.hangs_up = False
    assert outbox.send_due() == 2
    with time_machine.travel(timezone.now() + HOUR):
        assert outbox.send_due() == 1
    assert len(set(server.recipients)) == len(server.recipients) == 3


def test_a_worker_that_is_killed_after_the_250_sends_the_same_mail_again(
    cast: Cast, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_messages = smtp.EmailBackend.send_messages

    def killed(self: Any, mails: Any) -> None:
        send_messages(self, mails)
        raise Killed

    tell(cast["manager"])
    with monkeypatch.context() as patch:
        patch.setattr(smtp.EmailBackend, "send_messages", killed)
        with pytest.raises(Killed):
            outbox.send_due()
    assert outbox.send_due() == 0  # its lease is not over
    with time_machine.travel(timezone.now() + outbox.LEASE):
        assert outbox.send_due() == 1
        assert outbox.send_due() == 0
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"] == f"<{Mail.objects.get().pk}@portal.example.com>"


def test_a_worker_that_is_killed_before_it_sends_loses_nothing(
    cast: Cast, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise Killed

    tell(cast["manager"])
    tell(cast["viewer"])
    with monkeypatch.context() as patch:
        patch.setattr(smtp.EmailBackend, "send_messages", killed)
        with pytest.raises(Killed):
            outbox.send_due()
    with time_machine.travel(timezone.now() + outbox.LEASE):
        assert outbox.send_due() == 2


def test_a_lease_is_longer_than_a_worker_may_live() -> None:
    assert outbox.LEASE.total_seconds() > outbox.TIME_LIMIT > outbox.LONGEST
    assert tasks.send_mails.time_limit == outbox.TIME_LIMIT


def test_two_workers_send_each_mail_once(
    transactional_db: None, cast: Cast, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 3)
    for place in range(30):
        tell(cast["manager"], f"shop{place}")
    sent, begin = [], threading.Barrier(2)

    def work() -> None:
        begin.wait(60)
        sent.append(outbox.send_due())
        connections.close_all()

    workers = [threading.Thread(target=work) for _worker in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sum(sent) == 30
    assert len({one["Message-ID"] for one in server.mails}) == len(server.raw) == 30


def test_who_is_slow_is_not_begun_with_for_ever(
    cast: Cast, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LONGEST", 0.0)
    tell(cast["manager"])
    assert outbox.send_due() == 0
    now = iter([0.0, 0.0, 1e9])
    monkeypatch.setattr(outbox, "LONGEST", 60.0)
    monkeypatch.setattr(outbox.time, "monotonic", lambda: next(now))
    tell(cast["viewer"])
    assert outbox.send_due() == 1
    monkeypatch.undo()
    assert sorted(Mail.objects.values_list("attempts", flat=True)) == [0, 1]


def test_a_mail_that_cannot_be_written_holds_up_nobody(
    cast: Cast, server: MailServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write = outbox.letter

    def fail_for_one(mail: Mail, notices: Any) -> Any:
        if mail.user == cast["manager"]:
            raise KeyError("made up")
        return write(mail, notices)

    monkeypatch.setattr(outbox, "letter", fail_for_one)
    tell(cast["manager"])
    tell(cast["viewer"])
    assert outbox.send_due() == 1
    waits = Mail.objects.get(user=cast["manager"])
    assert (waits.sent, waits.given_up, waits.attempts) == (None, None, 1)
    assert "could not be written" in caplog.text


@pytest.mark.parametrize("address", ["a@example.com\nBcc: evil@example.com", "a@example.com\r\nRCPT TO:<b@x.de>", "no"])
def test_an_address_with_line_breaks_does_no_harm(cast: Cast, server: MailServer, address: str) -> None:
    tell(cast["manager"])
    tell(cast["viewer"])
    User.objects.filter(pk=cast["manager"].pk).update(email=address)
    outbox.send_due()
    taken = b"".join(server.raw)
    assert b"evil" not in taken
    assert "viewer@example.com" in server.recipients
    assert all("@x.de" not in one for one in server.recipients)


def test_who_is_no_member_any_more_is_sent_nothing(cast: Cast, server: MailServer) -> None:
    tell(cast["viewer"])
    Membership.objects.filter(user=cast["viewer"]).delete()
    assert outbox.send_due() == 0
    assert Mail.objects.get().given_up is not None
    assert server.raw == []


def test_nor_who_may_not_sign_in(cast: Cast, server: MailServer) -> None:
    tell(cast["viewer"])
    User.objects.filter(pk=cast["viewer"].pk).update(is_active=False)
    assert outbox.send_due() == 0


def test_nor_whose_role_does_not_see_it(cast: Cast, server: MailServer) -> None:
    tell(cast["viewer"])
    Membership.objects.filter(user=cast["viewer"]).update(role="billing")
    assert outbox.send_due() == 0


def test_who_is_limited_to_a_group_hears_of_that_only(
    cast: Cast, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.notify.mail.contents.groups_of", lambda scope: {"example"})
    tell(cast["child"], "example00", group="example")
    tell(cast["child"], "shop00", group="shop")
    assert outbox.send_due() == 1
    (mail,) = server.mails
    assert "example00" in str(mail["Subject"])


def test_of_what_was_switched_off_meanwhile_nothing_is_sent(cast: Cast, server: MailServer) -> None:
    tell(cast["viewer"])
    choices.choose(cast["viewer"], {("maintenance.announced", Channel.MAIL): False})
    assert outbox.send_due() == 0


def test_a_kind_of_another_version_is_left_out(cast: Cast, server: MailServer) -> None:
    mail = tell(cast["viewer"])
    Notice.objects.filter(mail=mail).get().occurrence.__class__.objects.update(kind="of.tomorrow")
    assert outbox.send_due() == 0
