"""What is asked of a report: which one, about what, in which form."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "run-not-ended": (
        "the run {run} has not ended",
        "실행 {run}이(가) 아직 끝나지 않았습니다.",
        "make its report when it has",
        "끝난 뒤에 보고서를 만드세요.",
    ),
    "which-run": (
        "which run? name it by its number or its id",
        "어느 실행입니까? 번호나 id를 주세요.",
        "batmon runs PROGRAM lists them",
        "`batmon runs 프로그램`에서 볼 수 있습니다.",
    ),
    "no-report-template": (
        "no template is called {name!r:.80}",
        "‘{name:.80}’ 보고서가 없습니다.",
        "there are {known}",
        "보고서: {known}",
    ),
    "about-one-run": (
        "{template} is about one run",
        "{template} 보고서는 실행 하나에 대한 것입니다.",
        "name it: --run, with its id or log_id",
        "--run으로 실행의 번호나 id를 주세요.",
    ),
    "no-such-format": (
        "{template} is not made as {format!r:.40}",
        "{template} 보고서는 {format:.40} 형식으로 만들지 않습니다.",
        "formats: {known}",
        "형식: {known}",
    ),
    "run-has-no-period": (
        "{template} is about one run and has no period",
        "{template} 보고서는 실행 하나에 대한 것이라 기간이 없습니다.",
    ),
    "not-about-a-run": (
        "{template} is not about one run",
        "{template} 보고서는 실행 하나에 대한 것이 아닙니다.",
        "leave --run out",
        "--run을 빼세요.",
    ),
    "not-about-an-incident": (
        "{template} is not about one incident",
        "{template} 보고서는 장애 하나에 대한 것이 아닙니다.",
        "leave --incident out",
        "--incident를 빼세요.",
    ),
    "incident-as-a-whole": (
        "one incident is told as a whole",
        "장애 하나는 통째로 봅니다.",
        "name it alone, without days and programs",
        "날짜와 프로그램 없이 장애만 주세요.",
    ),
    "not-of-some-programs": (
        "{template} is not made of some programs alone",
        "{template} 보고서는 일부 프로그램만으로 만들 수 없습니다.",
        "leave --program out",
        "--program을 빼세요.",
    ),
    "no-pattern": ("programs: {glob!r:.60} is no name or pattern", "프로그램의 이름도 패턴도 아닙니다: {glob:.60}"),
    "no-figures": (
        "nothing is known of a program {name!r:.60} in this period",
        "이 기간에 ‘{name:.60}’ 프로그램의 기록이 없습니다.",
        "batmon stats shows those that are",
        "`batmon stats`에서 있는 프로그램을 볼 수 있습니다.",
    ),
    "too-many-bots": (
        "runs of more than {most:,} names are in the database: the figures of so many cannot be shown",
        "데이터베이스에 이름이 {most:,}개가 넘는 실행이 있어 통계를 낼 수 없습니다.",
        "somebody makes names up: remove those runs from rpa_execution_logs, and what they came to follows",
        "누군가 이름을 지어내고 있습니다. rpa_execution_logs에서 그 실행을 지우면 통계도 따라 바뀝니다.",
    ),
    "run-report-by-hand": (
        "{template} is about one run",
        "{template} 보고서는 실행 하나에 대한 것입니다.",
        "batmon report generate makes it",
        "batmon report generate로 만드세요.",
    ),
    "programs-meant": (
        "no program is called {name!r:.80}",
        "‘{name:.80}’ 프로그램이 없습니다.",
        "did you mean {near}?",
        "혹시 이것인가요? {near}",
    ),
    "report-meant": (
        "no report is called {name!r:.110}",
        "‘{name:.110}’ 보고서가 없습니다.",
        "did you mean {near!r}?",
        "혹시 이것인가요? {near}",
    ),
    "no-report-called": (
        "no report is called {name!r:.110}",
        "‘{name:.110}’ 보고서가 없습니다.",
        "templates: {known}",
        "보고서: {known}",
    ),
    "too-many-programs": (
        "{count} programs are named, and {most} are taken",
        "프로그램이 {count}개입니다. {most}개까지 쓸 수 있습니다.",
        "write a pattern, such as fund_*",
        "fund_* 같은 패턴을 쓰세요.",
    ),
    "step-not-of-some-programs": (
        "{template} is not made of some programs alone",
        "{template} 보고서는 일부 프로그램만으로 만들 수 없습니다.",
        'leave "programs" out',
        "programs를 빼세요.",
    ),
}
