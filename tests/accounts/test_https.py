"""Served by HTTPS: a process with the settings of production, asked as by the proxy in front of it."""

import json
import os
import subprocess
import sys

import pytest

from scripts.environment import ROOT, production_like

ASK = """
import django, json
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
call_command("migrate", verbosity=0)
call_command("seed_demo", verbosity=0)
client = Client(headers={"X-Forwarded-Proto": "https", "Host": "portal.example.com"})
answer = client.post("/accounts/login/", {"login": "viewer@example.com", "password": "portal-demo"})
client.get("/accounts/")
for name, value in (("theme", "dark"), ("language", "de")):
    client.post(f"/preferences/{name}", {name: value, "next": "/"})
page = client.get("/accounts/").content.decode()
kept = ("secure", "httponly", "samesite", "path", "domain")
cookies = {name: {key: str(cookie[key]) for key in kept} for name, cookie in client.cookies.items()}
plain = Client(headers={"Host": "portal.example.com"}).get("/accounts/login/")
led = [plain.status_code, plain.headers["Location"]]
print(json.dumps({"headers": dict(answer.headers), "cookies": cookies, "plain": led, "page": page}))
"""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict:
    database = tmp_path_factory.mktemp("https") / "db.sqlite3"
    env = os.environ | production_like() | {"DATABASE_URL": f"sqlite:///{database}", "STAFF_MFA": "1"}
    output = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return json.loads(output.stdout.splitlines()[-1])


def test_cookies_belong_to_this_host_alone(asked: dict) -> None:
    assert set(asked["cookies"]) == {
        f"__Host-{name}" for name in ("sessionid", "csrftoken", "who", "language", "theme")
    }
    for name, cookie in asked["cookies"].items():
        hidden = "" if name == "__Host-theme" else "True"  # the look is for scripts, too
        assert cookie == {"secure": "True", "httponly": hidden, "samesite": "Lax", "path": "/", "domain": ""}, name
    assert '<html lang="de" data-theme="dark">' in asked["page"]


def test_browsers_are_told_to_come_by_https_only(asked: dict) -> None:
    assert asked["headers"]["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert asked["plain"] == [301, "https://portal.example.com/accounts/login/"]


def test_no_other_origin_is_let_in(asked: dict) -> None:
    assert not [name for name in asked["headers"] if name.startswith("Access-Control")]
