"""The folders and log files of one batch.

``accounts/<start>/<account>.log`` holds all that is said of an account, ``errors/<start>/<account>_errors.log`` its
errors again, ``batch_processor_<start>.log`` what the batch says of itself. A line is
``2024-12-01 14:30:52,123 - INFO - [user1@example.com] text``, in local time and UTF-8.

The loggers are not in logging's registry: accounts have dots in their names, and a registered logger lives for ever.
What they are told is written to these files and nowhere else.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from datetime import datetime, timedelta
from pathlib import Path

from batmon.errors import RecordError
from batmon.record.batch_names import FileNames, one_line

FORM = "%(asctime)s - %(levelname)s - %(message)s"
MOST_SECONDS = 3600
"""How far a batch looks beyond the true second for a start time that no other batch has."""


class LineFile(logging.Handler):
    """Appends each line to a file that is open only meanwhile.

    So a batch of thousands of accounts has no file open, and its loggers work also when it is over. What cannot be
    written (a full disk) is said on stderr by ``logging`` itself: no batch fails because of its log.
    """

    def __init__(self, path: Path, level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self._path = path

    def begin(self) -> None:
        """Make the file, so that an account without errors has an empty one; a line that fails later says why."""
        with contextlib.suppress(OSError):
            self._path.touch()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, and below it the traceback if there is one."""
        try:
            line = f"{self.format(record)}\n"
            with self._path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(line)
        except Exception:  # noqa: BLE001 - logging's own habit: a handler reports its failure and raises nothing
            self.handleError(record)


class BatchLogs:
    """One batch's folders below ``root``, and its loggers.

    ``start_time`` is the second in which it began, ``YYYYMMDD_HHMMSS`` in local time. Where another batch has taken
    that second, it is the next one that is free: two batches never share a folder.

    Raises:
        RecordError: the folders cannot be made.
    """

    def __init__(self, root: Path, began: datetime) -> None:
        self.root = root
        self.names = FileNames()
        self.accounts: dict[str, logging.Logger] = {}
        self._lock = threading.Lock()
        try:
            self.start_time = _claim(root / "accounts", began)
            for folder in (self.errors_folder, self.reports_folder):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecordError(
                f"the batch's folder {error.filename or root} cannot be made: {error.strerror}",
                hint="name a folder that can be written to: BatchManager(logs=...)",
            ) from error
        self.batch = _logger("batch", FORM, LineFile(root / f"batch_processor_{self.start_time}.log"))

    @property
    def accounts_folder(self) -> Path:
        """Where the accounts' logs are."""
        return self.root / "accounts" / self.start_time

    @property
    def errors_folder(self) -> Path:
        """Where the accounts' errors are."""
        return self.root / "errors" / self.start_time

    @property
    def reports_folder(self) -> Path:
        """Where the reports are."""
        return self.root / "reports" / self.start_time

    def logger(self, account: str) -> logging.Logger:
        """The account's logger, made with its two files at the first call."""
        with self._lock:
            found = self.accounts.get(account)
            if found is None:
                name = self.names.of(account)
                every = LineFile(self.accounts_folder / f"{name}.log")
                errors = LineFile(self.errors_folder / f"{name}_errors.log", logging.ERROR)
                who = one_line(account, 254).replace("%", "%%")
                found = _logger(account, FORM.replace("%(message)s", f"[{who}] %(message)s"), every, errors)
                self.accounts[account] = found
                every.begin()
                errors.begin()
        return found


def _logger(name: str, form: str, *handlers: logging.Handler) -> logging.Logger:
    logger = logging.Logger(name, logging.INFO)  # noqa: LOG001 - as the module says: outside the registry on purpose
    for handler in handlers:
        handler.setFormatter(logging.Formatter(form))
        logger.addHandler(handler)
    return logger


def _claim(folder: Path, began: datetime) -> str:
    """Make the folder of a start time that nobody has, and name it."""
    folder.mkdir(parents=True, exist_ok=True)
    for later in range(MOST_SECONDS):
        start_time = f"{began + timedelta(seconds=later):%Y%m%d_%H%M%S}"
        try:
            (folder / start_time).mkdir()
        except FileExistsError:
            continue
        return start_time
    raise RecordError(
        f"every start time from {began:%Y%m%d_%H%M%S} on is taken in {folder}", hint="delete folders of old batches"
    )
