"""The whole dashboard, listening; answering is tested through the command."""

import http.client
import socket
import sqlite3
import threading

import pytest

from tests.dashboard.serving import interrupt
from tests.study import toy
from tests.study.toy import Lab
from tuner.dashboard import find_address, open_dashboard
from tuner.errors import TunerError, UserError

HERE = find_address("127.0.0.1", 0)


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("stored"))
    config = lab.config(budget={"trials": 1}, warm_start=["good"])
    lab.run(config, toy.space(good={"x": 0.3, "y": "a"}))
    return config.storage


def test_it_answers_once_it_is_served(storage):
    opened = open_dashboard(storage, study="toy", address=HERE, password="correct horse")
    port = int(opened.url.split(":")[2].split("/")[0])
    assert opened.url == f"http://127.0.0.1:{port}/dashboard/studies/1"
    statuses = []

    def visit():
        """Ask for the page by three names, then end the server from its own thread, as Ctrl-C does."""
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", "attacker.example"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/dashboard/studies/1", headers={"Host": host})
            statuses.append(connection.getresponse().status)
            connection.close()
        interrupt(opened.server)

    visitor = threading.Thread(target=visit)
    visitor.start()
    opened.serve()
    visitor.join()
    opened.close()
    assert statuses == [401, 401, 421]
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_without_a_password_it_stays_on_this_machine(storage, host):
    with pytest.raises(UserError, match=r"everybody who reaches this machine .*--password-file FILE.*leave --host out"):
        open_dashboard(storage, study=None, address=find_address(host, 0), password=None)


def test_an_unknown_study(storage):
    with pytest.raises(UserError, match=r"Unknown study 'toys'\. Did you mean 'toy'\?"):
        open_dashboard(storage, study="toys", address=HERE, password=None)


def test_no_storage(tmp_path):
    with pytest.raises(UserError, match=r"There is no storage sqlite:///.*none\.db"):
        open_dashboard(f"sqlite:///{tmp_path}/none.db", study=None, address=HERE, password=None)
    assert list(tmp_path.iterdir()) == []
    sqlite3.connect(tmp_path / "other.db").close()
    with pytest.raises(TunerError):
        open_dashboard(f"sqlite:///{tmp_path}/other.db", study=None, address=HERE, password=None)
