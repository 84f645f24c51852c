"""``batmon get PATH...``: takes files of the tree along."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

from batmon.commands.fetching import fetch, local_name, pieces
from batmon.commands.files import tree_path
from batmon.commands.session import DONE, FAILED, Session, tell_error
from batmon.errors import BadRequest, BatmonError
from batmon.refusals import because


async def get(session: Session, paths: list[str], *, output: str | None, force: bool) -> int:
    """Fetch each of ``paths``: to standard output (``-``), into the folder ``output``, as the file ``output``, or here.

    1 if any could not be fetched; the others are fetched all the same.
    """
    wanted = [path if path.startswith("/") else tree_path(path, "") for path in paths]
    if output == "-":
        return await _print(session, wanted)
    folder, into = _folder(output)
    if not into and len(wanted) > 1:
        raise BadRequest(because("one-file-for-many", output=output, count=len(wanted)))
    failed = 0
    for path in wanted:
        try:
            name = str(folder / local_name(path)) if into else str(output)
            target = session.file_to_write(name, force=force)
            size = await fetch(await session.gate(), path, target)
        except BadRequest:
            raise
        except BatmonError as error:
            tell_error(session, error)
            failed += 1
            continue
        session.out(str(target))
        session.err(f"{size:,} bytes")
    return FAILED if failed else DONE


def _folder(output: str | None) -> tuple[Path, bool]:
    """The output, and whether it is a folder to put files into."""
    folder = Path(output or ".").expanduser()
    return folder, output is None or output.endswith(("/", "\\")) or folder.is_dir()


async def _print(session: Session, paths: list[str]) -> int:
    if not session.writes_bytes:
        raise BadRequest(because("bytes-to-terminal"))
    gate = await session.gate()
    for path in paths:
        async with aclosing(pieces(gate, path)) as stream:
            async for data in stream:
                session.out_bytes(data)
                await session.drain()
    return DONE
