"""Two services never work on one database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.core.errors import UserError
from monitor.store.lock import InstanceLock, lock_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return lock_path(f"sqlite:///{tmp_path / 'var' / 'policywire.db'}")


def test_the_lock_lies_beside_the_database(path: Path, tmp_path: Path) -> None:
    assert path == tmp_path / "var" / "policywire.db.lock"


def test_the_second_holder_is_told_at_once_who_has_it(path: Path) -> None:
    told = f"another policywire already uses .*policywire.db .process {os.getpid()}."
    with InstanceLock(path), pytest.raises(UserError, match=told), InstanceLock(path):
        pass


def test_the_lock_is_free_after_use(path: Path) -> None:
    for _ in range(2):
        with InstanceLock(path):
            assert path.read_text() == f"{os.getpid()}\n"


def test_a_lock_file_left_behind_by_the_dead_is_no_lock(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("999999999999\n")
    with InstanceLock(path):
        assert path.read_text() == f"{os.getpid()}\n"


def test_a_failure_inside_lets_go(path: Path) -> None:
    with pytest.raises(RuntimeError), InstanceLock(path):
        raise RuntimeError
    with InstanceLock(path):
        pass


def test_a_place_that_cannot_be_written_is_a_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(UserError, match="cannot open the lock file"),
        InstanceLock(tmp_path / "file" / "x.lock"),
    ):
        pass


def test_the_kernel_lets_go_when_the_holder_is_killed(path: Path) -> None:
    hold = (
        "import sys, pathlib; from monitor.store.lock import InstanceLock\n"
        "with InstanceLock(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UserError, match=f"process {holder.pid}"), InstanceLock(path):
            pass
        holder.kill()
        holder.wait()
    with InstanceLock(path):
        pass
