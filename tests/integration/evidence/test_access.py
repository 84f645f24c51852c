"""Below an opened folder and nowhere else: every refusal by its sentence, and races against threads that swap."""

from __future__ import annotations

import os
import socket
import stat
import threading
from contextlib import contextmanager

import pytest

from batmon.errors import EvidenceError, NotFound, Refused
from batmon.evidence import access_linux
from batmon.evidence.access import Root, identity_of
from batmon.evidence.access_linux import LinuxFolder, by_openat2, name_by_name
from batmon.evidence.access_plain import PlainFolder
from batmon.evidence.access_rules import names_of

WAYS = {
    "openat2": lambda path: LinuxFolder.root(path, by_openat2),
    "by name": lambda path: LinuxFolder.root(path, name_by_name),
    "plain": PlainFolder.root,
}
ROUNDS = 4000
MOST_ROUNDS = 400_000


@pytest.fixture
def house(tmp_path):
    """A folder to stay in, with a secret beside it."""
    inside = tmp_path / "inside"
    (inside / "logs" / "old").mkdir(parents=True)
    (inside / "logs" / "app.log").write_text("line\n")
    (inside / "logs" / "old" / "app-1.log").write_text("older\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "app.log").write_text("secret\n")
    return inside


@pytest.fixture(params=WAYS)
def way(request):
    if request.param == "openat2" and access_linux.best_way() is not by_openat2:
        pytest.skip("this kernel has no openat2, or forbids it")
    return WAYS[request.param]


@pytest.fixture
def root(house, way):
    with Root(house, held=way(str(house))) as root:
        yield root


def read(root, path):
    with root.open_file(path) as file:
        return file.read()


def test_what_is_inside_is_opened_listed_and_described(root):
    assert read(root, "logs/app.log") == b"line\n"
    assert read(root, "logs/old/app-1.log") == b"older\n"
    assert {one.name: (one.kind, one.size, one.why) for one in root.list("logs")} == {
        "app.log": ("file", 5, ""), "old": ("dir", 0, ""),
    }  # fmt: skip
    assert root.stat("logs/old").kind == "dir"
    assert [one.name for one in root.list("")] == ["logs"]
    assert root.stat("").kind == "dir"
    with pytest.raises(NotFound, match="'logs/none\\.log' is not there"):
        root.open_file("logs/none.log")
    with pytest.raises(NotFound):
        list(root.list("none"))


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../outside/app.log", "leaves its folder by '..'"),
        ("logs/../../outside/app.log", "leaves its folder by '..'"),
        ("logs/..", "leaves its folder by '..'"),
        ("/etc/passwd", "it is absolute"),
        ("/", "it is absolute"),
        ("logs//app.log", "empty name"),
        ("logs/", "empty name"),
        ("./logs/app.log", "empty name"),
        ("logs/app.log\0.txt", "holds a NUL"),
        ("C:", "names a drive"),
        ("C:\\Windows\\win.ini", "names a drive"),
        ("logs/c:", "names a drive"),
        ("\\\\server\\share\\x", "names another machine"),
        ("logs/\\\\server", "names another machine"),
        ("\\Windows\\win.ini", "absolute on Windows"),
        ("..\\outside\\app.log", "leaves its folder by '..\\'"),
        ("logs\\..\\..\\x", "leaves its folder by '..\\'"),
        ("logs/" + "x" * 256, "more than 255 bytes"),
        ("logs/" + "\ud55c" * 86, "more than 255 bytes"),
        ("/".join("x" * 65), "more than 64 levels"),
    ],
)
def test_a_path_that_leads_out_is_refused_with_its_sentence(root, path, why):
    for ask in (root.open_file, root.stat, lambda path: list(root.list(path))):
        with pytest.raises(Refused) as caught:
            ask(path)
        assert why in str(caught.value)
        assert "\0" not in str(caught.value)


def test_names_of_windows():
    for path, why in (
        ("a:b", "hidden stream"), ("nul", "a device"), ("x/COM1.txt", "a device"), ("x.", "dot or a blank"),
        ("a\\b", "holds no"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=why):
            names_of(path, windows=True)
    assert names_of("\ud55c" * 200, windows=True)
    assert names_of("a:b/nul/x./a\\b")


def test_links_are_refused_wherever_they_stand(house, root):
    (house / "logs" / "link.log").symlink_to(house / "logs" / "app.log")
    (house / "logs" / "out.log").symlink_to(house.parent / "outside" / "app.log")
    (house / "out").symlink_to(house.parent / "outside")
    (house / "in").symlink_to("logs")
    (house / "fd").symlink_to("/proc/self/fd")
    for path in ("logs/link.log", "logs/out.log"):
        with pytest.raises(Refused, match="it is a link"):
            root.open_file(path)
    for path in ("out/app.log", "in/app.log", "fd/0", "logs/link.log/x"):
        with pytest.raises(Refused, match=r"link is on the way|is no folder"):
            root.open_file(path)
    with pytest.raises(Refused, match="link is on the way"):
        list(root.list("out"))
    kinds = {one.name: (one.kind, one.why) for one in root.list("logs")}
    assert kinds["out.log"] == ("link", "it is a link, and links are not followed here")
    assert root.stat("out").kind == "link"


def test_only_regular_files_with_one_name_are_opened(house, root):
    os.mkfifo(house / "fifo")
    os.link(house / "logs" / "app.log", house / "hard.log")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(house / "s"))
    with server:
        for path, why in (
            ("fifo", "a FIFO"), ("hard.log", "2 names"), ("logs/app.log", "2 names"), ("s", "a socket"),
            ("logs", "a folder, not a file"),
        ):  # fmt: skip
            with pytest.raises(Refused, match=why):
                root.open_file(path)
        whys = {one.name: one.why for one in root.list("")}
    assert "FIFO" in whys["fifo"]
    assert "socket" in whys["s"]
    assert "hard link" in whys["hard.log"]


