"""``batmon pack list|install|remove``: duties that are shipped as configuration, SQL and templates."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from batmon.commands.local_session import LocalSession
from batmon.commands.session import DONE, FAILED
from batmon.commands.table import table
from batmon.errors import BadRequest, BatmonError, ConfigError, NotFound
from batmon.refusals import because

RULES = "pack.toml"
"""The file that makes a folder below ``packs`` a pack."""
PUT_BY = ".old"
REMOVED = ".removed"

_WORDS = {
    "en": {
        "heads": ("pack", "title", "installed"), "yes": "yes", "no": "no", "written": "written", "kept": "kept yours",
        "replaced": "replaced (yours is {old})", "same": "unchanged",
        "done": "{name} is in {folder}.\nThe daemon takes it up when it is started again.",
        "first": "The daemon will not start with it before this is mended:",
        "removed": "{name} is not read any more; its files stay in {folder}, its rules are in {rules}.\n"
        "The daemon lets go of its rules when it is started again. Its tables stay.",
    },
    "ko": {
        "heads": ("팩", "제목", "설치"), "yes": "예", "no": "아니요", "written": "새로 씀", "kept": "기존 파일 유지",
        "replaced": "교체함 (기존 파일: {old})", "same": "그대로",
        "done": "{name} 팩을 {folder}에 설치했습니다.\n데몬을 다시 시작하면 적용됩니다.",
        "first": "다음을 고치기 전에는 데몬이 시작되지 않습니다:",
        "removed": "{name} 팩을 더 이상 읽지 않습니다. 파일은 {folder}에 그대로 있고 규칙은 {rules}에 있습니다.\n"
        "데몬을 다시 시작하면 규칙이 해제됩니다. 테이블은 그대로 둡니다.",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shipped:
    """A pack that comes with BATMON."""

    name: str
    title: str
    folder: Traversable


async def listed(session: LocalSession, *, as_json: bool) -> int:
    """Print the packs that are shipped, and which of them are installed here."""
    words = _WORDS[session.language]
    packs = _packs_folder(session)
    rows = [(pack, packs is not None and (packs / pack.name / RULES).is_file()) for pack in shipped()]
    if as_json:
        session.out_json({"packs": [{"name": p.name, "title": p.title, "installed": here} for p, here in rows]})
        return DONE
    cells = [(pack.name, pack.title, str(words["yes" if here else "no"])) for pack, here in rows]
    for line in table(words["heads"], cells, session.width):
        session.out(line)
    return DONE


async def install(session: LocalSession, name: str, *, force: bool) -> int:
    """Copy a pack beside the configuration; a file that was changed there stays, or with ``force`` is put by."""
    pack, words = _shipped(name), _WORDS[session.language]
    packs = _packs_folder(session)
    if packs is None:
        raise BadRequest(because("pack-without-config"))
    target = packs / pack.name
    for path, file in _files(pack.folder):
        try:
            done = _write(target / path, file.read_bytes(), force=force, words=words)
        except OSError as error:
            raise BatmonError(because("pack-unwritable", path=error.filename or target, why=error.strerror)) from error
        session.out(f"  {path}: {done}")
    session.err(str(words["done"]).format(name=pack.name, folder=target))
    try:
        session.places.load()
    except ConfigError as error:
        session.err(f"\n{words['first']}\n{error}")
        return FAILED
    return DONE


async def remove(session: LocalSession, name: str) -> int:
    """Have an installed pack not be read any more; nothing of it is deleted."""
    packs = _packs_folder(session)
    rules = None if packs is None else packs / name / RULES
    if rules is None or not rules.is_file() or rules.parent.parent != packs:
        raise NotFound(because("pack-not-installed", name=name))
    gone = rules.with_name(RULES + REMOVED)
    try:
        rules.replace(gone)
    except OSError as error:
        raise BatmonError(because("pack-not-removed", path=rules, why=error.strerror)) from error
    said = str(_WORDS[session.language]["removed"])
    session.err(said.format(name=name, folder=rules.parent, rules=gone.name))
    return DONE


def shipped() -> list[Shipped]:
    """Every pack that comes with BATMON, by name."""
    found = []
    for folder in resources.files("batmon.packs").iterdir():
        rules = folder / RULES
        if folder.is_dir() and rules.is_file():
            about = tomllib.loads(rules.read_text(encoding="utf-8"))["pack"]
            found.append(Shipped(folder.name, about["title"], folder))
    return sorted(found, key=lambda pack: pack.name)


def _shipped(name: str) -> Shipped:
    packs = {pack.name: pack for pack in shipped()}
    if name not in packs:
        raise NotFound(because("no-pack", name=name, known=", ".join(packs)))
    return packs[name]


def _packs_folder(session: LocalSession) -> Path | None:
    """The folder of packs beside the configuration file; None without a file."""
    source = session.places.config_file()
    return None if source is None else source.absolute().parent / "packs"


def _files(folder: Traversable, above: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir() and not entry.name.startswith("__"):
            yield from _files(entry, f"{above}{entry.name}/")
        elif entry.is_file():
            yield above + entry.name, entry


def _write(path: Path, data: bytes, *, force: bool, words: Mapping[str, object]) -> str:
    """Write one file, the one before put by where it was changed; what was done, in words."""
    old = path.with_name(path.name + PUT_BY)
    if path.is_file():
        if path.read_bytes() == data:
            return str(words["same"])
        if not force:
            return str(words["kept"])
        path.replace(old)
        path.write_bytes(data)
        return str(words["replaced"]).format(old=old.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return str(words["written"])
