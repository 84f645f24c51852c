"""``python -m tests.bench.crowd HOST PORT KEY SESSIONS TEXT...``: so many sessions, attached and read until stdin ends.

Prints one line when each has seen every TEXT. A process of its own, so that its work is not timed with the rest.
"""

import asyncio
import sys

import asyncssh

from tests.bench.figures import say

AT_ONCE = 3
SIZE = (120, 40)


class Session:
    """One SSH connection with a terminal; the console is on it."""

    def __init__(self, connection, process):
        self.connection = connection
        self._process = process

    @classmethod
    async def open(cls, host, port, key):
        """Connect, log in and ask for the console."""
        connection = await asyncssh.connect(
            host, port, username="bench", client_keys=[key], known_hosts=None, config=None, agent_path=None,
            x509_trusted_certs=None,
        )  # fmt: skip
        process = await connection.create_process(term_type="xterm-256color", term_size=SIZE, encoding=None)
        return cls(connection, process)

    async def wait_for(self, *texts):
        """Read until each of ``texts`` has come."""
        seen, wanted = b"", [text.encode() for text in texts]
        while not all(text in seen for text in wanted):
            piece = await self._process.stdout.read(65536)
            if not piece:
                raise ConnectionError(f"the session has ended: {seen[-500:]!r}")
            seen += piece

    async def quiet(self, seconds):
        """Read until nothing has come for so long."""
        while True:
            try:
                await asyncio.wait_for(self._process.stdout.read(65536), seconds)
            except TimeoutError:
                return

    async def read_on(self):
        """Read for ever."""
        while await self._process.stdout.read(65536):
            pass

    def type(self, keys):
        """Send what a person types."""
        self._process.stdin.write(keys)

    async def close(self):
        """Hang up."""
        self.connection.close()
        await self.connection.wait_closed()


async def attend(host, port, key, count, texts):
    """Hold the sessions until stdin ends."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one():
        async with room:
            session = await Session.open(host, port, key)
            await session.wait_for(*texts)
        return session

    sessions = await asyncio.gather(*(one() for _ in range(count)))
    readers = [asyncio.create_task(session.read_on()) for session in sessions]
    say("attached")
    await asyncio.to_thread(sys.stdin.read)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*(session.close() for session in sessions))


if __name__ == "__main__":
    address, port, key, count, *texts = sys.argv[1:]
    asyncio.run(attend(address, int(port), key, int(count), texts))
