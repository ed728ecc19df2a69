"""Where the dashboard listens, and by which names it is known there."""

import socket
from pathlib import Path

import pytest

from tuner.dashboard import PASSWORD_VARIABLE, find_address, read_password
from tuner.errors import UserError


@pytest.mark.parametrize(
    ("host", "ip"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("LOCALHOST", "127.0.0.1"),
        ("127.1.2.3", "127.1.2.3"),
        (" ::1", "::1"),
        ("[::1]", "::1"),
    ],
)
def test_this_machine_only(host, ip):
    address = find_address(host, 8080)
    assert (address.ip, address.is_loopback) == (ip, True)
    assert {"localhost", "127.0.0.1", "[::1]"} <= address.names


def test_a_url_has_brackets_around_an_address_of_colons():
    assert find_address("::1", 0).url(8081) == "http://[::1]:8081"
    assert find_address("localhost", 0).url(8081) == "http://localhost:8081"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_every_address_of_this_machine(host):
    address = find_address(host, 8080)
    assert not address.is_loopback
    assert {"localhost", "127.0.0.1", socket.gethostname().lower()} <= address.names
    assert "example.org" not in address.names
    assert address.url(8080) == f"http://{socket.gethostname()}:8080"


def test_one_address_that_others_reach():
    address = find_address("192.0.2.7", 8080)  # for documentation, RFC 5737: nobody's
    assert not address.is_loopback
    assert address.names == {"192.0.2.7"}


@pytest.mark.parametrize("host", ["", "no such host", "a..b", "x" * 70])
def test_a_host_that_is_not_known(host):
    with pytest.raises(UserError, match=r"is not known\. Leave --host out"):
        find_address(host, 8080)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_does_not_exist(port):
    with pytest.raises(UserError, match=f"The port is {port}, but must be between 1 and 65535"):
        find_address("127.0.0.1", port)


def test_none_is_asked_for_where_none_is_set():
    assert read_password(None, {}) is None


def test_a_file_comes_before_the_environment(tmp_path):
    file = tmp_path / "password"
    file.write_text("correct horse\nbattery staple\n")
    environment = {PASSWORD_VARIABLE: "from elsewhere"}
    assert read_password(file, environment) == "correct horse"
    assert read_password(None, environment) == "from elsewhere"


@pytest.mark.parametrize("content", [b"", b"\n", b"7 chars\n", b"\xff\xfe not text"])
def test_a_file_without_a_good_password(tmp_path, content):
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"needs at least 8|not a text file"):
        read_password(file, {})


def test_no_file(tmp_path):
    with pytest.raises(UserError, match=r"Cannot read the password file .*: No such file"):
        read_password(tmp_path / "none", {})
    with pytest.raises(UserError, match="there is no such home folder"):
        read_password(Path("~nosuchuser/password"), {})


def test_an_empty_variable_is_a_mistake_and_not_no_password():
    with pytest.raises(UserError, match=f"The password in {PASSWORD_VARIABLE} has 0 characters"):
        read_password(None, {PASSWORD_VARIABLE: ""})
