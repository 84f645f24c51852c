"""Documents of reports as they come, of any size: made by the shipped templates from made-up figures.

``weekly(programs=12)``, ``monthly(...)``, ``savings(...)``, ``capacity(...)`` and ``every_block()``; ``hostile`` gives
programs names and texts that no format may fall for, ``empty`` a period in which nothing ran.
"""

import random
from datetime import UTC, date, datetime, timedelta

from batmon.metrics.durations import bucket
from batmon.metrics.figures import IncidentTotals, ProgramFigures, Totals, Worth, total
from batmon.metrics.periods import Period
from batmon.report import templates
from batmon.report.asked import Asked, ReportSettings
from batmon.report.document import (
    Chart,
    Column,
    Data,
    Definition,
    Document,
    Facts,
    Figure,
    Figures,
    Finding,
    Findings,
    Heatmap,
    Kind,
    Lines,
    Moment,
    Paragraph,
    Section,
    Series,
    Table,
    Timeline,
)
from batmon.report.gathered import Cell, Gathered, IncidentEntry, MonthEntry
from batmon.report.sections.capacity import CapacityFigures, Filling, HourLoad
from batmon.report.sections.days import column, step_of
from batmon.report.wording import Wording

NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
WEEK = Period(date(2026, 11, 14), date(2026, 11, 20))
MONTH = Period(date(2026, 10, 1), date(2026, 10, 31))
QUARTER = Period(date(2026, 7, 1), date(2026, 9, 30))

HOSTILE = (
    '=HYPERLINK("http://evil","click")',
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3+cmd",
    "\x1b[31mred\x1b[0m\x07",
    "줄\n바꿈\t탭",
    "이모지 🚀👩‍💻 한글",
    "<b>bold</b> & <script>alert(1)</script>",
    "| pipe | `code` | [link](javascript:1) |",
    "\u202eright to left\u202c",
    "긴 이름 " * 40,
    "\ud800 lone surrogate",
    "'quoted'",
    "",
)
LONG = "아주 긴 오류 내용 " * 4000
"""40,000 characters."""
_NAMES = (
    "kindscrap",
    "fund_mail",
    "auto_esafe",
    "invoice_bot",
    "세금계산서 수집",
    "인사 배치",
    "재고 동기화",
    "메일 수집기",
)
_DEPARTMENTS = ("재무팀", "인사팀", "영업지원팀", "IT운영팀", "")


def weekly(programs=12, **more) -> Document:
    """A ``weekly_ops`` report."""
    return _document("weekly_ops", WEEK, programs, **more)


def monthly(programs=12, **more) -> Document:
    """A ``monthly_sla`` report."""
    return _document("monthly_sla", MONTH, programs, **more)


def savings(programs=12, **more) -> Document:
    """An ``rpa_savings`` report."""
    return _document("rpa_savings", MONTH, programs, **more)


def capacity(programs=12, **more) -> Document:
    """A ``capacity_plan`` report."""
    return _document("capacity_plan", QUARTER, programs, **more)


def documents(programs=12, **more):
    """One of each."""
    return [make(programs, **more) for make in (weekly, monthly, savings, capacity)]


def _document(name, period, programs, **more):
    found = gathered(name, period, programs, **more)
    template = next(one for one in templates.SHIPPED if one.name == name)
    words = Wording(found.asked.language, found.settings.currency)
    if name == "capacity_plan":
        extra = CapacityFigures() if more.get("empty") else _capacity(found)
        return templates.document(found, template, templates.capacity_plan(found, extra, words))
    return templates.document(found, template, templates.COMPOSED[name](found, words))


