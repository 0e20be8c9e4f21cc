"""Two Redis, one the copy of the other, and three Sentinels that make the copy take over; all want passwords."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self

from redis import Redis
from redis.exceptions import RedisError

from scripts.environment import free_port
from scripts.processes import Process, wait_until
from scripts.stack import redis_command, redis_program

SERVICE = "portal"
PASSWORD, SENTINEL_PASSWORD = "p@ss:word", "s/ecret#"  # with what needs encoding in an address
IN_AN_ADDRESS = ("p%40ss%3Aword", "s%2Fecret%23")
SECONDS_UNTIL_DOWN = 1


class Sentinels:
    """They can be used within a `with`; then both Redis and all Sentinels know each other."""

    def __init__(self, directory: Path) -> None:
        self._ports = [free_port(), free_port()]
        self._places = [free_port(), free_port(), free_port()]
        self._redis = [self._make_redis(port, directory) for port in self._ports]
        self._redis[1].command += ["--replicaof", "127.0.0.1", str(self._ports[0])]
        self._sentinels = [self._make_sentinel(port, directory) for port in self._places]

    def url(self, database: int) -> str:
        """CACHE_URL or BROKER_URL of a portal."""
        password, theirs = IN_AN_ADDRESS
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._places)
        return f"redis+sentinel://:{password}@{hosts}/{SERVICE}/{database}?sentinel_password={theirs}"

    def __enter__(self) -> Self:
        for process, port in zip(self._redis, self._ports, strict=True):
            process.start()
            wait_until(partial(self._answer, port, Redis.ping), process)
        for process in self._sentinels:
            process.start()
        for process, port in zip(self._sentinels, self._places, strict=True):
            wait_until(partial(self._knows_all, port), process)
        return self

    def __exit__(self, *_error: object) -> None:
        for process in (*self._sentinels, *self._redis):
            process.kill()

    def in_use(self) -> int:
        """Which of the two Redis is written to, as the Sentinels say it."""
        _host, port = self._answer(self._places[0], lambda client: client.sentinel_get_master_addr_by_name(SERVICE))
        return self._ports.index(port)

    def kill(self, number: int) -> None:
        self._redis[number].kill()

    def start(self, number: int) -> None:
        self._redis[number].start()

    def is_copy(self, number: int) -> bool:
        """Whether that one has become the copy of the other."""
        role = self._answer(self._ports[number], lambda client: client.role())
        return bool(role) and role[0] == b"slave" and role[3] == b"connected"

    def _answer(self, port: int, question: Callable[[Redis], Any]) -> Any:
        """What that Redis or Sentinel answers; None where it does not."""
        password = SENTINEL_PASSWORD if port in self._places else PASSWORD
        try:
            with Redis(port=port, password=password) as client:
                return question(client)
        except RedisError:
            return None

    def _knows_all(self, port: int) -> bool:
        state = self._answer(port, lambda client: client.sentinel_master(SERVICE))
        return bool(state) and (state["num-slaves"], state["num-other-sentinels"]) == (1, 2)

    def _make_redis(self, port: int, directory: Path) -> Process:
        passwords = ["--requirepass", PASSWORD, "--masterauth", PASSWORD]
        copying = ["--repl-diskless-sync-delay", "0", "--dir", str(directory), "--dbfilename", f"{port}.rdb"]
        return Process("redis", [*redis_command(port), *passwords, *copying], env={}, log=directory / f"{port}.log")

    def _make_sentinel(self, port: int, directory: Path) -> Process:
        lines = [
            f"port {port}",
            "bind 127.0.0.1",
            f"dir {directory}",
            f'requirepass "{SENTINEL_PASSWORD}"',
            f'sentinel sentinel-pass "{SENTINEL_PASSWORD}"',
            f"sentinel monitor {SERVICE} 127.0.0.1 {self._ports[0]} 2",
            f'sentinel auth-pass {SERVICE} "{PASSWORD}"',
            f"sentinel down-after-milliseconds {SERVICE} {SECONDS_UNTIL_DOWN * 1000}",
            f"sentinel failover-timeout {SERVICE} 5000",
        ]
        file = directory / f"{port}.conf"
        file.write_text("\n".join(lines) + "\n")
        return Process(
            "sentinel", [str(redis_program()), str(file), "--sentinel"], env={}, log=directory / f"{port}.log"
        )
