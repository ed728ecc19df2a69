"""The web server: which addresses it can have, and that it answers there until it is ended."""

import socket
import threading
import urllib.request

import pytest

from tests.dashboard.serving import interrupt
from tuner.dashboard import find_address
from tuner.dashboard._server import bind, create_server
from tuner.errors import UserError

HERE = find_address("127.0.0.1", 0)


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode()]


def test_it_answers_until_it_is_interrupted():
    bound = bind(HERE)
    port = bound.getsockname()[1]
    server = create_server(app, bound)
    answers = []

    def visit():
        for path in ("/a", "/b"):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
                answers.append((answer.read(), answer.headers.get("Server")))
        interrupt(server)

    visitor = threading.Thread(target=visit)
    visitor.start()
    server.run()
    visitor.join()
    server.close()
    assert answers == [(b"/a", None), (b"/b", None)], "it does not say which program it is"
    bind(find_address("127.0.0.1", port)).close()  # the port is free again at once


def test_an_address_of_version_6():
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with bind(find_address("::1", 0)) as bound:
        assert bound.family is socket.AF_INET6


def test_a_port_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        message = rf"Port {port} of 127\.0\.0\.1 is in use\. Give another one: --port {port + 1}"
        with pytest.raises(UserError, match=message):
            bind(find_address("127.0.0.1", port))


def test_a_host_that_is_another_machine():
    address = find_address("192.0.2.7", 0)  # for documentation, RFC 5737: nobody's
    with pytest.raises(UserError, match=r"The host '192\.0\.2\.7' .* is not this machine"):
        bind(address)
