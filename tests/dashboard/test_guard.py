"""Who gets an answer, and who may write."""

import base64
import json

import pytest

from tuner.dashboard._guard import Guard

NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
NOTE = "/api/studies/1/note"


def app(environ, start_response):
    """Answer as the dashboard does with artifacts."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Access-Control-Allow-Origin", "*")])
    return [b"the study"]


def ask(method="GET", path="/dashboard", *, password=None, host="localhost:8080", **headers):
    """Return status, headers and body of an answer."""
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path}
    environ |= {"HTTP_HOST": host} if host is not None else {}
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    answer = {}

    def start_response(status, found, exc_info=None):
        answer.update(status=int(status.split()[0]), headers=dict(found))

    guard = Guard(app, names=NAMES, url="http://127.0.0.1:8080", password=password)
    body = b"".join(guard(environ, start_response)).decode()
    return answer["status"], answer["headers"], body


def basic(password, user="anyone"):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("host", ["localhost:8080", "LOCALHOST", "127.0.0.1:9000", "[::1]:8080", "[::1]"])
def test_it_answers_to_its_own_names_whatever_the_port(host):
    assert ask(host=host)[::2] == (200, "the study")


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example:8080",
        "localhost.attacker.example",
        "attacker.example@localhost",
        "localhost@attacker.example",
        "localhost:8080:8080",
        "localhost:",
        "localhost/",
        "localhost, attacker.example",
        "127.0.0.2",
        "[::2]",
        "localhost\n",
        "",
        None,
    ],
)
def test_any_other_host_is_refused(host):
    status, _, body = ask(host=host)
    assert status == 421
    assert "the study" not in body
    assert "Open http://127.0.0.1:8080" in body


def test_the_refusal_of_a_host_cannot_be_a_page():
    status, headers, _ = ask(host="<script>alert(1)</script>")
    assert status == 421
    assert headers["Content-Type"].startswith("text/plain")
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "facts",
    [
        {"origin": "http://localhost:8080", "sec_fetch_site": "same-origin"},
        {"origin": "https://localhost:8080"},  # behind a proxy that speaks TLS
        {},  # curl
    ],
)
def test_its_own_page_may_write_a_note(facts):
    assert ask("PUT", NOTE, **facts)[0] == 200


@pytest.mark.parametrize(
    "facts",
    [
        {"origin": "http://attacker.example"},
        {"origin": "http://localhost:9000"},  # another server on this machine
        {"origin": "http://127.0.0.1:8080"},  # not the name that the request was sent to
        {"origin": "null"},
        {"origin": ""},
        {"sec_fetch_site": "cross-site"},
        {"origin": "http://localhost:8080", "sec_fetch_site": "same-site"},
    ],
)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_no_other_page_may_write_anything(method, facts):
    status, _, body = ask(method, NOTE, **facts)
    assert (status, json.loads(body)) == (403, {"reason": "Only the dashboard's own pages may change anything."})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/studies/1/note"),
        ("PUT", "/api/studies/1/23/note/"),
        ("POST", "/api/artifacts/1"),
        ("POST", "/api/artifacts/1/23"),
        ("DELETE", "/api/artifacts/1/23/7c9e6679-7425-40de-944b-e07fc1f90ae7"),
    ],
)
def test_notes_and_artifacts_can_be_written(method, path):
    assert ask(method, path)[0] == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/studies"),
        ("DELETE", "/api/studies/1"),
        ("POST", "/api/studies/1/rename"),
        ("POST", "/api/trials/23/tell"),
        ("POST", "/api/trials/23/user-attrs"),
        ("POST", "/api/studies/1/23/skip"),
        ("POST", "/api/studies/1/note"),
        ("PUT", "/api/studies/1/note/../rename"),
        ("POST", "/incompatible-rdb-schema"),
    ],
)
def test_nothing_else_can(method, path):
    status, _, body = ask(method, path)
    assert status == 403
    assert "changes nothing else" in body


@pytest.mark.parametrize("given", [None, "", "Basic", "Basic !", "Bearer correct horse", basic("wrong horse")])
@pytest.mark.parametrize("path", ["/dashboard", "/api/studies", "/static/bundle.js", "/artifacts/1/2"])
def test_without_the_password_nothing_is_told(path, given):
    facts = {} if given is None else {"authorization": given}
    status, headers, body = ask("GET", path, password="correct horse", **facts)
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Basic realm=")
    assert "the study" not in body


@pytest.mark.parametrize("password", ["correct horse", "pässwörd: 密码", ":::::::::"])
def test_the_password_opens_with_any_user_name(password):
    assert ask(password=password, authorization=basic(password))[::2] == (200, "the study")
    assert ask(password=password, authorization=basic(password, user=""))[0] == 200
    assert ask(password=password, authorization=basic(password + "x"))[0] == 401


def test_a_foreign_host_learns_nothing_of_a_password():
    status, headers, _ = ask(password="correct horse", host="attacker.example", authorization=basic("correct horse"))
    assert status == 421
    assert "WWW-Authenticate" not in headers


def test_other_pages_can_neither_read_nor_frame_what_is_answered():
    _, headers, _ = ask()
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Content-Type"] == "text/plain"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
