"""A mail server of the test's own on loopback, and notices that wait for being sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.models import Customer, User
from portal.notify import choices
from portal.notify.kinds import Channel
from portal.notify.models import Mail, Notice, Occurrence
from scripts.mail_catcher import HOST, Receiver, Server

PORTAL = "https://portal.example.com"
DATED = {
    "starts": "2026-12-01T21:00:00+00:00",
    "ends": "2026-12-02T04:00:00+00:00",
    "deadline": "2026-12-01",
    "stage": "soft",
}
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@dataclass
class MailServer:
    """What it has taken, and what it answers instead of taking something: by recipient, and to content."""

    port: int = 0
    raw: list[bytes] = field(default_factory=list)
    connections: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    to_content: str = "250 kept"
    hangs_up: bool = False

    @property
    def mails(self) -> list[EmailMessage]:
        found = [message_from_bytes(one, policy=policy.default) for one in self.raw]
        return [one for one in found if isinstance(one, EmailMessage)]

    @property
    def recipients(self) -> list[str]:
        return [str(one["To"]) for one in self.mails]

    @contextmanager
    def running(self) -> Iterator[None]:
        with Server((HOST, self.port), self._receiver()) as server:
            self.port = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()

    def _receiver(self) -> Any:
        server = self

        class Scripted(Receiver):
            def handle(self) -> None:
                server.connections += 1
                super().handle()

            def recipient(self, command: str) -> str:
                if server.hangs_up:
                    raise ConnectionError
                return next((answer for name, answer in server.answers.items() if name in command), "250 fine")

            def keep(self, content: bytes) -> str:
                if server.to_content.startswith("250"):
                    server.raw.append(content)
                return server.to_content

        return Scripted


@pytest.fixture
def absent_server(settings: Any) -> MailServer:
    """One that is not running yet, to which all mail goes."""
    server = MailServer()
    with server.running():
        pass  # its port is known now
    options = {"host": HOST, "port": server.port, "timeout": 5}
    settings.MAILERS = {"default": {"BACKEND": SMTP, "OPTIONS": options}}
    settings.PORTAL_URL = PORTAL
    return server


@pytest.fixture
def server(absent_server: MailServer) -> Iterator[MailServer]:
    with absent_server.running():
        yield absent_server


def tell(
    user: User,
    *keys: str,
    kind: str = "maintenance.announced",
    thread: str = "",
    group: str = "",
    waits: bool = False,
    customer_no: str = "10001",
    **values: Any,
) -> Mail:
    """A mail at once about occurrences of these keys; `waits`: they wait for the digest, and there is none yet."""
    customer = Customer.objects.get(number=customer_no)
    mail = Mail(user=user, customer=customer)
    if not waits:
        mail.save()
    for key in keys or ("shop00",):
        occurrence, _is_new = Occurrence.objects.get_or_create(
            customer=customer,
            key=f"{kind} {key}",
            defaults={
                "kind": kind,
                "at": timezone.now(),
                "record": key,
                "type_name": "virtualmachine",
                "group": group,
                "thread": thread or key,
                "data": {"machine": key, **DATED},
                **values,
            },
        )
        Notice.objects.create(
            occurrence=occurrence, user=user, customer=customer, mail=None if waits else mail, for_digest=waits
        )
    return mail


def by_digest(user: User, *kinds: str) -> None:
    """From now on the person hears of these once a day, and not at once."""
    for kind in kinds:
        choices.choose(user, {(kind, Channel.MAIL): False, (kind, Channel.DIGEST): True})


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_content()).replace("\r\n", "\n")
