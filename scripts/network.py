"""Hosts of our own on this machine: each with a network, an address and a name of its own, on one wire.

As root, on Linux. The network is this process's alone, and ends with it: nothing of it is seen from outside, and nobody
can be reached from it but the hosts.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NET = "198.18.0"  # for measurements (RFC 2544): nobody's
HERE = f"{NET}.1"  # where this process is
BRIDGE = "wire"
NAMESPACES = Path("/run/netns")
HOSTS = Path("/etc/hosts")


class Network:
    """The wire. This process leaves the machine's network for it, for good."""

    def __init__(self) -> None:
        if sys.platform != "linux" or os.geteuid() or not shutil.which("ip"):
            raise SystemExit("A network of one's own takes Linux, root, and the package iproute2.")
        self._outside = os.open("/proc/self/ns/net", os.O_RDONLY)
        os.unshare(os.CLONE_NEWNET | os.CLONE_NEWNS)
        NAMESPACES.mkdir(exist_ok=True)
        _run("mount", "--make-rprivate", "/")
        _run("mount", "--types", "tmpfs", "tmpfs", str(NAMESPACES))
        _run("ip", "link", "set", "lo", "up")
        _run("ip", "link", "add", BRIDGE, "type", "bridge")
        _run("ip", "address", "add", f"{HERE}/24", "dev", BRIDGE)
        _run("ip", "link", "set", BRIDGE, "up")
        self._hosts = 0

    @property
    def outside(self) -> str:
        """The file by which programs get into the machine's own network again (`nsenter --net=`)."""
        return f"/proc/{os.getpid()}/fd/{self._outside}"

    @contextmanager
    def named(self, name: str, address: str) -> Iterator[None]:
        """Meanwhile that name leads to this address, for this process alone."""
        with tempfile.NamedTemporaryFile("w", suffix="-hosts") as file:
            file.write(f"{HOSTS.read_text()}\n{address} {name}\n")
            file.flush()
            _run("mount", "--bind", file.name, str(HOSTS))
            try:
                yield
            finally:
                _run("umount", str(HOSTS))

    def add(self, name: str) -> "Host":
        self._hosts += 1
        return Host(name, f"{NET}.{10 + self._hosts}")


class Host:
    """A host on the wire."""

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.address = address
        inside = ("ip", "-netns", name)
        _run("ip", "netns", "add", name)
        _run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        _run("ip", "link", "set", name, "master", BRIDGE, "up")
        _run(*inside, "address", "add", f"{address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _run(*inside, "link", "set", device, "up")

    def command(self, *words: str) -> list[str]:
        """Runs this on the host."""
        named = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name]
        return ["ip", "netns", "exec", self.name, *named, *words]

    def cut_off(self) -> None:
        """Nothing reaches it any more, and nothing it sends arrives: nobody is told."""
        _run("ip", "link", "set", self.name, "down")

    def join(self) -> None:
        _run("ip", "link", "set", self.name, "up")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")
