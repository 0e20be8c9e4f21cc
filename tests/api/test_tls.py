"""TLS: who is trusted, and that nothing goes to anybody else."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.api import Client, NotReachable

from .server import SLOW, Platform, answer, drip, drop
from .test_client import METHODS

type Connect = Callable[..., Client]


EVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)  # OpenSSL goes by the machine's own clock
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def certificate(folder: Path, address: str, until: datetime = EVER[1]) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for an IP address, as a file and as a server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "platform")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(EVER[0])
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    public, secret = folder / f"{address}.pem", folder / f"{address}.key"
    public.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, secret)
    return public, context


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """A platform behind TLS, whose certificate the environment's CA bundle holds."""
    bundle, context = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    server = Platform(context)
    yield server
    server.close()


def test_the_ca_bundle_of_the_environment_is_trusted(trusted: Platform, connect: Connect) -> None:
    client = connect(trusted.url)
    trusted.will(answer("pong"), answer("pong"), answer([]))
    assert client.ping().value == "pong"
    assert client.ping().value == "pong"
    assert client.apply([]).value == []
    assert [request.connection for request in trusted.requests] == [1, 1, 2]


@pytest.mark.parametrize("method", METHODS)
def test_a_self_signed_certificate_gets_nothing(
    trusted: Platform, connect: Connect, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with pytest.raises(NotReachable, match="certificate is not accepted: self-signed") as caught:
        METHODS[method](connect(trusted.url))
    assert not caught.value.may_have_been_sent
    assert trusted.requests == []
    assert trusted.connections == 1


@pytest.mark.parametrize(
    ("address", "until", "words"), [("127.0.0.2", EVER[1], "not valid for"), ("127.0.0.1", LONG_AGO, "expired")]
)
def test_a_certificate_for_another_place_or_time_gets_nothing(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, until: datetime, words: str
) -> None:
    bundle, context = certificate(tmp_path, address, until)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    server = Platform(context)
    try:
        with pytest.raises(NotReachable, match=words) as caught:
            connect(server.url).apply([])
        assert not caught.value.may_have_been_sent
        assert server.requests == []
    finally:
        server.close()


def test_a_ca_bundle_that_is_not_there_is_named(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    with pytest.raises(NotReachable, match=r"/no/such/bundle\.pem") as caught:
        connect("https://127.0.0.1:1/v1").ping()
    assert not caught.value.may_have_been_sent


def test_a_platform_that_speaks_no_tls_gets_nothing(platform: Platform, connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        heard: list[bytes] = []
        thread = threading.Thread(target=_say_hello, args=(server, heard))
        thread.start()
        with pytest.raises(NotReachable, match="TLS failed") as caught:
            connect(f"https://127.0.0.1:{server.getsockname()[1]}/v1").apply([])
        thread.join()
    assert not caught.value.may_have_been_sent
    assert all(b"POST" not in said for said in heard)


def _say_hello(server: socket.socket, heard: list[bytes]) -> None:
    connection, _ = server.accept()
    with connection, suppress(OSError):
        heard.append(connection.recv(10_000))
        connection.sendall(b"220 mail.example.com ESMTP\r\n" * 10)
        heard.append(connection.recv(10_000))


def test_a_platform_that_never_shakes_hands_has_been_sent_nothing(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        with pytest.raises(NotReachable, match=r"no connection within 0\.3 s") as caught:
            connect(f"https://127.0.0.1:{mute.getsockname()[1]}/v1", connect_timeout=0.3).ping()
        assert not caught.value.may_have_been_sent


def test_a_connection_that_breaks_under_tls_may_have_been_sent(trusted: Platform, connect: Connect) -> None:
    trusted.will(drop)
    with pytest.raises(NotReachable) as caught:
        connect(trusted.url).apply([])
    assert caught.value.may_have_been_sent
    assert len(trusted.requests) == 1


def test_a_stale_connection_under_tls_does_not_disturb_a_read(trusted: Platform, connect: Connect) -> None:
    client = connect(trusted.url)
    trusted.will(answer("pong"), drop, answer("pong"))
    client.ping()
    assert client.ping().value == "pong"
    assert [request.connection for request in trusted.requests] == [1, 1, 2]


@pytest.mark.parametrize("at_once", [0, 60, 5_100])
def test_a_platform_that_drips_under_tls_is_cut_off_at_the_deadline(
    trusted: Platform, connect: Connect, at_once: int
) -> None:
    trusted.will(drip(SLOW, at_once))
    with pytest.raises(NotReachable, match=r"no complete answer within 0\.5 s") as caught:
        connect(trusted.url, deadline=0.5).apply([])
    assert caught.value.may_have_been_sent