def gathered(
    template="weekly_ops",
    period=WEEK,
    programs=12,
    *,
    language="ko",
    hostile=False,
    empty=False,
    data_rows=200,
    seed=1,
    currency="KRW",
    hourly_cost=25_000.0,
) -> Gathered:
    """What a report would be made of. ``data_rows``: rows of the sheet of failed runs; None: no sheets of rows."""
    draw = random.Random(seed)  # noqa: S311 - made-up figures
    asked = Asked(
        template=template, period=period, language=language, timezone="Asia/Seoul", by="ops", node="seoul-01", now=NOW
    )
    settings = ReportSettings(organisation="한빛 데이터허브", currency=currency)
    known = [
        _figures(draw, number, period, hostile=hostile, empty=empty, hourly_cost=hourly_cost)
        for number in range(programs)
    ]
    if empty:
        return Gathered(asked=asked, settings=settings, period=period, programs=tuple(known))
    daily = tuple((day, total(_totals(draw, 1, 3) for _ in range(min(programs, 30)))) for day in period)
    incidents = sorted(
        (_incident(draw, number, known, period, hostile) for number in range(min(60, 2 + programs))),
        key=lambda one: one.opened_at,
        reverse=True,
    )
    return Gathered(
        asked=asked,
        settings=settings,
        period=period,
        programs=tuple(known),
        daily=daily,
        cells=_cells(draw, known, period),
        lost=tuple(
            Cell(one.program, period.start + timedelta(days=3 * place), 20, 2, 1, 23, 20)
            for one in known[:40]
            if one.met is False
            for place in range(2)
        ),
        incidents=tuple(incidents),
        watched_seconds=programs * period.days * 86_400.0,
        watched_seconds_before=programs * period.days * 86_400.0,
        incident_totals=total_of(one.incidents for one in known),
        incident_totals_before=total_of(one.incidents_before for one in known),
        months=_months(draw, known, period),
        findings=_findings(known),
        data=() if data_rows is None else _data(known, period, data_rows),
    )


def total_of(parts):
    """Incidents of several programs together."""
    found = IncidentTotals()
    for part in parts:
        found += part
    return found


