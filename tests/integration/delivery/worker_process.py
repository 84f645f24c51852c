"""``python -m tests.integration.delivery.worker_process URL PORT NODE LEASE``: deliver mail to PORT until SIGTERM."""

import asyncio
import signal
import sys
from datetime import timedelta

from batmon.store import Store
from tests.integration.delivery.delivery_bed import delivering, email_channel


async def main(url, port, node, lease):
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    store = await Store.open(url)
    lease = timedelta(seconds=float(lease))
    async with delivering(store, url, email_channel(int(port)), node=node, lease=lease, sweeps=True):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await stop.wait()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
