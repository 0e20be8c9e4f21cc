"""The client and the sandbox, each built from the papers alone, understand each other."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.api import Client, Fault, NotReachable, Refused, Unreadable

ROOT = Path(__file__).parent.parent.parent


class Sandbox:
    """The sandbox as a process of its own, with its demo world."""

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "SANDBOX_DATABASE_URL": f"sqlite:///{folder / 'sandbox.sqlite3'}"}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        command = [sys.executable, "-m", "portal.sandbox"]
        subprocess.run([*command, "seed"], env=environment, cwd=ROOT, check=True)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen([*command, "serve", "--port", str(self.port)], env=environment, cwd=ROOT)
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            assert self.process.poll() is None, "the sandbox ended"
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except ConnectionRefusedError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the sandbox does not listen")

    def client(self, key: str = "services-demo-key", **settings: float) -> Client:
        return Client(f"http://127.0.0.1:{self.port}/v1", "services", key, **settings)

    def control(self, **command: object) -> None:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/control", json.dumps(command).encode())
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as response:
            assert response.status == 200

    def fault(self, kind: str, value: object = None, method: str = "*") -> None:
        self.control(fault={"kind": kind, "value": value, "method": method, "times": 1})

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    server = Sandbox(tmp_path_factory.mktemp("sandbox"))
    yield server
    server.stop()


@pytest.fixture
def platform_client(sandbox: Sandbox) -> Iterator[Client]:
    with sandbox.client() as client:
        yield client


def user(uid: str, **more: str) -> dict[str, str]:
    return {"__type__": "serviceuser", "uid": uid, "resource_group": "services", **more}


def test_api_01_ping(platform_client: Client) -> None:
    answer = platform_client.ping()
    assert answer.value == "pong"
    assert answer.platform_time is not None
    assert abs((answer.platform_time - datetime.now(UTC)).total_seconds()) < 3600


def test_api_02_a_wrong_key(sandbox: Sandbox) -> None:
    with sandbox.client("wrong") as client, pytest.raises(Refused):
        client.query("virtualmachine")


@pytest.mark.parametrize(
    "name",
    ["virtualmachine", "resourcegroup", "serviceuser", "permission", "maintenance", "consumption", "invoice"],
)
def test_records_of_each_type_arrive(platform_client: Client, name: str) -> None:
    records = platform_client.query(name).value
    assert records
    assert {record["__type__"] for record in records} == {name}


def test_api_15_traffic_over_32_bit_arrives(platform_client: Client) -> None:
    traffic = [
        record["parameters"]["traffic"]
        for record in platform_client.query("consumption", {}).value
        if record["type"] == "traffic"
    ]
    assert max(traffic) > 2**32


def test_api_06_api_10_a_change_and_its_record(platform_client: Client) -> None:
    text = "Zürich 東京 <&> 'quoted'\r\nsecond line\t."
    (record,) = platform_client.apply([user("s-round", description=text)]).value
    assert record["description"] == text
    assert record["uid"] == "s-round"
    assert [u["description"] for u in platform_client.query("serviceuser", {"uid": "s-round"}).value] == [text]
    assert platform_client.apply([user("s-round", __action__="delete")]).value == []


def test_api_04_a_fault_applies_nothing(platform_client: Client) -> None:
    with pytest.raises(Fault) as caught:
        platform_client.apply([user("s-half"), {"__type__": "virtualmachine", "name": "services99"}])
    assert not caught.value.may_have_been_sent
    assert "services99" in caught.value.text
    assert platform_client.query("serviceuser", {"uid": "s-half"}).value == []


def test_api_14_log_answers_what_was_called_after_a_serial(platform_client: Client) -> None:
    platform_client.ping()
    last = platform_client.log().value[-1]
    platform_client.apply([user("s-logged")])
    (entry,) = platform_client.log(last["serial"]).value
    assert entry["method"] == "apply"
    assert json.loads(entry["args"])["args"][0][0]["uid"] == "s-logged"


@pytest.mark.parametrize(
    ("kind", "value", "error", "done"),
    [
        ("status", 503, NotReachable, True),
        ("drop_before", None, NotReachable, False),
        ("drop_after", None, NotReachable, True),
        ("truncate", None, Unreadable, True),
        ("garbage", None, Unreadable, True),
    ],
)
def test_a_lost_answer_to_apply_says_that_it_may_have_been_done(
    sandbox: Sandbox, platform_client: Client, kind: str, value: object, error: type, done: bool
) -> None:
    uid = f"s-{kind.replace('_', '-')}"
    sandbox.fault(kind, value, "apply")
    with pytest.raises(error) as caught:
        platform_client.apply([user(uid)])
    assert caught.value.may_have_been_sent
    assert bool(platform_client.query("serviceuser", {"uid": uid}).value) is done


def test_a_read_survives_a_dropped_connection(sandbox: Sandbox, platform_client: Client) -> None:
    sandbox.fault("drop_before", method="query")
    assert platform_client.query("resourcegroup").value


def test_a_late_answer_is_not_waited_for(sandbox: Sandbox) -> None:
    sandbox.fault("delay", 2, "ping")
    with sandbox.client(read_timeout=0.2) as client, pytest.raises(NotReachable) as caught:
        client.ping()
    assert caught.value.may_have_been_sent
