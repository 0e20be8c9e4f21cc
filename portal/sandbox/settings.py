"""Settings of the sandbox: its database, and the platform's limits.

Environment: `SANDBOX_DATABASE_URL` (default: SQLite in `var/sandbox.sqlite3`), `SANDBOX_SECRET_KEY`.
"""

import os
from pathlib import Path
from typing import Any

import dj_database_url

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"

# Only demo keys are digested with it, so a fixed default does no harm.
SECRET_KEY = os.environ.get("SANDBOX_SECRET_KEY", "sandbox-only-never-in-production")
DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
INSTALLED_APPS = ["portal.sandbox"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _database() -> dict[str, Any]:
    config: dict[str, Any] = dict(
        dj_database_url.parse(os.environ.get("SANDBOX_DATABASE_URL") or f"sqlite:///{VAR / 'sandbox.sqlite3'}")
    )
    if config["ENGINE"].endswith("sqlite3"):
        # Several threads write: wait for each other, and take the write lock when a transaction begins.
        config["OPTIONS"] = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        # A file also for tests: the server's threads each have a connection of their own.
        config["TEST"] = {"NAME": str(VAR / "test-sandbox.sqlite3")}
    return config


DATABASES = {"default": _database()}

# Limits of one machine (vm_09 … vm_14): inclusive.
LIMITS = {
    "cores": (1, 8),
    "memory": (256, 3072),
    "disk": (10, 1000),
    "frontend_ips_v4": (0, 3),
    "frontend_ips_v6": (0, 100),
}
# Roles that only the platform's staff may give to a machine (vm_06).
RESERVED_ROLES = {"role::kvm_host", "role::ceph_mon", "role::ceph_osd", "role::backupserver", "role::router"}

INSTALL_SECONDS = 20
RESIZE_SECONDS = 120
POWER_SECONDS = 10
INVOICE_REVIEW_DAYS = 10
LOG_DAYS = 30
# Longer arguments and results, and results of queries with more records, are logged as a short note instead.
LOG_BYTES = 1024 * 1024
LOG_QUERY_RECORDS = 10

MAX_REQUEST_BYTES = 8 * 1024 * 1024
MAX_REQUEST_DEPTH = 32
MAX_TEXT = 10_000
READ_SECONDS = 30
