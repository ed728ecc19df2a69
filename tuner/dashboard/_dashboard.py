"""The complete dashboard: optuna-dashboard for an annotated storage, behind the guard, on a server."""

from dataclasses import dataclass
from pathlib import Path

import optuna_dashboard
from optuna.storages import BaseStorage
from waitress.server import BaseWSGIServer

from tuner.clock import Clock, MonotonicClock
from tuner.dashboard._address import PASSWORD_HINT, Address
from tuner.dashboard._annotated_storage import AnnotatedStorage
from tuner.dashboard._annotations import Annotations
from tuner.dashboard._guard import Guard
from tuner.dashboard._pictures import PictureStore
from tuner.dashboard._server import bind, create_server
from tuner.errors import UserError, unknown_name
from tuner.storage import open_storage, shown_url, sqlite_file


@dataclass
class Dashboard:
    """A dashboard that listens. It answers requests after `serve` was called."""

    url: str
    """The URL of the study's page, or of the list of studies."""
    server: BaseWSGIServer

    def serve(self) -> None:
        """Answer requests until a KeyboardInterrupt, which shuts it down."""
        self.server.run()

    def close(self) -> None:
        """Stop listening."""
        self.server.close()


def open_dashboard(
    storage: str,
    *,
    study: str | None,
    address: Address,
    password: str | None,
    clock: Clock | None = None,
) -> Dashboard:
    """Open a storage and start to listen.

    Args:
        storage: SQLAlchemy URL.
        study: the study whose page is shown first; None for the list of all studies.
        address: where to listen.
        password: the password that browsers must send; None for no password.
        clock: determines when annotations are updated.

    Raises:
        UserError: if other machines could reach it and there is no password, if there is no such storage or study, or
            if it cannot listen there.
        TunerError: if the storage fails.
    """
    if password is None and not address.is_loopback:
        raise UserError(
            f"On '{address.host}' everybody who reaches this machine could read the studies. {PASSWORD_HINT}"
        )
    opened = open_storage(storage, read_only=True)
    page = "/dashboard" if study is None else f"/dashboard/studies/{_study_id(opened, study)}"
    listening = bind(address)
    url = address.url(listening.getsockname()[1])
    annotations = Annotations(opened, shown_storage=shown_url(storage), clock=clock or MonotonicClock())
    app = optuna_dashboard.wsgi(AnnotatedStorage(opened, annotations), PictureStore(opened, _artifacts(storage)))
    guard = Guard(app, names=address.names, url=url, password=password)
    return Dashboard(url=url + page, server=create_server(guard, listening))


def _study_id(storage: BaseStorage, name: str) -> int:
    ids = {study.study_name: study._study_id for study in storage.get_all_studies()}
    if name not in ids:
        raise unknown_name("study", name, ids)
    return ids[name]


def _artifacts(storage: str) -> Path:
    """Return the folder for artifacts that users upload: beside the database, like the folders of studies."""
    file = sqlite_file(storage)
    return (Path("runs") if file is None else file.parent) / "artifacts"
