"""What is asked for when a report is made, and which reports there are. Frozen values that travel between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from batmon.metrics.periods import Period, Span, so_far
from batmon.model import Program, aware
from batmon.words import Language

Form = Literal["excel", "pdf", "md", "json"]
FORMS: tuple[Form, ...] = ("excel", "pdf", "md", "json")
Needs = Literal["period", "run", "incident"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One report to be made. ``period`` None: what its template is about, as of ``now`` in ``timezone``."""

    template: str
    period: Period | None = None
    language: Language = "ko"
    timezone: str = "UTC"
    """Of the people who read it: incidents are cut at its midnights, times are shown in it."""
    by: str = ""
    node: str = ""
    now: datetime
    programs: tuple[str, ...] = ()
    """Only these, by name or pattern (``fund_*``), in any case; empty: all."""
    incident_id: int | None = None
    """Of ``incident_rca``: only this one."""
    run: str = ""
    """Of ``batch_run``: the run's id, or its ``log_id``."""
    data: bool = True
    """Whether the rows for counting again are wanted, which only a workbook has."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "now", aware(self.now, "now"))

    def whole_period(self, span: Span) -> Period:
        """The period that is asked for, or that of ``span`` so far."""
        return self.period or so_far(span, self.now.astimezone(ZoneInfo(self.timezone)).date())


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A kind of report. ``formats`` are those that it is meant for, best first; md and json are always to be had."""

    name: str
    titles: Mapping[Language, str]
    span: Span | None = None
    """What it is about where nobody names a period; None: no period."""
    formats: tuple[Form, ...] = ("excel", "pdf")
    needs: Needs = "period"
    texts: Mapping[Language, str] = field(default_factory=dict)
    """What is in it, in a sentence."""
    own: bool = False
    """Whether people here wrote it, in a file beside the configuration."""
    chooses: bool = True
    """Whether it can be made of some programs alone."""
    programs: tuple[str, ...] = ()
    """Names or patterns that it is about where nobody names others; empty: all."""
    section_programs: tuple[str, ...] = ()
    """Those of single sections."""

    @property
    def all_formats(self) -> tuple[Form, ...]:
        """Every format that it can be had in, best first."""
        return (*self.formats, *(form for form in ("md", "json") if form not in self.formats))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """What the configuration says about reports. ``folder`` holds own templates; it need not exist."""

    organisation: str = ""
    currency: str = "KRW"
    folder: Path | None = None
    font: Path | None = None
    """A TrueType font with Korean letters for PDF; None: one that is found."""
    bold_font: Path | None = None
    programs: tuple[Program, ...] = ()
    """Those whose logs may be read here, without their environments."""
