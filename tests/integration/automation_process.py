"""``python -m tests.integration.automation_process FOLDER NODE URL OWNER_URL``: a daemon's automations as a process of
their own, that tests kill and stop. What waits for the dead waits less long than it does in earnest."""

import asyncio
import logging
import sys
from datetime import timedelta
from pathlib import Path

from batmon.config import load
from batmon.engine.automations import automations as engine
from batmon.engine.automations.room import automations_of
from batmon.engine.daemon import utc_now
from batmon.engine.tasks import Tasks
from batmon.store import Store, executing, workers
from batmon.store import automations as stored

SILENCE_SEC = 3.0


async def main():
    folder, node, url, owner_url = sys.argv[1:]
    logging.basicConfig(level=logging.INFO)
    engine.ROUSE_EVERY_SEC = 0.5
    engine.FORGOTTEN_AFTER = timedelta(seconds=4)
    workers.Workers.__init__.__kwdefaults__["lease"] = timedelta(seconds=4)
    executing.SIGN_OF_LIFE_SEC = 0.5
    stored.SILENCE_SEC = SILENCE_SEC
    config = load(Path(folder) / f"{node}.toml", {"BATMON_STATE": str(Path(folder) / "state")})
    store = await Store.open(url, owner_url)
    tasks = Tasks()
    automations = automations_of(config, store, dump_url=lambda: owner_url, now=utc_now)
    await automations.start(tasks)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await tasks.died()


if __name__ == "__main__":
    asyncio.run(main())
