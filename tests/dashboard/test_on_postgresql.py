"""The dashboard on a PostgreSQL server to which three managers write, two of which share a study: by a role that may
only read, behind a password, in a real browser.
"""

import base64
import os
import subprocess
import sys
import urllib.error
import urllib.request

import psycopg
import pytest

from tests.storage.server import PASSWORD, USER, running_server
from tests.support.browser import Browser
from tuner.figures import find_browser

SECONDS = 120
STUDIES = ("first", "second")
WRITERS = ("first", "first", "second")
"""The study that each manager runs."""
MANAGERS_WITH_TRIALS = """
    SELECT count(DISTINCT owner.value_json)
    FROM trials JOIN trial_user_attributes AS owner USING (trial_id)
    WHERE owner.key = 'owner' AND state = 'COMPLETE'
"""
READER, READERS_PASSWORD = "reader", "only-reads"
WORD = "correct horse"


@pytest.fixture(scope="module")
def database():
    with running_server() as server:
        yield server.new_database()


@pytest.fixture(scope="module")
def writers(database):
    """The processes of the managers."""
    command = [sys.executable, "-m", "tests.dashboard.writer", database]
    processes = [subprocess.Popen([*command, name], stdout=subprocess.DEVNULL) for name in WRITERS]
    yield processes
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def readers_url(database, writers):
    """The database's URL for a role that may read and nothing else, once every manager has trials."""
    plain = database.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        while True:
            assert all(process.poll() is None for process in writers)
            there = connection.execute("SELECT to_regclass('trial_values')").fetchone()[0] is not None
            if there and connection.execute(MANAGERS_WITH_TRIALS).fetchone()[0] == len(WRITERS):
                break
            connection.execute("SELECT pg_sleep(0.5)")
        connection.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{READERS_PASSWORD}'")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}")
    return database.replace(f"{USER}:{PASSWORD}@", f"{READER}:{READERS_PASSWORD}@")


@pytest.fixture(scope="module")
def served(readers_url):
    """Return the process of the dashboard, and the URL that it printed."""
    command = [sys.executable, "-m", "tuner", "dashboard", "--storage", readers_url, "--port", "0"]
    environment = {**os.environ, "TUNER_DASHBOARD_PASSWORD": WORD}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    line = process.stdout.readline()
    assert line.startswith("The dashboard is at http://127.0.0.1:"), line + process.communicate(timeout=SECONDS)[0]
    yield process, line.split()[4].removesuffix("/dashboard")
    process.kill()
    process.communicate()


@pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome to open the dashboard with")
def test_it_follows_managers_that_share_a_study_and_changes_nothing(served, writers):
    dashboard, base = served
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{base}/api/studies", timeout=SECONDS)
    assert refused.value.code == 401

    browser = Browser()
    try:
        token = base64.b64encode(f"anybody:{WORD}".encode()).decode()
        browser.call("Network.setExtraHTTPHeaders", headers={"Authorization": f"Basic {token}"})
        browser.open(f"{base}/dashboard")
        for name in STUDIES:
            browser.wait_for(f"document.body.innerText.includes('. {name}')")

        pairs = "d.study_summaries.map(s => [s.study_name, s.study_id])"
        ids = browser.evaluate(f"fetch('/api/studies').then(r => r.json()).then(d => {pairs})")
        assert sorted(name for name, _ in ids) == sorted(STUDIES)
        for name, number in ids:
            browser.open(f"{base}/dashboard/studies/{number}")
            browser.wait_for("document.getElementById('user-defined-plot:returns')?.querySelector('.scatterlayer')")
            count = f"fetch('/api/studies/{number}').then(r => r.json()).then(d => d.trials.length)"
            before = browser.evaluate(count)
            while browser.evaluate(count) == before:  # its process goes on writing; the test's own time is limited
                browser.evaluate("new Promise(done => setTimeout(done, 200))")
            browser.open(f"{base}/dashboard/studies/{number}/note")
            browser.wait_for(f"document.body.innerText.includes('{name} searches for the configuration')")
        assert browser.problems == []

        number = ids[0][1]
        for method, path in (("DELETE", f"studies/{number}"), ("POST", "studies")):
            status = f"fetch('/api/{path}', {{method: '{method}'}}).then(r => r.status)"
            assert browser.evaluate(status) == 403
    finally:
        browser.close()
    assert all(process.poll() is None for process in (*writers, dashboard))
