"""One instance per database: an exclusive lock on a file beside it, held for life."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import make_url

from monitor.core.errors import UserError


def lock_path(url: str) -> Path:
    """The lock file that belongs to a SQLite database: its own name with `.lock` after it."""
    return Path(f"{make_url(url).database}.lock")


class InstanceLock:
    """Held from `with` to its end, or to the end of the process however it dies: the kernel lets go.

    Raises UserError at once when another process, or another holder in this one, has the lock.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            holder = _holder(descriptor)
            os.close(descriptor)
            database = self._path.with_suffix("")
            raise UserError(f"another policywire already uses {database}{holder}: stop it first") from taken
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The file stays: removing it would let a third process lock a new file of the same name
        # while a second one still waits on the old.
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UserError(f"cannot open the lock file {self._path}: {error.strerror}") from error


def _holder(descriptor: int) -> str:
    pid = os.read(descriptor, 32).decode(errors="replace").strip()
    return f" (process {pid})" if pid.isdigit() else ""
