"""One call: to a checked address, within its time, whatever the receiver does."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.notify.webhooks import calling
from portal.notify.webhooks.calling import Answer, Problem
from tests.api.test_tls import certificate
from tests.notify.webhooks.receiver import OK, Receiver, answering, body_of, headers_of, status

BODY = b'{"type":"x"}'
DEADLINE = 1.0
HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "DEADLINE", DEADLINE)
    monkeypatch.setattr(calling, "FOR_EXCERPT", 0.2)


def call(url: str) -> Answer:
    return calling.call(url, BODY, {"webhook-id": "msg_1"})


def in_time(url: str) -> Answer:
    begun = time.monotonic()
    answer = call(url)
    assert time.monotonic() - begun < DEADLINE + 0.5
    return answer


def test_a_post_with_our_headers_and_body_arrives(receiver: Receiver) -> None:
    answer = call(receiver.url)
    assert (answer.status, answer.is_success, answer.excerpt) == (200, True, "ok")
    (request,) = receiver.requests
    assert request.startswith(b"POST /hook HTTP/1.1\r\n")
    headers = headers_of(request)
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert (headers["webhook-id"], headers["content-type"]) == ("msg_1", "application/json")
    assert body_of(request) == BODY


@pytest.mark.parametrize("code", [199, 300, 301, 307, 400, 404, 410, 429, 500, 503])
def test_only_2xx_is_success(receiver: Receiver, code: int) -> None:
    receiver.behave = status(code)
    answer = call(receiver.url)
    assert not answer.is_success
    assert answer.status == code or code == 199


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_each_2xx_is(receiver: Receiver, code: int) -> None:
    receiver.behave = status(code)
    assert call(receiver.url).is_success


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.behave = status(307, f"Location: {receiver.url}")
    assert call(receiver.url).status == 307
    assert len(receiver.requests) == 1


def test_retry_after_is_handed_on(receiver: Receiver) -> None:
    receiver.behave = status(503, "Retry-After: 120")
    assert call(receiver.url).retry_after == "120"


def test_a_head_that_drips_is_cut_off(receiver: Receiver) -> None:
    receiver.behave = receiver.drip(HEAD + b"X-Slow: 1\r\n" * 1000, every=0.05)
    answer = in_time(receiver.url)
    assert (answer.status, answer.problem) == (None, Problem.TIMEOUT)


def test_one_that_says_nothing_is_cut_off(receiver: Receiver) -> None:
    receiver.behave = lambda sock: [receiver.ended.wait(10)]  # type: ignore[assignment,return-value]
    assert in_time(receiver.url).problem == Problem.TIMEOUT


def test_a_body_that_drips_or_never_ends_is_not_waited_for(receiver: Receiver) -> None:
    receiver.behave = receiver.drip(HEAD + b"\r\n" + b"x" * 10_000, every=0.001)
    begun = time.monotonic()
    assert call(receiver.url).is_success
    assert time.monotonic() - begun < DEADLINE


def test_of_a_gigabyte_no_more_is_read_than_is_kept(receiver: Receiver) -> None:
    sent = 0

    def flood(sock: socket.socket) -> None:
        nonlocal sent
        sock.sendall(HEAD + b"Content-Length: 1073741824\r\n\r\n")
        for _time in range(1024):
            sock.sendall(b"x" * 2**20)
            sent += 2**20

    receiver.behave = flood
    answer = in_time(receiver.url)
    assert answer.excerpt == "x" * 200
    assert sent < 64 * 2**20  # no more than lay in buffers


@pytest.mark.parametrize(
    "said",
    [
        b"hello\r\n\r\n",
        HEAD + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        HEAD + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000,
    ],
    ids=["no HTTP", "a line without end", "a thousand headers", "only interim answers"],
)
def test_what_is_no_answer_is_told(receiver: Receiver, said: bytes) -> None:
    receiver.behave = answering(said)
    answer = in_time(receiver.url)
    assert not answer.is_success
    assert answer.problem in (Problem.UNREADABLE, Problem.CONNECTION)


def test_one_that_hangs_up_and_one_that_is_not_there(receiver: Receiver) -> None:
    receiver.behave = lambda sock: None
    assert call(receiver.url).problem == Problem.CONNECTION
    receiver.stop()
    assert call(receiver.url).problem == Problem.CONNECTION


def test_no_more_than_200_bytes_are_kept_as_text(receiver: Receiver) -> None:
    receiver.behave = answering(HEAD + b"\r\n" + b"\xff\x00" + "ü".encode() * 300)
    excerpt = call(receiver.url).excerpt
    assert len(excerpt.encode(errors="replace")) <= 3 * 200
    assert len(excerpt) <= 200
    assert "\0" not in excerpt


def test_no_proxy_of_the_environment_is_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert call(receiver.url).is_success


def test_without_the_setting_this_machine_is_not_called(receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOKS_MAY_CALL_LOOPBACK = False
    assert call(receiver.url.replace("http:", "https:")).problem == Problem.ADDRESS
    assert call(receiver.url).problem == Problem.INSECURE
    assert receiver.requests == []


class Names:
    """Leads to other addresses each time it is asked; connections are noted and come to nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
        self.asked = 0
        self.connected: list[Any] = []
        self._answers = answers
        monkeypatch.setattr(socket, "getaddrinfo", self._resolve)
        monkeypatch.setattr(socket.socket, "connect", lambda sock, address: self._connect(address))

    def _resolve(self, host: str, port: int, **options: Any) -> list[Any]:
        if "flags" in options:
            raise socket.gaierror
        self.asked += 1
        address = self._answers[min(self.asked, len(self._answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def _connect(self, address: Any) -> None:
        self.connected.append(address)
        raise ConnectionRefusedError


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(monkeypatch, "8.8.8.8", "127.0.0.1")
    assert call("https://rebinding.example/").problem == Problem.CONNECTION
    assert (names.asked, names.connected) == (1, [("8.8.8.8", 443)])


def test_a_name_that_was_public_when_it_was_saved_is_judged_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(monkeypatch, "8.8.8.8", "127.0.0.1")
    call("https://rebinding.example/")
    assert call("https://rebinding.example/").problem == Problem.ADDRESS
    assert names.connected == [("8.8.8.8", 443)]


def test_a_name_that_leads_nowhere_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*args: Any, **options: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert call("https://nowhere.example/").problem == Problem.NAME


def test_a_look_up_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: receiver.ended.wait(5))
    assert in_time("https://slow.example/").problem == Problem.TIMEOUT


@pytest.fixture
def secure(tmp_path: Path, loopback: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Receiver]]:
    """Receivers behind TLS with a certificate for 127.0.0.1, which is trusted unless it is said otherwise."""
    made: list[Receiver] = []
    authority, context = certificate(tmp_path, "127.0.0.1")

    def make(*, trusted: bool = True) -> Receiver:
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        calling._tls.cache_clear()
        made.append(Receiver(answering(OK), context))
        return made[-1]

    yield make
    calling._tls.cache_clear()
    for one in made:
        one.stop()


def test_a_certificate_that_is_trusted_will_do(secure: Callable[..., Receiver]) -> None:
    assert call(secure().url).is_success


def test_a_certificate_that_nobody_vouches_for_will_not(secure: Callable[..., Receiver]) -> None:
    one = secure(trusted=False)
    assert call(one.url).problem == Problem.CERTIFICATE
    assert one.requests == []


def test_the_certificate_has_to_be_for_the_name(
    secure: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = secure()
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", one.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: rows)
    assert call(f"https://other.example:{one.port}/").problem == Problem.CERTIFICATE
    assert one.requests == []


def test_a_handshake_that_never_ends_is_cut_off(receiver: Receiver) -> None:
    assert in_time(receiver.url.replace("http:", "https:")).problem in (Problem.TIMEOUT, Problem.TLS)
