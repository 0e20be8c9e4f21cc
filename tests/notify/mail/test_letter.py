"""What stands in a mail, in its reader's language and by their clock, and in its headers."""

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from portal.accounts.mail import LONGEST_LINE
from portal.accounts.models import User
from portal.notify.mail import letter, outbox
from portal.notify.words import Said
from tests.notify.mail.conftest import PORTAL, MailServer, tell, text_of

type Cast = dict[str, User]

AT = datetime(2026, 11, 26, 21, tzinfo=UTC)


def sent(server: MailServer) -> EmailMessage:
    assert outbox.send_due() == 1
    return server.mails[-1]


def say_this(monkeypatch: pytest.MonkeyPatch, title: str, text: str = "") -> None:
    monkeypatch.setattr(letter, "say", lambda one, **_how: Said(title, text, "/c/10001/", None))  # type: ignore[arg-type]


def test_one_is_told_with_its_title_time_and_link(cast: Cast, server: MailServer) -> None:
    tell(cast["manager"], "shop00", at=AT)
    mail = sent(server)
    assert mail["Subject"] == "Maintenance of shop00 announced: 1 Dec 2026, 22:00"
    assert "announced: 1 Dec 2026, 22:00 CET (21:00 UTC)\n" in text_of(mail)
    assert "Thu 26 Nov, 22:00 CET (2026-11-26 21:00 UTC)" in text_of(mail)
    assert f"\n{PORTAL}/c/10001/virtualmachine/shop00/\n" in text_of(mail)
    assert f"Notification settings: {PORTAL}/c/10001/notifications/settings\n" in text_of(mail)


def test_times_are_by_the_readers_clock(cast: Cast, server: MailServer) -> None:
    User.objects.filter(pk=cast["manager"].pk).update(time_zone="Asia/Tokyo")
    tell(cast["manager"], at=AT)
    assert "Fri 27 Nov, 06:00 JST (2026-11-26 21:00 UTC)" in text_of(sent(server))


def test_a_zone_that_is_no_more_is_berlins(cast: Cast, server: MailServer) -> None:
    User.objects.filter(pk=cast["manager"].pk).update(time_zone="Europe/Atlantis")
    tell(cast["manager"], at=AT)
    assert "22:00 CET" in text_of(sent(server))


def test_words_are_in_the_readers_language(cast: Cast, server: MailServer) -> None:
    User.objects.filter(pk=cast["manager"].pk).update(language="de")
    tell(cast["manager"], at=AT)
    assert "Do 26. Nov., 22:00 CET (2026-11-26 21:00 UTC)" in text_of(sent(server))


def test_fourteen_of_a_kind_are_one_mail_with_a_list(cast: Cast, server: MailServer) -> None:
    names = [f"shop{place:02}" for place in range(14)]
    tell(cast["manager"], *names)
    mail = sent(server)
    assert mail["Subject"] == "14 notifications: Maintenance announced"
    assert all(f"Maintenance of {name} announced: " in text_of(mail) for name in names)
    assert "more notification" not in text_of(mail)


