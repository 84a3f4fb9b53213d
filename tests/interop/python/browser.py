"""Stands in for a person's browser during a login: keeps cookies, follows redirects, fills in and submits forms."""

from collections.abc import Awaitable, Callable
from html.parser import HTMLParser

import httpx2
from canaries import remember

MAXIMUM_STEPS = 20
"""Requests allowed in one login, so that a redirect loop ends as a failure."""

LONG = 32
"""Characters from which on a field of a form holds something random."""


async def sign_in(
    start: str,
    redirect_uri: str,
    username: str,
    password: str,
    before_each: Callable[[], Awaitable[None]] | None = None,
) -> httpx2.QueryParams:
    """Opens `start`, submits the first form of each page, and returns the query sent to `redirect_uri`.

    Nothing listens at `redirect_uri`: the walk stops when the server sends the browser there. `before_each` is awaited before
    each request.
    """
    # The second name is what the pages of npm's oidc-provider ask for, the third what those of PyPI's oidc-provider-mock do.
    answers = {"username": username, "login": username, "sub": username, "password": password}
    # A connection for each request: what `before_each` does to a proxy may close those that there were.
    limits = httpx2.Limits(max_keepalive_connections=0) if before_each else httpx2.Limits()
    async with httpx2.AsyncClient(follow_redirects=False, timeout=30, limits=limits) as client:
        request = client.build_request("GET", start)
        for _ in range(MAXIMUM_STEPS):
            if before_each is not None:
                await before_each()
            response = await client.send(request)
            remember("cookie", *response.cookies.values())
            if response.next_request is None:
                request = submission(client, response, answers)
                continue
            request = response.next_request
            if str(request.url.copy_with(query=None)) == redirect_uri:
                remember("code", request.url.params.get("code"))
                return request.url.params
    raise AssertionError(f"no redirect to {redirect_uri} after {MAXIMUM_STEPS} requests, last {request.url}")


def submission(client: httpx2.AsyncClient, page: httpx2.Response, answers: dict[str, str]) -> httpx2.Request:
    """The request that a browser sends when the page's first form is filled in and its first button pressed."""
    form = FirstForm()
    form.feed(page.text)
    assert page.is_success and form.attributes is not None, f"{page.url} answered {page.status_code}: {page.text[:500]}"
    fields = {name: answers.get(name, value) for name, value in form.fields.items()}
    remember("password", fields.get("password"))
    remember("form", *(value for value in form.fields.values() if len(value) >= LONG))
    target = page.url.join(form.attributes.get("action") or str(page.url))
    if (form.attributes.get("method") or "get").lower() == "get":
        return client.build_request("GET", target.copy_with(params=fields))
    # A browser that was told `no-referrer` hides the origin of a form's POST, even from the same origin.
    hidden = page.headers.get("referrer-policy", "").strip().lower() == "no-referrer"
    origin = "null" if hidden else str(page.url.copy_with(raw_path=b"/", fragment=None)).rstrip("/")
    return client.build_request("POST", target, data=fields, headers={"Origin": origin})


class FirstForm(HTMLParser):
    """Collects the first form of a page: its attributes, and the fields that pressing its first button sends."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: dict[str, str | None] | None = None
        self.fields: dict[str, str] = {}
        self._closed = False
        self._button_seen = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form" and self.attributes is None:
            self.attributes = attributes
        elif self.attributes is not None and not self._closed and tag in ("input", "button"):
            self._add(attributes, kind=attributes.get("type") or ("text" if tag == "input" else "submit"))

    def handle_endtag(self, tag: str) -> None:
        self._closed = self._closed or tag == "form"

    def _add(self, attributes: dict[str, str | None], kind: str) -> None:
        if kind in ("button", "reset"):
            return
        if kind in ("checkbox", "radio") and "checked" not in attributes:
            return
        if kind in ("submit", "image"):
            if self._button_seen:
                return
            self._button_seen = True
        if name := attributes.get("name"):
            self.fields[name] = attributes.get("value") or ("on" if kind in ("checkbox", "radio") else "")
