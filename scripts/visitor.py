"""Somebody who is signed in to the portal, without a browser: opens pages, fills in forms. For the benchmark."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


class Visitor:
    """A session of one person. Answers other than 2xx raise requests.HTTPError.

    Without `email` they have not signed in. `authority`: a file with the certificate that vouches for the site, where
    no public one does.
    """

    def __init__(
        self,
        url: str,
        email: str = "",
        password: str = "portal-demo",  # noqa: S107 - the demo's
        authority: str | None = None,
    ) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False  # whose proxies and authorities are for elsewhere
        self.session.verify = authority or True
        if email:  # … and to no page that asks the platform
            self.send("/accounts/login/?next=/healthz", login=email, password=password)

    def get(self, path: str) -> str:
        response = self.session.get(urljoin(self.url, path), timeout=60)
        response.raise_for_status()
        return response.text

    def send(self, path: str, **values: str) -> str:
        """Opens the page and sends its form, with these fields filled in and the others as they are."""
        fields = FormFields(filled_in=set(values))
        fields.feed(self.get(path))
        page = urljoin(self.url, path)
        to = urljoin(page, fields.action)
        # By HTTPS Django wants to know from where a form comes, as browsers say it.
        response = self.session.post(to, data=fields.values | values, headers={"Referer": page}, timeout=60)
        response.raise_for_status()
        return response.text


class FormFields(HTMLParser):
    """`values`: what a browser would send of the form that has all of the fields `filled_in`; `action`: where to,
    as the form has it.
    """

    def __init__(self, filled_in: set[str]) -> None:
        super().__init__()
        self.filled_in = filled_in
        self.values: dict[str, list[str]] = {}
        self.action = ""
        self._form: dict[str, list[str]] = {}
        self._names: set[str] = set()
        self._action = ""
        self._select = ""
        self._takes_many = False
        self._textarea = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        attrs = dict(attributes)
        name, value = attrs.get("name") or "", attrs.get("value") or ""
        if tag == "form":
            self._form, self._names, self._action = {}, set(), attrs.get("action") or ""
        elif tag == "option" and self._select:
            self._option(value, is_selected="selected" in attrs)
        if not name:
            return
        self._names.add(name)
        if tag == "select":
            self._select, self._takes_many = name, "multiple" in attrs
        elif tag == "textarea":
            self._textarea, self._form[name] = name, [""]
        elif tag == "input" and (attrs.get("type") not in ("checkbox", "radio") or "checked" in attrs):
            self._form.setdefault(name, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""
        elif tag == "form" and self.filled_in <= self._names and not self.values:
            self.values, self.action = self._form, self._action

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._form[self._textarea][0] += data

    def _option(self, value: str, *, is_selected: bool) -> None:
        """Of a list that takes one, the first counts until another is marked as selected."""
        if self._takes_many:
            self._form.setdefault(self._select, []).extend([value] if is_selected else [])
        elif is_selected or self._select not in self._form:
            self._form[self._select] = [value]
