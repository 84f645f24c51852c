import os
import subprocess
import sys

import pytest

from batmon.engine.instance import AlreadyRunning, InstanceLock


def test_a_second_daemon_is_told_who_has_the_folder(tmp_path):
    lock = InstanceLock(tmp_path)
    with pytest.raises(AlreadyRunning, match=str(os.getpid())):
        InstanceLock(tmp_path)
    lock.release()
    InstanceLock(tmp_path).release()


def test_the_lock_goes_with_its_process_however_it_ends(tmp_path):
    code = "import os, sys, pathlib; from batmon.engine.instance import InstanceLock; "
    code += "InstanceLock(pathlib.Path(sys.argv[1])); os._exit(9)"
    held = "import sys, pathlib; from batmon.engine.instance import InstanceLock; "
    held += "lock = InstanceLock(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 9
    with subprocess.Popen(
        [sys.executable, "-c", held, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning, match=str(other.pid)):
            InstanceLock(tmp_path)
        other.kill()
        other.wait()
        InstanceLock(tmp_path).release()
