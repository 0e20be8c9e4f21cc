"""A RabbitMQ of the tests: Debian's, in one directory and on the loopback interface, beside any other."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from scripts.environment import free_port
from scripts.processes import Process, accepts_connections, run, wait_until

PROGRAM = "rabbitmqctl"
BIN = Path("/usr/lib/rabbitmq/bin")  # what is on PATH is only for its own user
NODE = "portal@localhost"
MEMORY = "512MB"


class RabbitMQ:
    """It can be used within a `with`. With a `certificate` (the files of it, and of its key) also encrypted."""

    def __init__(self, directory: Path, certificate: tuple[Path, Path] | None = None) -> None:
        self.port, self.encrypted_port, names_port = free_port(), free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}"
        self._env = {
            "HOME": str(directory),  # where the programs of this node find what they know each other by
            "ERL_EPMD_PORT": str(names_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": NODE,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": str(directory / "data"),
            "RABBITMQ_LOG_BASE": str(directory / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
        }
        (directory / "rabbitmq.conf").write_text("\n".join(self._lines(certificate)))
        (directory / "plugins").write_text("[].")
        # Erlang's nodes ask it for each other; started by a node it would outlive us.
        self._names = Process("epmd", ["epmd"], env=self._env, log=directory / "names.log")
        self._node = Process("rabbitmq", [str(BIN / "rabbitmq-server")], env=self._env, log=directory / "node.log")

    def start(self) -> None:
        if not self._names.is_alive:
            self._names.start()
            wait_until(lambda: accepts_connections(int(self._env["ERL_EPMD_PORT"])), self._names)
        self._node.start()
        wait_until(lambda: "Server startup complete" in self._node.output(), self._node, seconds=120)

    def stop(self) -> None:
        """It may have been asked for something: nobody waits for what it would still do."""
        self._node.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
        self._names.kill()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It takes connections and says nothing."""
        os.killpg(self._node.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._node.pid, signal.SIGCONT)

    def control(self, *arguments: str) -> str:
        """What rabbitmqctl says to `control("list_queues")`."""
        return run([str(BIN / "rabbitmqctl"), "--node", NODE, "--quiet", *arguments], env=self._env)

    def take_nothing(self) -> None:
        """As if its memory were full."""
        self.control("set_vm_memory_high_watermark", "0")

    def take_all(self) -> None:
        self.control("set_vm_memory_high_watermark", "absolute", MEMORY)

    def _lines(self, certificate: tuple[Path, Path] | None) -> list[str]:
        lines = [
            f"vm_memory_high_watermark.absolute = {MEMORY}",
            "disk_free_limit.absolute = 1MB",
            "log.console = true",
        ]
        if certificate:
            file, key = certificate
            lines += [
                f"listeners.ssl.1 = 127.0.0.1:{self.encrypted_port}",
                f"ssl_options.certfile = {file}",
                f"ssl_options.keyfile = {key}",
                "ssl_options.verify = verify_none",
            ]
        return [*lines, ""]
