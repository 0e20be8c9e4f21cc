"""A mail server that sends nothing on, and a page that shows what it was given: the demo's.
`… SMTP PORT DIRECTORY [HOST]`

Both are on the loopback interface, where no host is given. Each mail is a file in the directory, so they are there
after a restart as well.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

from django.utils.html import escape, urlize

LISTED = 200  # mails on the page, the newest
HOST = "127.0.0.1"
STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: light-dark(#1b1f24, #e6e8eb); background: light-dark(#fff, #14171a); }
a { color: light-dark(#0b57d0, #8ab4f8); overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid light-dark(#d8dce0, #363b41); text-align: start; vertical-align: top; overflow-wrap: break-word; }
td:last-child, .soft { color: light-dark(#565d66, #a2a9b2); }
.headers th { width: 12rem; font-weight: 500; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: .9375rem/1.5 ui-monospace, monospace; }
"""  # noqa: E501
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
{head}<title>{title}</title><style>{style}</style></head><body><h1>{title}</h1>{body}</body></html>"""


class Box:
    """The mails, each in a file whose name says when it came."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        directory.mkdir(parents=True, exist_ok=True)

    def put(self, content: bytes) -> None:
        with self._lock:  # no two at the same nanosecond
            file = self._directory / f"{time.time_ns()}.eml"
            new = file.with_suffix(".new")
            new.write_bytes(content)
            new.rename(file)

    def names(self) -> list[str]:
        """The newest first."""
        return sorted((path.stem for path in self._directory.glob("*.eml")), reverse=True)

    def get(self, name: str) -> EmailMessage | None:
        file = self._directory / f"{name}.eml"
        if not name.isdecimal() or not file.is_file():
            return None
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message


class Receiver(StreamRequestHandler):
    """One connection of somebody who sends mail (RFC 5321)."""

    box: Box

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            self._say("220 caught here")
            while (line := self.rfile.readline()) and self._answer(line.decode(errors="replace").strip()):
                pass

    def keep(self, content: bytes) -> str:
        """Take a mail. What is answered."""
        self.box.put(content)
        return "250 kept"

    def recipient(self, command: str) -> str:
        """What is answered to RCPT."""
        return "250 fine"

    def _answer(self, command: str) -> bool:
        """Whether the connection goes on."""
        verb = command[:4].upper()
        if verb == "DATA":
            self._say("354 go ahead")
            self._say(self.keep(b"".join(self._content())))
        elif verb == "EHLO":
            self._say("250-caught here\r\n250 8BITMIME")
        elif verb == "RCPT":
            self._say(self.recipient(command))
        else:
            known = {"QUIT": "221 bye"} | dict.fromkeys(("HELO", "MAIL", "RSET", "NOOP"), "250 fine")
            self._say(known.get(verb, "502 not known here"))
        return verb != "QUIT"

    def _content(self) -> Iterator[bytes]:
        """Lines until the one with nothing but a dot; of others that begin with one it is doubled."""
        while (line := self.rfile.readline()) and line != b".\r\n":
            yield line.removeprefix(b".")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class Pages(BaseHTTPRequestHandler):
    """The list, and each mail with its headers."""

    box: Box

    def do_GET(self) -> None:
        name = self.path.strip("/")
        message = self.box.get(name) if name else None
        if message is not None:
            self._send(HTTPStatus.OK, *_mail(message))
        elif name:
            self._send(HTTPStatus.NOT_FOUND, "No such mail", BACK)
        else:
            self._send(HTTPStatus.OK, "Mails of the demo", _list(self.box), '<meta http-equiv="refresh" content="5">')

    def _send(self, status: HTTPStatus, title: str, body: str, head: str = "") -> None:
        content = PAGE.format(title=escape(title), body=body, head=head, style=STYLE).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(content)


BACK = '<p><a href="/">All mails</a></p>'


def _list(box: Box) -> str:
    names = box.names()
    if not names:
        return '<p class="soft">Nothing yet. What the portal would send appears here by itself.</p>'
    rows = "".join(_row(name, message) for name in names[:LISTED] if (message := box.get(name)))
    head = '<tr><th scope="col">Subject</th><th scope="col">To</th><th scope="col">Sent</th></tr>'
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _row(name: str, message: EmailMessage) -> str:
    subject, to, date = (escape(message.get(one, "")) for one in ("Subject", "To", "Date"))
    return f'<tr><td><a href="/{name}">{subject or "(no subject)"}</a></td><td>{to}</td><td>{date}</td></tr>'


def _mail(message: EmailMessage) -> tuple[str, str]:
    """Its title and body."""
    headers = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in message.items()
    )
    part = message.get_body(("plain", "html"))
    text = urlize(part.get_content() if part else "", autoescape=True)
    table = f'<table class="headers"><tbody>{headers}</tbody></table>'
    return message.get("Subject", "(no subject)"), f"{BACK}<pre>{text}</pre>{table}"


class Server(ThreadingTCPServer):
    """Somebody who holds a connection does not keep it from ending."""

    daemon_threads = True
    allow_reuse_address = True


def main() -> None:
    smtp_port, port, directory, *given = sys.argv[1:]
    (host,) = given or [HOST]
    box = Box(Path(directory))
    receiver = type("CatchingReceiver", (Receiver,), {"box": box})
    pages = type("CaughtPages", (Pages,), {"box": box})
    with Server((host, int(smtp_port)), receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ThreadingHTTPServer((host, int(port)), pages).serve_forever()


if __name__ == "__main__":
    main()
