"""How long the sandbox takes to make a large world, and to answer a large query."""

import tempfile
import time
import xmlrpc.client
from pathlib import Path

from scripts.environment import free_port, new_secrets, stack_environment
from scripts.measuring import show
from scripts.processes import Process, accepts_connections, run, wait_until
from scripts.stack import SANDBOX_ENV, sandbox_command

LARGE = ("--machines", "100000", "--customers", "500")
SIZES = (1_000, 10_000)  # machines that one query answers


def measure() -> None:
    """Prints seconds. Raises StartError."""
    with tempfile.TemporaryDirectory(prefix="sandbox-measured-") as name:
        directory, port = Path(name), free_port()
        secrets = new_secrets()
        env = stack_environment(directory, sandbox_port=port, redis_port=port, secrets=secrets) | SANDBOX_ENV
        started = time.perf_counter()
        run(sandbox_command("seed", *LARGE), env=env)
        show("sandbox: seed 100,000 machines of 500 customers", f"{time.perf_counter() - started:7.1f} s")
        for machines in SIZES:
            run(sandbox_command("seed", "--machines", str(machines), "--customers", "1"), env=env)
            server = Process("sandbox", sandbox_command("serve", "--port", str(port)), env=env, log=directory / "log")
            server.start()
            try:
                wait_until(lambda: accepts_connections(port), server)
                show(f"sandbox: query answering {machines:,} machines", f"{_query(port, machines):7.2f} s")
            finally:
                server.stop()


def _query(port: int, machines: int) -> float:
    """Seconds of one query by Python's own client, decoding included; of three, the one in the middle."""
    with xmlrpc.client.ServerProxy(
        f"http://services:services-demo-key@127.0.0.1:{port}/v1", allow_none=True
    ) as platform:
        seconds = []
        for _time in range(3):
            started = time.perf_counter()
            found = platform.query("virtualmachine")
            seconds.append(time.perf_counter() - started)
        assert isinstance(found, list)
        assert len(found) == machines
    return sorted(seconds)[1]
