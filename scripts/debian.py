"""A root of Debian 13 by debootstrap, from where this machine's apt gets its packages."""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from scripts.processes import run

SUITE = "trixie"
CERTIFICATES = Path("etc/ssl/certs/ca-certificates.crt")
# How this machine reaches packages: nothing of it is the portal's.
OF_THE_NETWORK = re.compile(r"(?i)(pip|uv|npm_config)_\w+|\w+_proxy|ssl_cert_file|node_extra_ca_certs")


def make_root(root: Path, *options: str, packages: Sequence[str]) -> None:
    """Debian with these packages, where it is not there yet, and with whom this machine trusts."""
    if not shutil.which("debootstrap"):
        raise SystemExit("This takes the package debootstrap.")
    made = root.with_suffix(".made")
    if not made.exists():
        shutil.rmtree(root, ignore_errors=True)
        run(["debootstrap", *options, f"--include={','.join(packages)}", SUITE, str(root), mirror()], env={})
        made.touch()
    shutil.copy(Path("/") / CERTIFICATES, root / CERTIFICATES)


def mirror() -> str:
    """Where this machine's apt gets Debian from."""
    said = run(["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"], env={})
    return said.split()[0]


def network_settings() -> dict[str, str]:
    """Environment variables with which packages are reached."""
    return {name: value for name, value in os.environ.items() if OF_THE_NETWORK.fullmatch(name)}
