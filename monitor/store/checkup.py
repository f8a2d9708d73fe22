"""Look at a database without changing it: is it sound, of this version's schema, and writable?"""

from dataclasses import dataclass
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from monitor.store.engine import in_words

_BUSY = 5.0  # seconds a writer is waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """What was found."""

    damage: str  # in SQLite's words; "" when it is sound
    schema: str  # "" when it has none yet
    newest: str  # the schema of this version
    known: bool  # this version can bring the schema up to date, or it is

    @property
    def current(self) -> bool:
        return not self.damage and self.schema == self.newest


def check_up(path: Path) -> Checkup:
    """Check an existing database. Raises StoreError when it cannot be opened or written."""
    scripts = ScriptDirectory(str(Path(__file__).with_name("migrations")))
    newest = scripts.get_current_head() or ""
    known = {script.revision for script in scripts.walk_revisions()}
    # `mode=rw` makes no file where there is none.
    engine = create_engine(
        f"sqlite:///file:{path.absolute()}?mode=rw&uri=true", connect_args={"timeout": _BUSY}
    )
    try:
        with in_words(path), engine.connect() as connection:
            found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
            schema = MigrationContext.configure(connection).get_current_revision() or ""
            connection.rollback()
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # takes the write lock, or tells why not
            connection.rollback()
    finally:
        engine.dispose()
    damage = "" if found == "ok" else " ".join(found.split())
    return Checkup(damage=damage, schema=schema, newest=newest, known=not schema or schema in known)
