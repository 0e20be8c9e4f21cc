"""A receiver of webhooks for the demo, on the loopback interface: `… PORT`, with the secret in WEBHOOK_SECRET.

POST /hook takes an event, if its signature is right by the library that receivers use (standardwebhooks); GET / lists
what has come, the newest first.
"""

import json
import os
import sys
from collections import deque
from datetime import datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

MOST = 200  # events that are listed
LONGEST = 64 * 1024
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width"><title>Webhook receiver</title>
<style>body{{font:16px system-ui;margin:2rem;max-width:60rem}}pre{{overflow:auto;padding:.75rem;background:#f3f4f6}}
.bad{{color:#b42318}}.good{{color:#067647}}</style>
<h1>Webhook receiver</h1><p>{count} received, newest first.</p>{events}</html>"""


class Event(NamedTuple):
    """What has come."""

    at: datetime
    id: str
    is_signed: bool
    text: str

    def html(self) -> str:
        word = '<b class="good">signature ok</b>' if self.is_signed else '<b class="bad">bad signature</b>'
        return f"<h2>{self.at:%H:%M:%S} {escape(self.id)}</h2><p>{word}</p><pre>{escape(self.text)}</pre>"


class Receiver(ThreadingHTTPServer):
    """All that has come since it was started."""

    daemon_threads = True

    def __init__(self, port: int, secret: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.webhook = Webhook(secret)
        self.events: deque[Event] = deque(maxlen=MOST)

    def take(self, body: bytes, headers: dict[str, str]) -> bool:
        """Whether its signature is right."""
        try:
            is_signed = bool(self.webhook.verify(body, headers))
        except WebhookVerificationError:
            is_signed = False
        self.events.appendleft(
            Event(datetime.now().astimezone(), headers.get("webhook-id", ""), is_signed, _shown(body))
        )
        return is_signed

    def page(self) -> str:
        return PAGE.format(count=len(self.events), events="".join(one.html() for one in list(self.events)))


class Handler(BaseHTTPRequestHandler):
    """The two addresses."""

    server: Receiver

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LONGEST:
            return self._answer(413, "too long")
        headers = {name.lower(): value for name, value in self.headers.items()}
        is_signed = self.server.take(self.rfile.read(int(length)), headers)
        return self._answer(200 if is_signed else 401, "ok" if is_signed else "bad signature")

    def do_GET(self) -> None:
        self._answer(200, self.server.page(), "text/html")

    def _answer(self, status: int, text: str, kind: str = "text/plain") -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _shown(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode(errors="replace")


def main() -> None:
    with Receiver(int(sys.argv[1]), os.environ["WEBHOOK_SECRET"]) as receiver:
        print(f"receiver at http://127.0.0.1:{receiver.server_port} ready.", flush=True)
        receiver.serve_forever()


if __name__ == "__main__":
    main()