def test_paragraphs_are_a_blank_line_apart(
    cast: Cast, server: MailServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PORTAL_URL = ""
    say_this(monkeypatch, "Title", "Text")
    tell(cast["manager"], "shop00", "shop01", at=AT)
    when = "Thu 26 Nov, 22:00 CET (2026-11-26 21:00 UTC)"
    line = f"Title\nText\n{when}\n"
    assert text_of(sent(server)) == f"{line}\n{line}\nCustomer: 10001 Example Services GmbH\n"


def test_a_thousand_are_cut_short(cast: Cast, server: MailServer) -> None:
    tell(cast["manager"], *(f"shop{place:03}" for place in range(letter.MOST + 2)))
    text = text_of(sent(server))
    assert text.count("Maintenance of ") == letter.MOST
    assert "2 more notifications are in the portal." in text


def test_what_belongs_together_is_one_thread(cast: Cast, server: MailServer) -> None:
    for kind in ("maintenance.announced", "maintenance.moved", "maintenance.cancelled"):
        tell(cast["manager"], kind=kind, thread="maintenance shop00")
    tell(cast["manager"], "web00", thread="maintenance web00")
    assert outbox.send_due() == 4
    threads = [one["References"] for one in server.mails]
    assert len(set(threads[:3])) == 1
    assert threads[3] not in threads[:3]
    assert [one["In-Reply-To"] for one in server.mails] == threads
    assert re.fullmatch(r"<thread\.[0-9a-f]{32}@portal\.example\.com>", threads[0])


def test_the_same_of_another_customer_is_another_thread(cast: Cast, server: MailServer) -> None:
    tell(cast["manager"], "shop00", thread="one")
    tell(cast["outsider"], "shop00", thread="one", customer_no="10002")
    assert outbox.send_due() == 2
    assert len({one["References"] for one in server.mails}) == 2


def test_several_threads_are_none(cast: Cast, server: MailServer) -> None:
    tell(cast["manager"], "shop00", "shop01")
    assert sent(server)["References"] is None


def test_headers_say_that_a_machine_wrote_it_and_how_to_end_it(cast: Cast, server: MailServer) -> None:
    made = tell(cast["manager"])
    mail = sent(server)
    assert mail["Message-ID"] == f"<{made.pk}@portal.example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "<notifications.portal.example.com>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = str(mail["List-Unsubscribe"])
    assert re.fullmatch(rf"<{PORTAL}/notifications/stop/[\w:-]+>", link)
    assert f"Stop these emails: {link[1:-1]}\n" in text_of(mail)
    assert f"List-Unsubscribe: {link}\r\n".encode() in server.raw[0]  # in one piece, as servers read it


def test_what_cannot_be_switched_off_offers_no_way_to(cast: Cast, server: MailServer) -> None:
    tell(cast["manager"], kind="deletion.imminent")
    mail = sent(server)
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (None, None)
    assert "/notifications/stop/" not in text_of(mail)
    assert "cannot be turned off" in text_of(mail)


def test_without_https_there_is_no_one_click(cast: Cast, server: MailServer, settings: Any) -> None:
    settings.PORTAL_URL = "http://127.0.0.1:8000"
    tell(cast["manager"])
    mail = sent(server)
    assert str(mail["List-Unsubscribe"]).startswith("<http://127.0.0.1:8000/notifications/stop/")
    assert mail["List-Unsubscribe-Post"] is None


def test_where_nobody_knows_the_address_there_are_no_links(cast: Cast, server: MailServer, settings: Any) -> None:
    settings.PORTAL_URL = ""
    settings.DEFAULT_FROM_EMAIL = "Portal <portal@mail.example.com>"
    made = tell(cast["manager"])
    mail = sent(server)
    assert "/c/10001/" not in text_of(mail)
    assert mail["List-Unsubscribe"] is None
    assert mail["Message-ID"] == f"<{made.pk}@mail.example.com>"


@pytest.mark.parametrize("name", ["shop\r\nBcc: evil@example.com", "shop\u2028Bcc: x", "shop\x85Bcc: x", "a\u202eb\0c"])
def test_a_name_with_line_breaks_is_no_header(
    cast: Cast, server: MailServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    say_this(monkeypatch, f"Maintenance: {name}", f"Comment: {name}")
    tell(cast["manager"])
    mail = sent(server)
    assert mail["Bcc"] is None
    assert str(mail["Subject"]).startswith("Maintenance: ")
    assert not {"\u202e", "\0", "\u2028"} & {*str(mail["Subject"]), *text_of(mail)}


def test_a_line_longer_than_servers_take_is_cut(
    cast: Cast, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    say_this(monkeypatch, "Maintenance", "Wörter " * 400)
    tell(cast["manager"])
    mail = sent(server)
    assert text_of(mail).count("Wörter") == 400
    assert max(map(len, server.raw[0].splitlines())) <= LONGEST_LINE


def test_umlauts_and_long_links_stay_as_they_are(
    cast: Cast, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    say_this(monkeypatch, "Größerer Speicher", ".\n..punkte")
    tell(cast["manager"])
    mail = sent(server)
    assert mail["Subject"] == "Größerer Speicher"
    assert "\n.\n..punkte\n" in text_of(mail)
    assert mail["Content-Transfer-Encoding"] == "8bit"
