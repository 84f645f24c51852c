"""A row is committed -> its mail is handed to a mail server on the loopback, through a real daemon.

The rule owes one mail, counts and tells the bell. Single rows come about a tenth of a second apart, then a burst in one
statement. The mail server is in this process and notes when it has been given the whole message.
"""

import asyncio
import email
import email.policy
import time

import aiosmtplib
import asyncpg
from aiosmtpd.smtp import SMTP

from tests.acceptance.installation import Installation
from tests.bench.figures import pause, say, spread, table, verdict

SINGLE = 200
BURST = 200
WITHIN_SEC = 60.0
GOAL_SEC = 0.5
RULE = """
[node]
name = "bench"
timezone = "Asia/Seoul"
[email]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "BATMON <batmon@example.com>"

[[events]]
name = "welcome"
table = "users"
on = "insert"
columns = ["id", "name", "email"]
[[events.steps]]
do = "email"
to = "{{{{ row.email }}}}"
template = "welcome"
[[events.steps]]
do = "feed"
title = "{{{{ row.name }}}}"
[[events.steps]]
do = "counter"
name = "new members"
per = "day"
"""
TEMPLATE = "Subject: [BATMON] {{ row.name }}\n\nWelcome, {{ row.name }}!\n"
TABLE = """
CREATE TABLE users (id serial PRIMARY KEY, name text, email text, made_at timestamptz DEFAULT clock_timestamp());
GRANT SELECT, INSERT ON users TO batmon_app; GRANT USAGE ON SEQUENCE users_id_seq TO batmon_app;
"""


class Received:
    """What came, by subject: when the whole message was here, in seconds of this machine's clock."""

    def __init__(self):
        self.at = {}

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's own word
        now = time.time()
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.at[message["subject"].removeprefix("[BATMON] ")] = now
        return "250 OK"

    async def all_of(self, names):
        async with asyncio.timeout(WITHIN_SEC):
            while not set(names) <= self.at.keys():
                await asyncio.sleep(0.01)


async def bench():
    """One installation, one mail server."""
    received = Received()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(received, loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    installation = Installation()
    installation.tables.append(RULE.format(port=port))
    (installation.home / "templates").mkdir()
    (installation.home / "templates" / "welcome.ko.txt").write_text(TEMPLATE, "utf-8")
    try:
        await installation.start()
        url = await installation.database_url()
        owner = await asyncpg.connect(url.replace("user=batmon_app", "user=batmon"))
        await owner.execute(TABLE)
        await owner.close()
        await watched(installation)
        shop = await asyncpg.connect(url)
        await one(shop, received, "warm up")
        singles = [await one(shop, received, f"single {n}") for n in range(SINGLE)]
        bursts = await burst(shop, received)
        done = {name: await steps_done(shop, name) for name in ("single", "burst")}
        floors = await bare(shop, port, received)
        await shop.close()
    finally:
        await installation.remove()
        server.close()
    table(
        ("ms", "n", "p50", "p95", "max"),
        [
            ("row committed -> its steps done", SINGLE, *spread(done["single"])),
            ("row committed -> mail handed over", SINGLE, *spread(singles)),
            (f"burst of {BURST} rows in one statement: -> steps done", BURST, *spread(done["burst"])),
            (f"burst of {BURST} rows in one statement: -> mail handed over", BURST, *spread(bursts)),
            ("floor: one row inserted and committed", 60, *spread(floors[0], 1)),
            ("floor: a mail by aiosmtplib alone, connection and all", 60, *spread(floors[1], 1)),
        ],
    )
    p95 = float(spread(singles, 3)[1]) / 1000
    say(f"\np95 of single rows {p95 * 1000:.0f} ms, goal {GOAL_SEC * 1000:.0f} ms: {verdict(p95, GOAL_SEC)}")
    say(f"burst: {BURST / max(bursts):.0f} events a second, from the statement's end to the last mail")


async def watched(installation):
    """Restart, so that the daemon finds the table that was made meanwhile."""
    await installation.stop()
    await installation.start()


async def one(shop, received, name):
    """Seconds from the commit of a row to its mail."""
    await pause(0.05, 0.15)
    await shop.execute("INSERT INTO users (name, email) VALUES ($1, 'kim@example.com')", name)
    committed = time.time()
    await received.all_of([name])
    return received.at[name] - committed


async def burst(shop, received):
    """Seconds from the commit of many rows to each one's mail."""
    names = [f"burst {n}" for n in range(BURST)]
    await shop.execute("INSERT INTO users (name, email) SELECT n, 'kim@example.com' FROM unnest($1::text[]) n", names)
    committed = time.time()
    await received.all_of(names)
    return [received.at[name] - committed for name in names]


async def steps_done(shop, kind):
    """Seconds from each row to the end of its steps, by the clock that daemon and database share here."""
    rows = await shop.fetch(
        "SELECT extract(epoch FROM e.done_at - u.made_at)::float8 AS s FROM events e"
        " JOIN users u ON u.id = (e.row ->> 'id')::int WHERE u.name LIKE $1",
        f"{kind} %",
    )
    return [row["s"] for row in rows]


async def bare(shop, port, received):
    """What nobody can avoid: a commit, and a mail."""
    commits, mails = [], []
    for number in range(60):
        began = time.perf_counter()
        await shop.execute(
            "INSERT INTO audit_log (at, actor, role, peer, action, target, outcome)"
            " VALUES (now(), 'bench', '', '', 'bare', '', 'done')"
        )
        commits.append(time.perf_counter() - began)
        name = f"bare {number}"
        began = time.time()
        await aiosmtplib.send(
            f"From: b@example.com\r\nTo: kim@example.com\r\nSubject: [BATMON] {name}\r\n\r\nx\r\n",
            sender="b@example.com", recipients=["kim@example.com"], hostname="127.0.0.1", port=port, start_tls=False,
        )  # fmt: skip
        mails.append(received.at[name] - began)
    return commits, mails
