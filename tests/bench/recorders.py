"""Those who record: 100 connections of one process, or 100 processes of one connection; raw, so that they cost little.

``python -m tests.bench.recorders ADDRESS SECONDS COUNT`` is one process with so many connections. It says that it is
ready, waits for a line, and prints as JSON how many runs it recorded, in how many seconds, and a sample of how long
answers took.
"""

import asyncio
import json
import os
import selectors
import socket
import sys
import time
import uuid
from datetime import UTC, datetime

BOTS = 20
SAMPLE = 20_000


def start_line(seq, run_id, bot, moment):
    """A start as the protocol has it."""
    return (
        f'{{"seq":{seq},"op":"start","run_id":"{run_id}","bot_name":"{bot}","task_name":"Daily_Extraction",'
        f'"start_time":"{moment}","node":"","pid":{os.getpid()},"process_started":null,"cwd":"/srv","started_by":"rpa"}}\n'
    ).encode()


def end_line(seq, run_id, bot, start, moment):
    """An end as the protocol has it, with all that a client knows."""
    return (
        f'{{"seq":{seq},"op":"end","run_id":"{run_id}","status":"SUCCESS","message":"100건 처리 완료",'
        f'"error_details":"","processed_count":100,"end_time":"{moment}","exit_code":null,"bot_name":"{bot}","task_name":"Daily_Extraction",'
        f'"start_time":"{start}"}}\n'
    ).encode()


class Recorder:
    """Starts and ends one run after the other, each time waiting for the answer."""

    def __init__(self, address, number):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(address)
        self.bot = f"bench_{number % BOTS}"
        self.run_id = None
        self.runs = 0

    def say(self):
        moment = datetime.now(UTC).isoformat()
        if self.run_id is None:
            self.run_id, self.begun = uuid.UUID(bytes=os.urandom(16), version=4), moment
            line = start_line(1, self.run_id, self.bot, moment)
        else:
            line = end_line(2, self.run_id, self.bot, self.begun, moment)
            self.run_id = None
        self.at = time.perf_counter()
        self.socket.send(line)

    def hear(self):
        """Take the answer; how long it took."""
        said = self.socket.recv(4096)
        assert b'"ok":true' in said, said
        if self.run_id is None:
            self.runs += 1
        return time.perf_counter() - self.at


def record(address, seconds, count):
    """Record with ``count`` connections for some seconds: runs, seconds, times of answers."""
    first = os.getpid()
    recorders = [Recorder(address, first + number) for number in range(count)]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    waits = []
    begun = time.perf_counter()
    with selectors.DefaultSelector() as ready:
        for recorder in recorders:
            ready.register(recorder.socket, selectors.EVENT_READ, recorder)
            recorder.say()
        while len(ready.get_map()):
            for key, _ in ready.select():
                waits.append(key.data.hear())
                if key.data.run_id is None and time.perf_counter() > begun + seconds:
                    ready.unregister(key.data.socket)
                    key.data.socket.close()
                else:
                    key.data.say()
    taken = time.perf_counter() - begun
    return sum(recorder.runs for recorder in recorders), taken, waits[:: len(waits) // SAMPLE + 1]


async def crowd(address, seconds, *, processes, connections):
    """So many processes with so many connections each, all there before the first records: runs, seconds, waits."""
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bench.recorders",
            address,
            str(seconds),
            str(connections),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(processes)
    ]
    for process in started:
        await process.stdout.readline()
    for process in started:
        process.stdin.write(b"go\n")
    said = [json.loads((await process.communicate())[0]) for process in started]
    return (
        sum(runs for runs, _, _ in said),
        max(taken for _, taken, _ in said),
        [wait for _, _, waits in said for wait in waits],
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(record(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))))
