"""Wait for a database server that does not answer, instead of losing what trains meanwhile."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages._rdb.models import TrialIntermediateValueModel, TrialModel, TrialParamModel
from optuna.storages._rdb.storage import _create_scoped_session
from optuna.trial import TrialState
from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from tuner.clock import Clock, MonotonicClock

T = TypeVar("T")

STORAGE_ERRORS = (StorageInternalError, SQLAlchemyError)
"""What Optuna's storage raises when the database fails."""

PATIENCE_SECONDS = 300.0
"""How long a run waits for a server that does not answer."""
_RETRY_SECONDS = 1.0
_PASSING = ("08", "57P", "40", "25P03", "53300", "55P03")
"""How the SQLSTATE of an error begins that passes: a lost connection, a server that stops or starts, a deadlock, a
transaction that stood still, too many connections, a lock that another process holds."""
_REPEATED = (
    "set_study_user_attr",
    "set_study_system_attr",
    "get_study_id_from_name",
    "get_study_name_from_id",
    "get_study_directions",
    "get_study_user_attrs",
    "get_study_system_attrs",
    "get_all_studies",
    "get_trial_id_from_study_id_trial_number",
    "set_trial_intermediate_value",
    "set_trial_user_attr",
    "set_trial_system_attr",
    "get_trial",
    "_set_trial_param",
    "_get_trials",
    "_get_best_trial_id",
)
"""Operations that may be repeated although the server did what it was asked for and only its answer was lost. Those
that create a trial or end one are not among them; `transact` is for these."""


@dataclass(frozen=True)
class Patience:
    """What is done while a server does not answer: it is asked again, for `PATIENCE_SECONDS`."""

    say: Callable[[str], None]
    """Is told that the server does not answer, and that it does again."""
    impatient: Callable[[], bool]
    """Says whether to give up at once."""
    clock: Clock = field(default_factory=MonotonicClock)


class PatientStorage(RDBStorage):
    """Optuna's storage, whose operations are repeated while its server does not answer, if it has `patience`."""

    patience: Patience | None = None

    @property
    def in_transaction(self) -> bool:
        """Whether this thread's operations are part of a transaction, see `claiming`."""
        sessions = self.scoped_session
        return bool(sessions.registry.has()) and isinstance(sessions().get_bind(), Connection)

    def write_reports(
        self,
        parameters: Mapping[tuple[int, str], tuple[float, BaseDistribution]],
        values: Mapping[tuple[int, int], float],
    ) -> set[int]:
        """Write what running trials have sampled and reported, all at once.

        Args:
            parameters: in Optuna's internal form, with their distributions, by trial and name.
            values: by trial and step.

        Returns:
            The ids of trials that do not run any more, of which nothing is written.
        """

        def write() -> set[int]:
            trials = {trial_id for trial_id, _ in (*parameters, *values)}
            running = select(TrialModel.trial_id).where(
                TrialModel.trial_id.in_(trials), TrialModel.state == TrialState.RUNNING
            )
            with _create_scoped_session(self.scoped_session) as session:
                alive = set(session.scalars(running.with_for_update()))
                sampled = {key: _parameter_row(*key, *value) for key, value in parameters.items() if key[0] in alive}
                _replace(session, TrialParamModel, "param_name", sampled)
                reported = {key: _value_row(*key, value) for key, value in values.items() if key[0] in alive}
                _replace(session, TrialIntermediateValueModel, "step", reported)
            return trials - alive

        return self.repeat(write)

    def repeat(self, action: Callable[[], T]) -> T:
        """Call a function, and again while the server does not answer.

        In a transaction it is called once, because the server has undone what came before.
        """
        patience, failures = self.patience, 0
        began = 0.0 if patience is None else patience.clock.now()
        while True:
            try:
                result = action()
            except STORAGE_ERRORS as error:
                if patience is None or self.in_transaction or not passes(error) or patience.impatient():
                    raise
                if patience.clock.now() - began >= PATIENCE_SECONDS:
                    raise
                failures += 1
                if failures == 2:  # a server that was started again answers the second time
                    patience.say(
                        f"The database does not answer: {root_cause(error)}. Running trials go on, and it is asked "
                        f"again for {PATIENCE_SECONDS / 60:.0f} minutes."
                    )
                patience.clock.sleep(_RETRY_SECONDS)
                continue
            if patience is not None and failures > 1:
                patience.say("The database answers again.")
            return result


def _repeated(name: str) -> Callable[..., Any]:
    plain = getattr(RDBStorage, name)

    @wraps(plain)
    def operation(storage: PatientStorage, *arguments: Any, **options: Any) -> Any:
        return storage.repeat(lambda: plain(storage, *arguments, **options))

    return operation


for _name in _REPEATED:
    setattr(PatientStorage, _name, _repeated(_name))


def _replace(session: Session, model: Any, key: str, rows: Mapping[Any, dict[str, Any]]) -> None:
    """Insert rows in place of those with the same keys, which are there if an answer of the server was lost."""
    if rows:
        table = model.__table__
        session.execute(delete(table).where(tuple_(table.c.trial_id, table.c[key]).in_(list(rows))))
        session.execute(insert(table), list(rows.values()))


def _parameter_row(trial_id: int, name: str, value: float, distribution: BaseDistribution) -> dict[str, Any]:
    return {
        "trial_id": trial_id,
        "param_name": name,
        "param_value": value,
        "distribution_json": distribution_to_json(distribution),
    }


def _value_row(trial_id: int, step: int, value: float) -> dict[str, Any]:
    stored, kind = TrialIntermediateValueModel.intermediate_value_to_stored_repr(value)
    return {"trial_id": trial_id, "step": step, "intermediate_value": stored, "intermediate_value_type": kind}


def database_of(storage: BaseStorage) -> PatientStorage | None:
    """Return what a storage opened here keeps its studies in, without the cache in front; None for one in memory."""
    backend = getattr(storage, "_backend", storage)
    return backend if isinstance(backend, PatientStorage) else None


def on_server(storage: BaseStorage) -> bool:
    """Return whether a storage is on a server, so that several machines may write to it."""
    database = database_of(storage)
    return database is not None and database.engine.dialect.name == "postgresql"


@contextmanager
def waiting(storage: BaseStorage, patience: Patience) -> Iterator[None]:
    """Wait for the storage's server during the block where it does not answer; files and memory always do."""
    database = database_of(storage) if on_server(storage) else None
    if database is None:
        yield
        return
    database.patience = patience
    try:
        yield
    finally:
        database.patience = None


def passes(error: BaseException) -> bool:
    """Return whether a failure of the database may pass by itself."""
    cause = database_error(error)
    if cause is None:
        return False
    state = getattr(cause.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_PASSING)
    # Without a state the driver itself gives up: there is no connection.
    return cause.connection_invalidated or isinstance(cause, OperationalError | InterfaceError)


def root_cause(error: BaseException) -> str:
    """Return in one line why a database failed."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    text = str(getattr(cause, "orig", None) or cause).strip()
    return text.splitlines()[0] if text else type(cause).__name__


def database_error(error: BaseException | None) -> DBAPIError | None:
    """Return the driver's own error in one of `STORAGE_ERRORS`; None if there is none."""
    while error is not None and not isinstance(error, DBAPIError):
        error = error.__cause__
    return error