def _totals(draw, days, busy):
    runs = draw.randint(days * busy, days * busy * 4)
    failed = draw.choice((0, 0, 0, 1, 2, runs // 12))
    missed = draw.choice((0, 0, 0, 0, 1, 3))
    times = [draw.lognormvariate(4, 0.7) for _ in range(12)]
    histogram = {}
    for took in times:
        histogram[bucket(took)] = histogram.get(bucket(took), 0) + 1
    return Totals(
        succeeded=runs - failed,
        failed=failed,
        missed=missed,
        processed=draw.randint(0, runs * 80),
        timed=len(times),
        seconds=sum(times),
        histogram=histogram,
        excused=min(missed, draw.choice((0, 0, 1))),
    )


def _incidents(draw):
    opened = draw.choice((0, 0, 0, 1, 2, 4))
    resolved = max(0, opened - draw.choice((0, 0, 1)))
    return IncidentTotals(
        opened=opened,
        resolved=resolved,
        open_at_end=opened - resolved,
        acknowledged=resolved,
        repair_seconds=resolved * draw.uniform(600, 20_000),
        acknowledge_seconds=resolved * draw.uniform(60, 3_000),
        outage_seconds=opened * draw.uniform(600, 9_000),
        longest_seconds=opened * 900.0,
        errors_opened=opened,
    )


def _name(number, hostile):
    if hostile:
        return HOSTILE[number % len(HOSTILE)] + ("" if number < len(HOSTILE) else f" {number}")
    return _NAMES[number] if number < len(_NAMES) else f"batch-{number:04d}"


def _figures(draw, number, period, *, hostile, empty, hourly_cost):
    name = _name(number, hostile)
    totals, before = (Totals(), Totals()) if empty else (_totals(draw, period.days, 4), _totals(draw, period.days, 4))
    return ProgramFigures(
        program=f"program-{number:04d}",
        title=name or "(이름 없음)",
        department=HOSTILE[0] if hostile and number % 5 == 0 else _DEPARTMENTS[number % len(_DEPARTMENTS)],
        scheduled=number % 7 != 6,
        timezone="Asia/Seoul",
        target=None if number % 4 == 3 else 0.99,
        worth=Worth(minutes_per_item=5.0, hourly_cost=hourly_cost),
        totals=totals,
        before=before,
        incidents=IncidentTotals() if empty else _incidents(draw),
        incidents_before=IncidentTotals() if empty else _incidents(draw),
        watched_seconds=period.days * 86_400.0,
        watched_seconds_before=period.days * 86_400.0,
    )


def _cells(draw, known, period):
    step, columns = step_of(period), {}
    for day in period:
        columns.setdefault(column(day, period, step), 0)
    found = []
    for one in known:
        for first in columns:
            if draw.random() < 0.08:
                continue
            failed, missed = draw.choice((0, 0, 0, 0, 1, 4)), draw.choice((0, 0, 0, 0, 0, 1))
            found.append(Cell(one.program, first, 8, failed, missed, 8 + failed + missed, 8))
    return tuple(found)


def _incident(draw, number, known, period, hostile):
    one = known[number % len(known)] if known else None
    opened = datetime.combine(period.start, datetime.min.time(), UTC) + timedelta(
        minutes=draw.randint(0, period.days * 1440 - 1)
    )
    took = timedelta(minutes=draw.randint(3, 900))
    over = number % 6 != 0
    sentence = HOSTILE[number % len(HOSTILE)] if hostile else "로그인 실패: 비밀번호가 올바르지 않습니다"
    if hostile and number == 1:
        sentence = LONG
    return IncidentEntry(
        incident_id=4700 + number,
        program=one.program if one else "gone",
        title=one.title if one else "gone",
        severity="ERROR" if number % 3 else "WARNING",
        sentence=sentence,
        opened_at=opened,
        acknowledged_at=opened + took / 4 if number % 2 else None,
        acknowledged_by="김운영" if number % 2 else "",
        resolved_at=opened + took if over else None,
        resolved_by="",
        reopened=int(number % 4 == 0),
        seconds=took.total_seconds(),
    )


def _months(draw, known, period):
    found = []
    for back in range(7, -1, -1):
        index = period.end.year * 12 + period.end.month - 1 - back
        first = date(index // 12, index % 12 + 1, 1)
        last = date((index + 1) // 12, (index + 1) % 12 + 1, 1) - timedelta(days=1)
        parts = {one.program: _totals(draw, 20 + 2 * (8 - back), 4) for one in known[:40]}
        every = total(parts.values())
        found.append(
            MonthEntry(
                month=Period(first, min(last, period.end)),
                totals=every,
                scheduled=every,
                incidents=total_of(_incidents(draw) for _ in range(5)),
                programs=parts,
            )
        )
    return tuple(found)


def _findings(known):
    if not known:
        return ()
    first = known[0]
    return (
        Finding(
            key="repeated_failures",
            title=f"{first.title}: 같은 오류의 반복",
            text="같은 유형의 오류로 7일 중 5일 실패하였습니다.",
            program=first.program,
            tone="bad",
            evidence=(
                "2026-11-14 06:00:12 로그인 실패: 비밀번호가 올바르지 않습니다",
                "2026-11-15 06:00:09 로그인 실패: 비밀번호가 올바르지 않습니다",
            ),
            data={"days": 5, "count": 9},
        ),
        Finding(
            key="slower",
            title=f"{known[-1].title}: 실행 시간 증가",
            text="일별 중앙값이 4주 동안 41초에서 58초로 늘었습니다.",
            program=known[-1].program,
            evidence=("첫 주 중앙값 41초", "마지막 주 중앙값 58초"),
            data={"from": 41.0, "to": 58.0},
        ),
    )


def _data(known, period, rows):
    days = Data(
        key="days",
        title="일별 실적",
        columns=(
            Column(key="program", title="프로그램", width=24),
            Column(key="day", title="일자", kind=Kind.DATE),
            Column(key="succeeded", title="성공", kind=Kind.COUNT),
            Column(key="failed", title="실패", kind=Kind.COUNT),
            Column(key="p95", title="p95", kind=Kind.SECONDS),
        ),
        rows=lambda: ((one.title, day, 20, 1, 33.5) for one in known for day in period),
    )
    runs = Data(
        key="runs",
        title="실패·미실행 내역",
        columns=(
            Column(key="log_id", title="로그 번호", kind=Kind.COUNT),
            Column(key="program", title="프로그램", width=24),
            Column(key="status", title="상태", kind=Kind.STATUS),
            Column(key="start_time", title="시작 시각", kind=Kind.TIME),
            Column(key="message", title="메시지", width=48),
            Column(key="seconds", title="소요 시간", kind=Kind.SECONDS),
        ),
        rows=lambda: (
            (
                number,
                HOSTILE[number % len(HOSTILE)],
                "FAILED" if number % 5 else "MISSED",
                NOW - timedelta(minutes=number),
                LONG if number == 3 else "로그인 실패",
                12.5 if number % 5 else None,
            )
            for number in range(rows)
        ),
        note="최근 20,000건까지만 실었습니다.",
    )
    return (days, runs)


def _capacity(found):
    hours = tuple(
        HourLoad(hour, 12.0 + 20 * (hour in {2, 6, 7}), 30 + hour, 0.4 + 3 * (hour in {2, 6}), 1.2 + 4 * (hour == 6))
        for hour in range(24)
    )
    days = tuple((found.period.start + timedelta(days=day), 41.0 + day * 0.2) for day in range(60))
    return CapacityFigures(
        hours=hours,
        hours_days=28,
        budgets={one.program: 600.0 for one in found.programs},
        fillings=(Filling(name="disk", title="데이터 디스크", unit="%", days=days),),
        database_bytes=48_000_000_000,
    )


def every_block(language="ko", *, hostile=False) -> Document:
    """A document with every kind of block, and every kind of value."""
    text = LONG if hostile else "2026-11-21 06:00:12 ERROR 로그인 실패: 비밀번호가 올바르지 않습니다"
    kinds = tuple(Column(key=kind.value, title=kind.value, kind=kind) for kind in Kind)
    values = (
        "글",
        1234567,
        12.34,
        0.99951,
        -0.051,
        0.2345,
        1234.56,
        3723.4,
        1250000,
        5 * 1024**3,
        date(2026, 11, 21),
        NOW,
        "ERROR",
    )
    blocks = (
        Paragraph(text="문단입니다."),
        Paragraph(text=HOSTILE[7], tone="bad"),
        Figures(
            items=(
                Figure(key="a", title="성공률", value=0.9712, kind=Kind.PERCENT, before=0.96, better="high"),
                Figure(key="b", title="실패", value=12, before=0, better="low", tone="bad", note="전주보다 많음"),
                Figure(key="c", title="없음", value=None, kind=Kind.HOURS),
            )
        ),
        Table(
            key="kinds",
            title="모든 종류",
            columns=kinds,
            rows=[values, (None,) * len(kinds)],
            total=values,
            note="참고",
        ),
        Table(key="none", title="빈 표", columns=kinds[:3], rows=[], empty="해당 사항이 없습니다."),
        Chart(
            key="lines",
            title="선",
            shape="line",
            labels=("1월", "2월", "3월"),
            kind=Kind.PERCENT,
            series=(Series(title="가용률", values=(0.9, None, 0.99)), Series(title="성공률", values=(1.0, 0.5, 0.0))),
        ),
        Chart(
            key="bars", title="막대", shape="bars", labels=("가", "나"), series=(Series(title="건", values=(1, 200)),)
        ),
        Chart(key="zero", title="0뿐", shape="stacked", labels=("가",), series=(Series(title="건", values=(0,)),)),
        Chart(
            key="rows",
            title="누운 막대",
            shape="rows",
            labels=tuple(HOSTILE[:6]),
            series=(Series(title="시간", values=(5, 4, 3, 2, 1, None)),),
            kind=Kind.HOURS,
        ),
        Heatmap(
            key="heat",
            title="달력",
            rows=("가", HOSTILE[0]),
            columns=("11-14", "11-15"),
            values=((1.0, None), (0.5, 0.0)),
        ),
        Findings(items=(Finding(key="slower", title="느려짐", text="느려졌습니다.", evidence=(text,)),)),
        Findings(items=(), empty="발견된 사항이 없습니다."),
        Timeline(
            title="경과",
            items=(
                Moment(at=NOW, title="장애 발생", text=text, tone="bad"),
                Moment(at=None, title="확인", by="김운영"),
            ),
        ),
        Lines(title="근거 로그", lines=(text, HOSTILE[4], HOSTILE[5], ""), marked=(0,)),
        Facts(
            title="사실",
            items=(("상태", "ERROR", Kind.STATUS), ("시각", NOW, Kind.TIME), (HOSTILE[0], None, Kind.TEXT)),
        ),
    )
    sections = (
        Section(key="summary", title="요약", blocks=blocks[:3], summary=True),
        Section(key="rest", title="나머지", blocks=blocks[3:], new_page=True),
        Section(key="below", title="하위", blocks=(Paragraph(text="끝"),), level=2),
    )
    return Document(
        template="every_block",
        title=HOSTILE[0] if hostile else "모든 블록",
        subtitle="부제",
        language=language,
        timezone="Asia/Seoul",
        period=WEEK,
        organisation="한빛 & <허브>",
        made_at=NOW,
        made_by="ops",
        node="seoul-01",
        sections=sections,
        definitions=(Definition(key="success-rate", title="성공률", text="성공 / 끝난 실행"),),
        summary={"runs": 1, "period": {"start": "2026-11-14", "end": "2026-11-20"}},
    )
