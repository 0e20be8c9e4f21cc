"""RabbitMQ, the real one, as broker: changes pass through it, and go on after it was away, full, emptied or refused."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from amqp import Message

from portal.broker import backlog
from portal.broker.backlog import Full
from portal.celery import QUEUES
from portal.inventory.redis_connection import Away
from portal.monitoring.doctor import storage
from scripts.chaos import done
from scripts.visitor import Visitor
from tests.support.doctor import doctor
from tests.support.going_on import LIST, MACHINE, describe, described, manager, readiness, wait_for
from tests.support.portal import NewPortal, Portal
from tests.support.rabbitmq import PROGRAM, RabbitMQ
from tests.support.services import require


@pytest.fixture
def full(rabbitmq: RabbitMQ) -> Iterator[None]:
    rabbitmq.take_nothing()
    yield
    rabbitmq.take_all()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of localhost, which nobody but itself vouches for."""
    directory = tmp_path_factory.mktemp("certificate")
    file, key = directory / "certificate.pem", directory / "key.pem"
    require("openssl")
    make = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=portal")
    names = ("-addext", "subjectAltName=DNS:localhost")
    subprocess.run([*make, *names, "-keyout", key, "-out", file], check=True, capture_output=True)
    return file, key


@pytest.fixture(scope="module")
def encrypted(certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    require(PROGRAM)
    with RabbitMQ(tmp_path_factory.mktemp("encrypted"), certificate) as server:
        yield server


@pytest.fixture(scope="module")
def portal(rabbitmq: RabbitMQ, new_portal: NewPortal) -> Portal:
    return new_portal(BROKER_URL=rabbitmq.url)


@pytest.fixture(scope="module")
def visitor(portal: Portal) -> Visitor:
    return manager(portal)


class TestBacklog:
    @pytest.fixture(autouse=True)
    def broker(self, rabbitmq: RabbitMQ, settings: Any) -> None:
        settings.BROKER_URL = rabbitmq.url

    def test_it_is_what_waits_in_these_queues(self, rabbitmq: RabbitMQ) -> None:
        assert backlog.backlog(["letters", "parcels"]) == 0  # which nobody has made
        with backlog.rabbitmq() as connection:
            channel = connection.channel()
            for queue in ("letters", "letters", "parcels", "others"):
                channel.queue_declare(queue, auto_delete=False)
                channel.basic_publish(Message(""), routing_key=queue)
        assert backlog.backlog(["letters", "parcels"]) == 3

    def test_nothing_is_left_of_asking(self, rabbitmq: RabbitMQ) -> None:
        before = rabbitmq.control("list_queues", "name", "messages")
        backlog.backlog(QUEUES)
        assert rabbitmq.control("list_queues", "name", "messages") == before

    def test_it_says_that_it_takes_none(self, full: None) -> None:
        with pytest.raises(Full):
            backlog.backlog(QUEUES)

    @pytest.mark.parametrize("wrong", [("guest@", "wrong@"), ("127.0.0.1", "127.0.0.1:1/")])
    def test_one_that_is_away_or_refuses_is_no_error_of_another_kind(
        self, settings: Any, wrong: tuple[str, str]
    ) -> None:
        settings.BROKER_URL = settings.BROKER_URL.replace(*wrong).split("/:")[0]
        with pytest.raises(Away):
            backlog.backlog(QUEUES)

    def test_the_doctor_finds_it_well(self) -> None:
        (found,) = storage.broker()
        assert str(found.level) == "fine"
        assert re.fullmatch(r"RabbitMQ \d+\.\d+\.\d+ answers; messages waiting: 0\.", found.text)

    def test_the_doctor_finds_that_it_takes_none(self, full: None) -> None:
        (found,) = storage.broker()
        assert (str(found.level), found.text) == (
            "failed",
            "RabbitMQ takes no messages: its memory or its disk is full.",
        )


class TestEncryption:
    @pytest.mark.parametrize(
        ("host", "is_trusted", "is_let_in"),
        [("localhost", True, True), ("127.0.0.1", True, False), ("localhost", False, False)],
    )
    def test_its_certificate_has_to_be_right_and_for_that_host(
        self,
        encrypted: RabbitMQ,
        certificate: tuple[Path, Path],
        settings: Any,
        monkeypatch: pytest.MonkeyPatch,
        host: str,
        is_trusted: bool,
        is_let_in: bool,
    ) -> None:
        settings.BROKER_URL = f"amqps://guest:guest@{host}:{encrypted.encrypted_port}"
        if is_trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        try:
            backlog.backlog(QUEUES)
        except Away:
            assert not is_let_in
        else:
            assert is_let_in


class TestPortal:
    def test_changes_pass_through_it(self, portal: Portal, visitor: Visitor) -> None:
        describe(visitor, "by RabbitMQ")
        wait_for(lambda: described(portal) == "by RabbitMQ")
        wait_for(lambda: done(portal) == 1)
        wait_for(lambda: set(readiness(portal).values()) == {"ok"})

    def test_the_doctor_finds_each_queue_worked_on(self, portal: Portal) -> None:
        assert doctor(portal, "--only", "broker", "queues") == {"broker": "fine", "queues": "fine"}

    def test_what_is_asked_for_while_it_is_away_goes_out_when_it_is_back(
        self, rabbitmq: RabbitMQ, portal: Portal, visitor: Visitor
    ) -> None:
        rabbitmq.stop()
        assert MACHINE in visitor.get(LIST)
        describe(visitor, "asked for without RabbitMQ")
        assert readiness(portal)["broker"] == "does not answer"
        rabbitmq.start()
        wait_for(lambda: described(portal) == "asked for without RabbitMQ")
        wait_for(lambda: readiness(portal)["broker"] == "ok")

    def test_one_that_is_full_holds_up_neither_pages_nor_forms(
        self, rabbitmq: RabbitMQ, portal: Portal, visitor: Visitor
    ) -> None:
        rabbitmq.take_nothing()
        try:
            assert MACHINE in visitor.get(LIST)
            describe(visitor, "asked for while it was full")
            assert readiness(portal)["broker"] == "takes no messages, since its memory or disk is full"
        finally:
            rabbitmq.take_all()
        wait_for(lambda: described(portal) == "asked for while it was full")

    def test_one_that_hangs_holds_up_neither_pages_nor_forms(
        self, rabbitmq: RabbitMQ, portal: Portal, visitor: Visitor
    ) -> None:
        with rabbitmq.hanging():
            assert MACHINE in visitor.get(LIST)
            describe(visitor, "asked for while it was hanging")
            assert readiness(portal)["broker"] == "does not answer"
        wait_for(lambda: described(portal) == "asked for while it was hanging")

    def test_workers_go_on_after_all_was_lost(self, rabbitmq: RabbitMQ, portal: Portal, visitor: Visitor) -> None:
        rabbitmq.control("stop_app")
        rabbitmq.control("reset")
        rabbitmq.control("start_app")
        describe(visitor, "asked for after it was emptied")
        wait_for(lambda: described(portal) == "asked for after it was emptied")

    def test_what_a_killed_worker_held_is_done_by_the_next(self, portal: Portal, visitor: Visitor) -> None:
        portal.kill_worker()
        describe(visitor, "asked for without a worker")
        portal.start_worker()
        wait_for(lambda: described(portal) == "asked for without a worker")
