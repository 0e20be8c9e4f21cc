"""The demo's receiver: takes what is signed, refuses what is not, and lists both."""

import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from portal.notify.webhooks import calling, delivering, signing
from portal.notify.webhooks.queue import enqueue
from scripts.webhook_receiver import Receiver
from tests.notify.webhooks.conftest import Happen, MakeEndpoint


@pytest.fixture
def shown(loopback: None) -> Iterator[Receiver]:
    with Receiver(0, signing.new_secret()) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_it_lists_what_came_and_whether_it_was_signed(shown: Receiver, endpoint: MakeEndpoint, happen: Happen) -> None:
    url = f"http://127.0.0.1:{shown.server_port}"
    one = endpoint(f"{url}/hook")
    shown.webhook = type(shown.webhook)(one.secret)
    enqueue([happen(record="<b>")])
    assert delivering.deliver(str(one.pk)) == 1
    assert one.messages.get().state == "delivered"
    assert calling.call(f"{url}/hook", b"{}", {"webhook-id": "msg_1"}).status == 401
    with urllib.request.urlopen(url) as answer:
        page: Any = answer.read().decode()
    assert ("signature ok" in page, "bad signature" in page) == (True, True)
    assert "&lt;b&gt;" not in page.partition("<pre>")[0]
    assert "<b>" not in page.replace('<b class="', "").replace("</b>", "")
