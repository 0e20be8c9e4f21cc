"""The demo's mail server takes what is sent, keeps it, and shows it on a page."""

import smtplib
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.error import HTTPError

import pytest

from scripts.environment import free_port
from scripts.mail_catcher import HOST
from scripts.processes import Process, accepts_connections, answers, wait_until
from scripts.stack import mail_command


class Catcher:
    def __init__(self, directory: Path) -> None:
        self.smtp_port, self.port = free_port(), free_port()
        command = mail_command(self.smtp_port, self.port, directory / "mail")
        env = {"DJANGO_SETTINGS_MODULE": "portal.settings", "DEBUG": "1"}
        self.process = Process("mail", command, env=env, log=directory / "mail.log")

    def start(self) -> None:
        self.process.start()
        wait_until(lambda: answers(f"http://{HOST}:{self.port}") and accepts_connections(self.smtp_port), self.process)

    def page(self, path: str = "/") -> str:
        with urllib.request.urlopen(f"http://{HOST}:{self.port}{path}") as response:
            return str(response.read().decode())


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    started = Catcher(tmp_path)
    try:
        started.start()
        yield started
    finally:
        started.process.kill()


def send(catcher: Catcher, subject: str, text: str) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "portal@example.com", "viewer@example.com"
    message.set_content(text, cte="8bit")
    with smtplib.SMTP(HOST, catcher.smtp_port) as server:
        server.send_message(message)


def test_what_is_sent_is_listed_newest_first_and_shown(catcher: Catcher) -> None:
    assert "Nothing yet" in catcher.page()
    send(catcher, "First", "Hällo\n.\n..two dots\nhttps://portal.example.com/?a=1&b=2\n")
    send(catcher, "Second <b>", "<script>alert(1)</script>\n")
    page = catcher.page()
    assert page.index("Second &lt;b&gt;") < page.index("First")
    second, first = (part.split('"')[0] for part in page.split('<a href="')[1:])
    shown = catcher.page(first)
    assert "Hällo\n.\n..two dots\n" in shown.replace("\r\n", "\n")
    assert '<a href="https://portal.example.com/?a=1&amp;b=2"' in shown
    assert '<th scope="row">To</th><td>viewer@example.com</td>' in shown
    assert "<script>" not in catcher.page(second)


def test_it_is_there_after_a_restart(catcher: Catcher) -> None:
    send(catcher, "Kept", "text\n")
    catcher.process.kill()
    catcher.start()
    assert "Kept" in catcher.page()


@pytest.mark.parametrize("path", ["/nothing", "/12345", "/../env", "/%2e%2e/env"])
def test_nothing_else_is_shown(catcher: Catcher, path: str) -> None:
    with pytest.raises(HTTPError) as refused:
        catcher.page(path)
    assert refused.value.code == 404
    refused.value.close()
