"""A requests session that does what the platform needs and nothing else that requests offers."""

from __future__ import annotations

import base64
import http.client
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from portal.environment.reading import value
from portal.environment.table import Platform

from .watch import sending_on


class BasicAuth(AuthBase):
    """User and key as a header, UTF-8 (RFC 7617); requests itself would encode Latin-1. Never shows the key."""

    def __init__(self, user: str, key: str) -> None:
        self._header = "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


class Session(requests.Session):
    """Keep-alive, TLS verified, no redirects, no cookies, nothing taken from the environment but the CA bundle.

    With `trust_env`, requests would let a .netrc entry override our key, and send the call through any proxy that
    the environment names for other purposes. REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE are kept: they say whom this
    machine trusts, and a company's own authority is a normal thing to have.
    """

    def __init__(self, auth: BasicAuth) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = value(Platform.REQUESTS_CA_BUNDLE) or value(Platform.CURL_CA_BUNDLE) or True
        self.auth = auth
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update(
            {
                "Accept": "text/xml",
                "Accept-Encoding": "gzip, identity",
                "Content-Type": "text/xml; charset=utf-8",
                "User-Agent": "portal",
            }
        )
        adapter = _Adapter()
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: even with allow_redirects=False, requests reads the whole body of a redirect to prepare the next."""


class _Adapter(HTTPAdapter):
    """Makes connections that report to the watch of the call."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


class _Watched(http.client.HTTPConnection):
    """Tells the watch about each socket, new or kept, before a request goes out on it."""

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        sending_on(self.sock)
        super().send(data)


class _HTTP(_Watched, HTTPConnection):
    pass


class _HTTPS(_Watched, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPS
