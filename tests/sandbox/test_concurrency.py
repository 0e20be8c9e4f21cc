"""Many threads at once, over HTTP: nothing is lost, doubled or half applied (api_04, api_14)."""

import http.client
import json
import random
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from portal.sandbox import clock
from portal.sandbox.models import Event, Hardware
from portal.sandbox.server import Server
from tests.sandbox.conftest import Connect
from tests.sandbox.test_server import AUTH
from tests.sandbox.test_server import post as post_to


def test_machines_made_by_many_threads_have_their_own_id_and_addresses(connect: Connect) -> None:
    def make(serial: int) -> dict[str, object]:
        with connect() as api:
            (record,) = api.apply(
                [
                    {
                        "__type__": "virtualmachine", "name": f"shop{serial}", "resource_group": "shop",
                        "location": "rzob", "frontend_ips_v4": 1,
                    }
                ]
            )  # fmt: skip
        return record

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(24)))
    assert len({record["id"] for record in made}) == 24
    assert len({json.dumps(record["interfaces"]) for record in made}) == 24


def test_api_14_serials_ascend_without_gaps_that_are_filled_later(connect: Connect) -> None:
    def follow() -> list[int]:
        """Read the log in steps, as a client does that remembers the highest serial."""
        seen: list[int] = []
        with connect() as api:
            for _ in range(30):
                seen += [call["serial"] for call in api.log(seen[-1] if seen else 0)]
        return seen

    def ping(_: int) -> None:
        with connect() as api:
            api.ping()

    with ThreadPoolExecutor(8) as pool:
        following = pool.submit(follow)
        list(pool.map(ping, range(40)))
        seen = following.result()
    with connect() as api:
        seen += [call["serial"] for call in api.log(seen[-1] if seen else 0)]
        assert seen == [call["serial"] for call in api.log(0)]
    assert len(seen) == 40


def test_api_04_of_contradicting_calls_each_is_wholly_applied_or_not(connect: Connect) -> None:
    def claim(letter: str) -> bool:
        """Five groups, and the same machine in one of two pools, which never changes."""
        records = [{"__type__": "resourcegroup", "name": f"{letter}-group{number}"} for number in range(5)]
        machine = {"__type__": "virtualmachine", "name": "shop00", "resource_group": "shop", "location": "rzob"}
        with connect() as api:
            try:
                api.apply([*records, machine | {"rbd_pool": "rbd.ssd" if letter in "bd" else "rbd.hdd"}])
            except xmlrpc.client.Fault:
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        a, b, c, d = pool.map(claim, "abcd")
    assert (a, b) == (c, d)
    assert a != b
    with connect() as api:
        names = [group["name"] for group in api.query("resourcegroup")]
    for letter, applied in zip("abcd", (a, b, c, d), strict=True):
        assert len([name for name in names if name.startswith(f"{letter}-")]) == (5 if applied else 0)


def test_due_events_are_handled_once_whoever_comes_first(connect: Connect) -> None:
    with connect() as api:
        api.apply(
            [
                {"__type__": "virtualmachine", "name": f"shop{n}", "resource_group": "shop", "location": "rzob"}
                for n in range(12)
            ]
        )
    clock.advance(timedelta(minutes=1))

    def look(_: int) -> set[bool]:
        with connect() as api:
            return {machine["needs_install"] for machine in api.query("virtualmachine")}

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(look, range(16))) == [{False}] * 16
    assert Hardware.objects.count() == 12
    assert not Event.objects.filter(kind="install").exists()


def outcome(answer: bytes) -> int | str:
    """The code of a fault, or that it is none."""
    try:
        xmlrpc.client.loads(answer)
    except xmlrpc.client.Fault as fault:
        return fault.faultCode
    return "applied"


def test_mutated_requests_never_break_the_server(server: Server, connect: Connect) -> None:
    """A valid call with bytes changed, doubled and cut: always a fault, an answer or a plain error."""
    record = {
        "__type__": "virtualmachine", "name": "shop00", "resource_group": "shop", "location": "rzob", "cores": 2,
        "classes": ["role::redis"], "online": True,
    }  # fmt: skip
    valid = xmlrpc.client.dumps(([record],), "apply").encode()
    chance = random.Random(7)
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    statuses, outcomes = set(), set()
    for _ in range(300):
        body = bytearray(valid)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(body))
            match chance.randrange(4):
                case 0:
                    body[place] = chance.randrange(256)
                case 1:
                    del body[place : place + chance.randint(1, 20)]
                case 2:
                    body[place:place] = body[place : place + chance.randint(1, 40)]
                case 3:
                    body[place:place] = bytes(chance.choices(b"<>&/0\x00\xff]", k=3))
        answer, text = post_to(connection, bytes(body), AUTH)
        statuses.add(answer.status)
        outcomes.add(outcome(text))
    connection.close()
    assert statuses == {200}
    assert outcomes <= {"applied", 1, 2, 5}
