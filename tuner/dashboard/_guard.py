"""Protects the dashboard, which by itself answers every request, so that only its own users have access.

It protects against:

- *DNS rebinding*: a web page whose name is made to point at this machine can read everything that a local server
  answers. Its requests still have the page's name in their Host header.
- *Requests from other pages*: any page can make a browser send a request to this machine, without seeing the answer.
  The headers Origin and Sec-Fetch-Site say where a request comes from.
- *Other people* who reach the machine: HTTP basic authentication, decoded by Bottle, compared in constant time.
- *Mistakes*: the dashboard can create, rename and delete studies and report results of trials, which would ruin a
  running study. So only notes and artifacts can be written.
"""

import hmac
import json
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from bottle import parse_auth

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")
_READS = ("GET", "HEAD")
_ARTIFACT = r"/api/artifacts/\d+(?:/\d+)?"
_WRITES = (
    ("PUT", re.compile(r"/api/studies/\d+(?:/\d+)?/note")),
    ("POST", re.compile(_ARTIFACT)),
    ("DELETE", re.compile(_ARTIFACT + "/[0-9a-fA-F-]+")),
)
_SAME_SITE = ("same-origin", "none")
_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "same-origin"),
)
_OPEN_TO_ALL = "access-control-allow-origin"
"""A header that the dashboard sends with artifacts. It would allow any page to read them."""


class Guard:
    """A WSGI application that passes requests on to another one, or refuses them.

    Args:
        app: the dashboard.
        names: the host names that it answers to, see `Address.names`.
        url: where to find it; part of the answer to refused requests.
        password: required with any user name; None for no password.
    """

    def __init__(self, app: "WSGIApplication", *, names: frozenset[str], url: str, password: str | None) -> None:
        self._app = app
        self._names = names
        self._url = url
        self._password = password

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        refusal = self._refusal(environ)
        if refusal is None:
            return self._app(environ, _with_headers(start_response))
        status, reason, headers = refusal
        for_program = environ.get("PATH_INFO", "").startswith("/api/")  # the dashboard's page shows the reason
        body = json.dumps({"reason": reason}) if for_program else reason + "\n"
        content_type = "application/json" if for_program else "text/plain; charset=utf-8"
        content = body.encode()
        described = [("Content-Type", content_type), ("Content-Length", str(len(content))), *headers]
        _with_headers(start_response)(f"{status.value} {status.phrase}", described)
        return [content]

    def _refusal(self, environ: "WSGIEnvironment") -> tuple[HTTPStatus, str, list[tuple[str, str]]] | None:
        host = environ.get("HTTP_HOST", "").lower()
        method = environ.get("REQUEST_METHOD", "")
        if not self._serves(host):
            return HTTPStatus.MISDIRECTED_REQUEST, f"This dashboard is not served as '{host}'. Open {self._url}", []
        if method not in _READS and not _from_own_page(environ, host):
            return HTTPStatus.FORBIDDEN, "Only the dashboard's own pages may change anything.", []
        if self._password is not None and not _knows(environ.get("HTTP_AUTHORIZATION"), self._password):
            challenge = ("WWW-Authenticate", 'Basic realm="sac-tuner dashboard", charset="UTF-8"')
            return HTTPStatus.UNAUTHORIZED, "The dashboard needs its password; any user name is accepted.", [challenge]
        if method not in _READS and not _is_allowed(method, environ.get("PATH_INFO", "")):
            reason = "This dashboard shows studies; it writes notes and artifacts, and changes nothing else."
            return HTTPStatus.FORBIDDEN, reason, []
        return None

    def _serves(self, host: str) -> bool:
        parts = _HOST.fullmatch(host)
        return parts is not None and parts["name"] in self._names


def _from_own_page(environ: "WSGIEnvironment", host: str) -> bool:
    """Return whether a request comes from a page of this server, or from a program that is not a browser.

    Browsers send Origin with every request except GET and HEAD. Programs such as curl do not.
    """
    if environ.get("HTTP_SEC_FETCH_SITE", "same-origin") not in _SAME_SITE:
        return False
    origin = environ.get("HTTP_ORIGIN")
    return origin is None or origin.lower() in (f"http://{host}", f"https://{host}")


def _knows(authorization: str | None, password: str) -> bool:
    given = parse_auth(authorization) if authorization else None
    return given is not None and hmac.compare_digest(given[1].encode(), password.encode())


def _is_allowed(method: str, path: str) -> bool:
    return any(method == allowed and pattern.fullmatch(path.rstrip("/")) for allowed, pattern in _WRITES)


def _with_headers(start_response: "StartResponse") -> "StartResponse":
    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        kept = [header for header in headers if header[0].lower() != _OPEN_TO_ALL]
        return start_response(status, [*kept, *_HEADERS], exc_info)

    return start
