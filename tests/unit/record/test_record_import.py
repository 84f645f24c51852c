"""A program that records pays for little, and for nothing that it did not ask for."""

import resource
import subprocess
import sys

HEAVY = ("asyncpg", "asyncssh", "msgspec", "openpyxl", "psutil", "rich", "textual", "typer", "asyncio", "batmon.model")
LONGEST_SEC = 0.025


def seconds(program):
    """CPU time, which a busy machine changes less than the time of the clock."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def loaded(program):
    program += "\nimport sys; print(*sys.modules, sep='\\n')"
    return set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )


def test_it_imports_within_25_ms_of_a_bare_interpreter():
    seconds("import batmon.record")  # the compiled files are written now
    bare, recording = [], []
    for _ in range(30):
        bare.append(seconds("pass"))
        recording.append(seconds("from batmon.record import RunLog"))
        if len(bare) >= 5 and min(recording) - min(bare) <= LONGEST_SEC:
            return
    raise AssertionError((min(bare), min(recording)))


def test_it_brings_nothing_heavy_not_even_when_it_records(tmp_path):
    assert not loaded("from batmon.record import RunLog") & set(HEAVY)
    program = f"from batmon.record import RunLog\nwith RunLog(state={str(tmp_path)!r}).run('Bot'): pass"
    assert not loaded(program) & set(HEAVY)


def test_the_commands_for_it_bring_nothing_heavy(tmp_path):
    program = (
        "import sys\nfrom batmon.cli import main\n"
        f"sys.argv = ['batmon', '--state', {str(tmp_path)!r}, %s]\nassert main() == 0"
    )
    heavy = set(HEAVY) | {"batmon.gate", "batmon.config"}
    assert not loaded(program % "'exec', 'Bot', 'Task', '--', sys.executable, '-c', 'pass'") & heavy
    assert not loaded(program % "'record', 'start', 'Bot', 'Task'") & heavy


def test_the_batch_is_there_for_whoever_asks():
    import batmon.record  # noqa: PLC0415 - that it is not loaded before is the test

    assert batmon.record.BatchManager.__name__ == "BatchManager"
    assert "BatchManager" in batmon.record.__all__
