"""``python -m tests.bench.receiver``: a web server on the loopback that takes everything and tells how much that was.

Prints its port. ``POST /`` is taken; ``GET /`` answers with how many there were and when the last one came
(``time.monotonic``, which all processes of a machine share).
"""

import asyncio
import json
import sys
import time

ANSWER = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}"


async def serve():
    """Until somebody ends it."""
    came, last = 0, 0.0

    async def take(reader, writer):
        nonlocal came, last
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0
            )
            await reader.readexactly(length)
            said = "{}"
            if head.startswith(b"POST"):
                came, last = came + 1, time.monotonic()
            else:
                said = json.dumps({"came": came, "last": last})
            writer.write(ANSWER.format(len(said), said).encode())
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
