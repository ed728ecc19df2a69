"""Whose tables a database holds: Optuna's, none, or another program's."""

import sqlalchemy
from sqlalchemy.engine import Engine

from tuner.errors import UserError

# Columns that every version of Optuna has had.
_LANDMARKS = {
    "studies": {"study_id", "study_name"},
    "trials": {"trial_id", "study_id"},
    "version_info": {"schema_version", "library_version"},
}
_VERSION = "alembic_version"
"""Other programs have a table of this name too; Optuna writes to a database that lacks it, even when it only reads."""


def check_schema(engine: Engine, shown: str, *, must_hold_studies: bool, shared: bool) -> None:
    """Refuse a database that Optuna did not write; only looks, and writes nothing.

    Args:
        engine: the database.
        shown: its URL without password.
        must_hold_studies: refuse one without Optuna's tables too.
        shared: other programs' tables may lie beside Optuna's, as on a server; a file belongs to one program.

    Raises:
        UserError: saying so.
    """
    inspector = sqlalchemy.inspect(engine)
    tables = set(inspector.get_table_names())
    ours = tables & set(_LANDMARKS)
    foreign = bool(tables) and not ours and not shared
    for table in ours:
        foreign |= not _LANDMARKS[table] <= {column["name"] for column in inspector.get_columns(table)}
    if foreign:
        raise UserError(f"The storage {shown} was not written by Optuna; name another {'one' if shared else 'file'}.")
    if must_hold_studies and not tables >= {*_LANDMARKS, _VERSION}:
        raise UserError(f"The storage {shown} holds no studies. Run a study first, or name the storage that holds it.")
