"""Everything that BATMON raises on purpose.

::

    BatmonError
     ├── ConfigError          the configuration cannot be used: every problem with its place
     ├── ModelError           a value that the model refuses (a naive time, an unknown status)
     ├── StoreError           Postgres could not do what was asked
     │    ├── StoreUnavailable    not reachable now; trying again later may work
     │    ├── SchemaError         the schema is newer, older or another's
     │    └── EmbeddedError       the embedded server could not be started
     ├── EvidenceError        a log or a process could not be looked at
     ├── GateError            between a client and the daemon
     │    ├── DaemonUnreachable   nobody answers at the gate
     │    ├── Refused             the role, the password or the state of things forbids it
     │    │    ├── NeedsRole          the key's role does not allow it
     │    │    ├── NoPassword         no operation password is set
     │    │    ├── WrongPassword      the operation password is wrong
     │    │    ├── LockedOut          too many wrong passwords
     │    │    ├── DoneAlready        what somebody wants to decide does not wait any more
     │    │    └── RunningAlready     the program is running, and a second run was not forced
     │    ├── NotFound            no such program, run or file
     │    └── BadRequest          a frame or an argument that the gate does not understand
     ├── RecordError          a run or a batch cannot be recorded as it was asked for
     ├── NoDesktop            there is no screen that a picture could be taken of
     ├── RunnerError          a program could not be started or stopped
     ├── StepFailed           a step of an automation, an event or an action could not be done
     ├── DeliveryFailed       a message was not taken by the other side of its channel
     ├── TemplateError        a template is not there, or does not fit its data
     └── ReportError          a report cannot be made

Each carries a sentence for a person and, where there is one, a ``hint``: what to do about it. What a person can meet is
made by ``batmon.refusals.because``, which knows it in two languages; what only a broken client meets is plain text.
"""

from __future__ import annotations

TYPE_CHECKING = False  # every program that records imports this module: typing would cost it milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self


class Sentence:
    """An error's words in English, and what it takes to say the same in another language.

    ``reason`` is stable and names the sentence in ``batmon.refusals``, which has places for ``facts`` (texts and
    numbers); both are empty where there is only the English text.
    """

    __slots__ = ("facts", "hint", "reason", "text")

    def __init__(
        self, text: str, hint: str = "", reason: str = "", facts: Mapping[str, str | int | float] | None = None
    ) -> None:
        self.text = text
        self.hint = hint
        self.reason = reason
        self.facts = dict(facts or {})

    def parts(self) -> tuple[str, str, str, dict[str, str | int | float]]:
        """What another process makes the same sentence of: ``Sentence(*parts)``."""
        return self.text, self.hint, self.reason, self.facts

    def __repr__(self) -> str:
        return f"<Sentence {self.reason or 'in English'}: {self.text!r}>"


class BatmonError(Exception):
    """The root of the tree: ``str()`` is one sentence for a person in English, ``hint`` what to do.

    ``sentence`` is both, with what it takes to say them in the reader's language.
    """

    code = "error"

    def __init__(self, message: str | Sentence, *, hint: str = "") -> None:
        self.sentence = message if isinstance(message, Sentence) else Sentence(message, hint)
        super().__init__(self.sentence.text)

    @property
    def hint(self) -> str:
        """What to do about it, in English; empty where nothing is known to do."""
        return self.sentence.hint

    @classmethod
    def of(cls, error: BatmonError) -> Self:
        """An error of this kind that says what ``error`` says."""
        return cls(error.sentence)


class Problem:
    """One thing that is wrong with the configuration, and where.

    ``file`` is a path, an environment variable or a flag; ``line`` counts from 1 and is None where there are no lines;
    ``key`` is dotted, tables of an array counted from 0: ``programs[1].log.failed``.
    """

    __slots__ = ("file", "hint", "key", "line", "message")

    def __init__(self, file: str, line: int | None, key: str, message: str, hint: str = "") -> None:
        self.file = file
        self.line = line
        self.key = key
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        words = f"{self.message}; {self.hint}" if self.hint else self.message
        return f"{place}: {self.key}: {words}" if self.key else f"{place}: {words}"

    def __repr__(self) -> str:
        return f"<Problem {self}>"


class ConfigError(BatmonError):
    """The configuration cannot be used; ``problems`` are all that is wrong with it, in the order of the file."""

    code = "config"

    def __init__(self, message: str, *, hint: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


class ModelError(BatmonError, ValueError):
    """A value that the model refuses."""

    code = "model"


class StoreError(BatmonError):
    """Postgres could not do what was asked."""

    code = "store"


class StoreUnavailable(StoreError):
    """Postgres cannot be reached now; trying again later may work."""

    code = "store_unavailable"


class SchemaError(StoreError):
    """The schema in the database is newer, older or somebody else's."""

    code = "schema"


class EmbeddedError(StoreError):
    """The embedded server could not be made, started or taken over."""

    code = "embedded"


class EvidenceError(BatmonError):
    """A log, a folder or a process could not be looked at."""

    code = "evidence"


class GateError(BatmonError):
    """Something between a client and the daemon."""

    code = "gate"


class DaemonUnreachable(GateError):
    """Nobody answers at the gate, or not in time."""

    code = "unreachable"


class Refused(GateError):
    """The role, the password or the state of things forbids it."""

    code = "refused"


class NeedsRole(Refused):
    """The key's role does not allow it."""

    code = "needs_role"


class NoPassword(Refused):
    """No operation password is set."""

    code = "no_password"


class WrongPassword(Refused):
    """The operation password is wrong."""

    code = "wrong_password"


class LockedOut(Refused):
    """Too many wrong passwords: wait, as the hint says."""

    code = "locked_out"


class DoneAlready(Refused):
    """The item of an inbox does not wait any more: somebody else was first."""

    code = "done_already"


class RunningAlready(Refused):
    """The program is running, and a second run was not forced."""

    code = "running_already"


class NotFound(GateError):
    """No such program, run or file."""

    code = "not_found"


class BadRequest(GateError):
    """A frame or an argument that the gate does not understand."""

    code = "bad_request"


class RecordError(BatmonError):
    """A run or a batch cannot be recorded as it was asked for: a mistake, or a folder that cannot be made."""

    code = "record"


class NoDesktop(BatmonError):
    """There is no screen that a picture could be taken of, or none that this user may look at."""

    code = "no_desktop"


class RunnerError(BatmonError):
    """A program could not be started or stopped."""

    code = "runner"


class DeliveryFailed(BatmonError):
    """A message was not taken by the other side of its channel.

    ``permanent``: sending it again as it is cannot help. ``retry_after``: seconds that the other side asks to wait,
    None when it names none. ``sent_nothing``: False when the other side may have taken it all the same (the answer was
    lost), so that another attempt may be a second copy.
    """

    code = "delivery"

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        retry_after: float | None = None,
        sent_nothing: bool = True,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.permanent = permanent
        self.retry_after = retry_after
        self.sent_nothing = sent_nothing


class TemplateError(BatmonError):
    """A template is not there, cannot be read, or does not fit its data."""

    code = "template"


class ReportError(BatmonError):
    """A report cannot be made: something that it needs is not there."""

    code = "report"


class StepFailed(BatmonError):
    """A step of an automation, an event or an action could not be done; the message names it and its place."""

    code = "step"
