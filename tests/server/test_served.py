"""A portal as docs/server installs it, with the real nginx before it: reached by HTTPS, and replaced unnoticed."""

import contextlib
import os
import socket
import ssl
import subprocess
import time
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from scripts.environment import ROOT
from scripts.rolling import Rolling
from scripts.served import FILES, NGINX, Served
from scripts.visitor import Visitor
from tests.support.doctor import doctor
from tests.support.portal import Portal
from tests.support.services import require


class ServedPortal(Portal, Served):
    """An installed portal with a seeded database."""


@pytest.fixture(scope="module")
def served(portal_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPortal]:
    for program in ("redis-server", NGINX, "openssl"):
        require(program)
    portal = ServedPortal(tmp_path_factory.mktemp("served"), portal_template, {})
    try:
        portal.start()
        yield portal
        portal.assert_no_traceback()
    finally:
        portal.end()


def get(served: Served, path: str, **headers: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(
            f"{served.url}{path}", headers=headers, verify=served.authority, timeout=60, allow_redirects=False
        )


def test_a_person_signs_in_over_https(served: ServedPortal) -> None:
    visitor = Visitor(served.url, "manager@example.com", authority=served.authority)
    assert "vm" in visitor.get("/c/10001/virtualmachine/")
    cookies = {cookie.name: cookie for cookie in visitor.session.cookies}
    assert {"__Host-sessionid", "__Host-csrftoken"} <= cookies.keys()
    assert all(cookie.secure for cookie in cookies.values())


def test_who_comes_without_https_is_sent_there(served: ServedPortal) -> None:
    answer = requests.get(
        f"http://localhost:{served.http_port}/accounts/login/?next=/", timeout=60, allow_redirects=False
    )
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://localhost/accounts/login/?next=/")


def test_browsers_are_told_to_stay_with_https(served: ServedPortal) -> None:
    assert "max-age=31536000" in get(served, "/accounts/login/").headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("version", "is_spoken"),
    [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)],
)
def test_old_versions_of_tls_are_not_spoken(served: ServedPortal, version: ssl.TLSVersion, is_spoken: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(served.authority)
    context.set_ciphers("ALL:@SECLEVEL=0")  # what the server allows is asked, not what this client would
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = context.maximum_version = version
    expected = contextlib.nullcontext() if is_spoken else pytest.raises(ssl.SSLError)
    with socket.create_connection(("127.0.0.1", served.https_port)) as connection, expected:
        context.wrap_socket(connection, server_hostname="localhost").close()


def test_nobody_can_claim_to_come_from_elsewhere(served: ServedPortal) -> None:
    visitor = Visitor(served.url, "viewer@example.com", authority=served.authority)
    visitor.session.headers["X-Forwarded-For"] = "203.0.113.9"
    visitor.get("/c/10001/")
    assert {str(ip) for (ip,) in served.query("SELECT ip FROM usersessions_usersession")} == {"127.0.0.1"}


def test_a_request_has_the_id_that_nginx_gave_it(served: ServedPortal) -> None:
    claimed = "0123456789abcdef0123456789abcdef"
    given = get(served, "/accounts/login/", **{"X-Request-ID": claimed}).headers["X-Request-ID"]
    assert given != claimed
    assert given in served.web.output()


def test_pages_that_are_open_find_the_static_files_of_their_release(served: ServedPortal) -> None:
    earlier = Path(served.env["STATIC_ROOT"]) / "from-an-earlier-release.0123456789ab.css"
    earlier.write_text("/* the web server has never seen it */")
    try:
        answer = get(served, f"/static/{earlier.name}")
    finally:
        earlier.unlink()
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/css")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_static_files_come_compressed_and_those_whose_name_may_stay_are_looked_at_again(served: ServedPortal) -> None:
    answer = get(served, "/static/vendor/htmx.js")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "public, max-age=60"


def test_the_web_server_is_asked_within_the_house_without_https(served: ServedPortal) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/healthz", timeout=60) as answer:
        assert answer.status == 200


def test_the_doctor_finds_nothing_but_that_there_is_no_backup_yet(served: ServedPortal) -> None:
    fine_but_for = {"backups"} | ({"database"} if "sqlite" in served.env["DATABASE_URL"] else set())
    begun = time.monotonic()
    while (found := {name for name, level in doctor(served).items() if level != "fine"}) != fine_but_for:
        assert time.monotonic() < begun + 120, found  # until all have said that they are there


def test_what_is_run_by_hand_has_the_services_settings(served: ServedPortal, tmp_path: Path) -> None:
    """The command of docs/server, with this run's folders; its user is there where this is root's machine."""
    (tmp_path / "env").write_text("".join(f"{name}='{value}'\n" for name, value in served.env.items()))
    text = (FILES / "portal").read_text()
    for there, here in {
        "/etc/portal/env": str(tmp_path / "env"),
        "/srv/portal/current": str(ROOT),
        "setpriv --reuid=portal --regid=portal --init-groups ": "",
    }.items():
        assert there in text
        text = text.replace(there, here)
    (tmp_path / "portal").write_text(text)
    (tmp_path / "portal").chmod(0o755)
    left = {name: value for name, value in os.environ.items() if name not in served.env}
    found = subprocess.run(
        [tmp_path / "portal", "doctor", "--only", "database"], env=left, capture_output=True, text=True, check=False
    )
    assert served.env["DATABASE_URL"].startswith("sqlite") or found.returncode == 0, found.stdout + found.stderr


def test_all_of_it_is_replaced_while_people_work_and_nobody_notices(served: ServedPortal) -> None:
    report = Rolling(served).run(times=1)
    assert report.problems == []
    assert dict(report.restarts) == dict.fromkeys(["web", "changes", "refresh", "papers", "post", "beat"], 1)
    assert min(report.pages, report.changes) > 0
