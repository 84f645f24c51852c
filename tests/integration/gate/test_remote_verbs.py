"""The verbs over a real gate, as the SSH console runs them: what they print, ask and return."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from gate_world import public_key

from batmon.cli import remote_verb
from batmon.commands.session import Session
from batmon.errors import BadRequest, Refused, RunningAlready
from batmon.gate.server import Done, Verb
from batmon.model import Role
from batmon.refusals import because

LINES = [f"{number:04} 줄\x1b" for number in range(1000)]
RUN = {
    "log_id": 4711, "run_id": "0" * 36, "bot_name": "kindscrap", "task_name": "", "status": "FAILED",
    "message": "로그인 실패", "error_details": "", "duration_sec": 12.0, "processed_count": 3, "origin": "log",
    "started_by": "", "exit_code": None, "verified_late": False, "slot": None, "log": None,
}  # fmt: skip
START = datetime(2026, 11, 20, 21, tzinfo=UTC)


class Afar(Session):
    """A person at the other end of a channel."""

    def __init__(self, gate, *typed, files=None):
        self.interactive = bool(typed)
        self.typed = list(typed)
        self.files = files or {}
        self.said, self.words = "", ""
        self._gate = gate

    async def gate(self):
        return self._gate

    def out(self, text, end="\n"):
        self.said += text + end

    def err(self, text):
        self.words += text + "\n"

    async def ask_password(self, prompt):
        assert prompt.endswith(": ")
        if not self.typed:
            raise Refused("a password is needed and there is no terminal to ask on")
        return self.typed.pop(0)

    async def read_file(self, path):
        if path != "-":
            raise BadRequest("over SSH only standard input can be read")
        return self.files["-"]


@pytest.fixture
async def verbs(world):
    """Handlers in the shape of docs/gate.md for what the verbs use."""
    seen = {}

    async def runs(_caller, args):
        seen.setdefault("runs", []).append(args)
        first = (
            0 if "before" not in args else round((START - datetime.fromisoformat(args["before"])).total_seconds()) + 1
        )
        made = [START - timedelta(seconds=n) for n in range(first, min(first + args["limit"], 1200))]
        return {
            "runs": [{**RUN, "start_time": at, "end_time": at} for at in made],
            "more": made[-1] > START - timedelta(1199),
        }

    def line(number):
        return {"offset": number * 10, "end": number * 10 + 10, "text": LINES[number], "level": None, "time": None}

    async def read(_caller, args):
        at = args["at"]
        end = len(LINES) if "end" in at else at["offset"] // 10
        start = max(0, end - args["before"])
        page = [line(n) for n in range(start, end)]
        return {"path": "/l", "size": len(LINES) * 10, "lines": page, "at_start": start == 0, "at_end": "end" in at}

    async def follow(_caller, args):
        seen["from"] = args["from"]
        yield {"lines": [{**line(0), "text": "new"}]}
        yield {"rotated": {"path": "/m"}}
        yield {"gap": 5000}
        yield Done({})

    async def rerun(_caller, args):
        seen["rerun"] = args
        if "on rerun" in seen:
            await seen["on rerun"](_caller, args)
        if args["password"] != "right-password":
            raise Refused("the operation password is wrong", hint="4 more tries")
        return {"run_id": "r1", "pid": 77, "started_at": START}

    async def output(_caller, _args):
        yield {"seq": 0, "stream": "output", "text": "수집 시작\n"}
        yield {"gap": 2}
        yield {"seq": 3, "stream": "output", "text": "no newline"}
        yield Done({"status": seen.get("ends", "SUCCESS"), "exit_code": 0})

    async def stop(_caller, args):
        seen["stop"] = args
        return {"stopped": 2}

    async def set_password(_caller, args):
        seen["new"] = args["new"]
        return {}

    async def add(_caller, args):
        seen["user.add"] = args
        return {"fingerprint": world.keyring.add(args["name"], Role(args["role"]), args["key"]).fingerprint}

    async def users(_caller, _args):
        kept = ("name", "role", "fingerprint", "comment")
        found = world.keyring.entries()
        return {"users": [{key: getattr(e, key) for key in kept} | {"from": [], "expires_at": None} for e in found]}

    async def audit(_caller, args):
        entry = {"at": START, "actor": "kim", "role": "viewer", "peer": "local", "action": "rerun", "target": "a",
                 "outcome": "refused", "detail": ""}  # fmt: skip
        return {"entries": [entry] * args["limit"]}

    async def doctor(_caller, _args):
        said = {"pid": 1, "uptime_sec": 1, "programs": 3, "problems": seen.get("problems", [])}
        return said | {"statistics": seen.get("statistics")}

    answers = {"runs": runs, "log.read": read, "rerun": rerun, "stop": stop, "password.set": set_password,
               "user.add": add, "user.list": users, "audit": audit, "doctor": doctor}  # fmt: skip
    streams = {"log.follow": follow, "run.output": output}
    world.gate.verbs = (
        world.verbs
        | {name: Verb(Role.VIEWER, answer=handler) for name, handler in answers.items()}
        | {name: Verb(Role.VIEWER, stream=handler) for name, handler in streams.items()}
    )
    return seen


@pytest.fixture
async def gate(world, verbs):
    assert verbs == {}  # nothing was asked yet
    async with await world.client() as client:
        yield client


async def typed(gate, *words, answers=(), files=None):
    session = Afar(gate, *answers, files=files)
    code = await remote_verb(list(words), session)
    return code, session.said, session.words


async def test_check(gate):
    code, said, words = await typed(gate, "check")
    assert (code, words) == (2, "")
    assert said.startswith("BATMON ERROR - kindscrap: 로그인 실패")
    code, said, _ = await typed(gate, "check", "--json")
    assert json.loads(said)["status"] == "ERROR"
    assert await typed(gate, "check", "nobody") == (3, "BATMON UNKNOWN - no program is called 'nobody'\n", "")


async def test_runs(gate, verbs):
    code, said, words = await typed(gate, "runs", "kindscrap", "--limit", "2")
    assert code == 0
    head, first, _ = said.splitlines()
    assert head.startswith("start (Asia/Seoul)   took  status")
    assert first.startswith("2026-11-21 06:00:00  12s   FAILED  3")
    assert "--limit 4" in words
    _, said, _ = await typed(gate, "runs", "kindscrap", "--limit", "1100", "--json")
    found = json.loads(said)
    assert len({run["start_time"] for run in found}) == 1100
    assert list(found[0])[:4] == ["log_id", "bot_name", "task_name", "status"]
    assert found[0]["origin"] == "log"
    assert [args["limit"] for args in verbs["runs"]] == [2, 500, 500, 100]
    span = ("--since", "2026-11-21 05:59:57", "--until", "2026-11-21 06:00")
    _, said, words = await typed(gate, "runs", "kindscrap", *span, "--limit", "9", "--json")
    starts = [datetime.fromisoformat(run["start_time"]) for run in json.loads(said)]
    assert starts == [START - timedelta(seconds=back) for back in (1, 2, 3)]
    assert (words, verbs["runs"][-1]["before"]) == ("", START.isoformat())
    code, _, words = await typed(gate, "runs", "kindscrap", "--since", "sometime")
    assert (code, "is no time" in words) == (2, True)


async def test_logs(gate, verbs):
    code, said, _ = await typed(gate, "logs", "kindscrap", "-n", "900")
    assert code == 0
    assert said.splitlines() == [f"{number:04} 줄␛" for number in range(100, 1000)]
    code, said, words = await typed(gate, "logs", "kindscrap", "-n", "1", "-f")
    assert said == "0999 줄␛\nnew\n"
    assert "/m" in words
    assert "5,000 bytes" in words
    assert verbs["from"] == 10_000


async def test_rerun_asks_follows_and_tells_how_it_ended(gate, verbs):
    code, said, words = await typed(gate, "rerun", "a", "--param", "date=2026=x", answers=["right-password"])
    assert (code, said) == (0, "수집 시작\nno newline\n")
    assert "2 pieces" in words
    assert "a: SUCCESS, exit code 0" in words
    assert verbs["rerun"] == {"program": "a", "password": "right-password", "params": {"date": "2026=x"}}
    verbs["ends"] = "FAILED"
    code, _, words = await typed(gate, "rerun", "a", "--force", answers=["right-password"])
    assert code == 1
    assert verbs["rerun"]["force"] is True


async def test_rerun_without_following(gate):
    code, said, _ = await typed(
        gate, "rerun", "a", "--no-follow", "--password-file", "-", files={"-": "right-password\n"}
    )
    assert (code, said) == (0, "r1\n")


async def test_rerun_from_afar_never_sees_the_server_s_environment_or_files(gate, verbs, monkeypatch):
    monkeypatch.setenv("BATMON_PASSWORD", "right-password")
    code, said, words = await typed(gate, "rerun", "a")
    assert (code, said) == (1, "")
    assert "no terminal" in words
    assert "rerun" not in verbs
    code, _, words = await typed(gate, "rerun", "a", "--password-file", "/etc/passwd")
    assert code == 2
    assert "standard input" in words


async def test_a_wrong_password_is_1_with_the_daemon_s_hint(gate):
    code, said, words = await typed(gate, "rerun", "a", answers=["nope"])
    assert (code, said) == (1, "")
    assert words == "batmon: the operation password is wrong\n  4 more tries\n"


async def test_a_refusal_is_told_in_the_language_of_whoever_typed(gate, verbs):
    async def refuse(_caller, _args):
        raise RunningAlready(because("running-already", program="a"))

    verbs["on rerun"] = refuse
    for language, told in (
        ("en", "batmon: a is running already\n  stop it first, or force a second one (--force)\n"),
        ("ko", "batmon: a: 이미 실행 중입니다.\n  먼저 중지하거나 --force로 하나 더 시작하세요.\n"),
    ):
        session = Afar(gate, "right-password")
        session.language = language
        assert await remote_verb(["rerun", "a"], session) == 1
        assert (session.said, session.words) == ("", told)


async def test_stop_by_name_and_by_id(gate, verbs):
    assert (await typed(gate, "stop", "a", answers=["p"]))[2] == "2 processes ended\n"
    assert verbs["stop"] == {"program": "a", "password": "p"}
    run_id = "3f1c2d4e-0000-4000-8000-000000000001"
    await typed(gate, "stop", run_id, answers=["p"])
    assert verbs["stop"] == {"run_id": run_id, "password": "p"}


async def test_the_password_is_asked_twice(gate, verbs):
    code, _, words = await typed(gate, "password", "set", answers=["one-password", "another"])
    assert code == 1
    assert "differ" in words
    assert "new" not in verbs
    assert (await typed(gate, "password", "set", answers=["one-password"] * 2))[0] == 0
    assert verbs["new"] == "one-password"


async def test_users(gate, verbs):
    words = (
        "user",
        "add",
        "kim",
        "--key",
        "-",
        "--role",
        "operator",
        "--from",
        "10.0.0.0/8,::1",
        "--expires",
        "2027-12-31Z",
    )
    code, said, _ = await typed(gate, *words, files={"-": public_key() + "\n"})
    assert code == 0
    assert said.startswith("kim operator SHA256:")
    assert verbs["user.add"]["from"] == ["10.0.0.0/8", "::1"]
    assert verbs["user.add"]["expires_at"] == "2027-12-31T00:00:00+00:00"
    _, said, _ = await typed(gate, "user", "list")
    assert "kim   operator  SHA256:" in said
    _, said, _ = await typed(gate, "user", "list", "--json")
    assert json.loads(said)[0]["name"] == "kim"
    code, _, words = await typed(gate, "user", "remove", "kim")
    assert (code, words) == (0, "1 key of kim removed\n")
    code, _, words = await typed(gate, "user", "remove", "kim")
    assert code == 1
    assert "batmon user list" in words


async def test_audit_and_doctor(gate, verbs):
    _, said, _ = await typed(gate, "audit", "--limit", "2")
    assert len(said.splitlines()) == 3
    assert "2026-11-21 06:00:00  kim" in said
    assert len(json.loads((await typed(gate, "audit", "--json"))[1])) == 100
    code, said, _ = await typed(gate, "doctor")
    assert code == 0
    assert said.startswith("ok       daemon  ")
    verbs["statistics"] = {"waiting": 0, "programs": 7, "until": "2026-03-02"}
    said = (await typed(gate, "doctor"))[1]
    assert "ok       statistics  all runs after 2026-03-02 are counted, what is older follows (7 programs)" in said
    verbs["statistics"] = {"waiting": 3, "programs": 0, "until": None}
    assert "ok       statistics  all runs are counted" in (await typed(gate, "doctor"))[1]
    del verbs["statistics"]
    verbs["problems"] = ["the database is away"]
    code, said, _ = await typed(gate, "doctor", "--json")
    report = json.loads(said)
    assert code == 1
    assert report["state"] is None  # the machine is not looked at for somebody afar
    assert [check["status"] for check in report["checks"]] == ["ok", "problem"]


@pytest.mark.usefixtures("verbs")
async def test_dropping_the_channel_ends_what_the_verb_asked(world):
    client = await world.client()
    world.gate.verbs = {**world.gate.verbs, "log.follow": world.verbs["flood"]}
    session = Afar(client)
    stuck = asyncio.Event()
    drained = []

    async def drain():
        drained.append(1)
        if len(drained) > 1:  # the terminal takes the first page and then nothing more
            stuck.set()
            await asyncio.Event().wait()

    session.drain = drain
    verb = asyncio.create_task(remote_verb(["logs", "a", "-n", "0", "-f"], session))
    await asyncio.wait_for(stuck.wait(), 5)
    verb.cancel()
    with pytest.raises(asyncio.CancelledError):
        await verb
    await asyncio.wait_for(world.closed.wait(), 5)  # the daemon's handler ended, the connection lives
    assert (await client.request("echo"))["args"] == {}
    await client.close()