def test_a_device_is_refused_without_being_opened(house, root):
    try:
        os.mknod(house / "null", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")
    with pytest.raises(Refused, match="a character device"):
        root.open_file("null")


def test_a_file_on_the_way_is_no_folder(root):
    with pytest.raises(Refused, match="is no folder"):
        root.open_file("logs/app.log/x")


def test_a_root_that_is_not_there_says_so(tmp_path):
    with pytest.raises(NotFound, match="is not there"):
        Root(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(EvidenceError, match="cannot open folder"):
        Root(tmp_path / "file")


def test_odd_names_can_be_reached_where_they_are_harmless(house, root):
    for name in ("a\\b.txt", "new\nline", os.fsdecode(b"\xff\xfe.log"), "a:b", "한글 로그.log", "-rf", "~"):
        (house / name).write_text(ascii(name))
        assert read(root, name) == ascii(name).encode()
    (house / "..\\evil").touch()
    assert "'..\\'" in next(one.why for one in root.list("") if one.name == "..\\evil")


def test_the_folder_that_was_opened_stays_the_one_that_is_read(house):
    with Root(house) as root:
        house.rename(house.parent / "moved")
        house.symlink_to(house.parent / "outside")
        assert read(root, "logs/app.log") == b"line\n"
        with pytest.raises(NotFound):
            root.open_file("app.log")


def test_the_identity_stays_while_a_file_grows_and_ends_with_it(house):
    log = house / "logs" / "app.log"
    with Root(house) as root:
        with root.open_file("logs/app.log") as file:
            first = identity_of(file)
        log.write_text("longer and longer\n")
        log.rename(house / "logs" / "app.log.1")
        with root.open_file("logs/app.log.1") as file:
            assert identity_of(file) == first
        log.write_text("another\n")
        with root.open_file("logs/app.log") as file:
            assert identity_of(file) != first


@contextmanager
def swapping(swap):
    """A thread that swaps there and back until the block is over."""
    over = threading.Event()
    swaps = 0

    def work():
        nonlocal swaps
        while not over.is_set():
            swap()
            swaps += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert swaps > 0


def outcomes(root, path):
    """What openings gave, thousands and until it differs: the content that was read, or the error's class."""
    seen = set()
    for turn in range(MOST_ROUNDS):
        if turn >= ROUNDS and len(seen) > 1:
            break
        try:
            seen.add(read(root, path))
        except (Refused, NotFound) as error:
            seen.add(type(error))
    return seen


def test_a_link_swapped_in_for_the_file_never_leads_out(house, root):
    log, spare = house / "logs" / "app.log", house / "logs" / "spare.log"
    link = house / "logs" / "link.log"

    def swap():
        link.symlink_to(house.parent / "outside" / "app.log")
        log.rename(spare)
        link.rename(log)
        spare.rename(log)

    with swapping(swap):
        seen = outcomes(root, "logs/app.log")
    assert seen <= {b"line\n", Refused, NotFound}
    assert len(seen) > 1, "nothing was swapped while we looked"
    assert read(root, "logs/app.log") == b"line\n"


def test_a_link_swapped_in_for_the_folder_never_leads_out(house, root):
    logs, aside, link = house / "logs", house / "aside", house / "link"

    def swap():
        logs.rename(aside)
        link.symlink_to(house.parent / "outside")
        link.rename(logs)
        logs.unlink()
        aside.rename(logs)

    with swapping(swap):
        seen = outcomes(root, "logs/app.log")
    assert seen <= {b"line\n", Refused, NotFound}
    assert len(seen) > 1, "nothing was swapped while we looked"
    assert read(root, "logs/app.log") == b"line\n"


def test_a_fifo_swapped_in_never_makes_it_wait(house, root):
    log, spare, fifo = house / "logs" / "app.log", house / "logs" / "spare.log", house / "fifo"

    def swap():
        os.mkfifo(fifo)
        log.rename(spare)
        fifo.rename(log)
        spare.rename(log)

    with swapping(swap):
        seen = outcomes(root, "logs/app.log")
    assert seen <= {b"line\n", Refused, NotFound}
    assert read(root, "logs/app.log") == b"line\n"
