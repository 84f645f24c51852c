"""Incidents, silences, backtests and kinds of error."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "which-incident": ("name an incident by id, or a program", "장애의 번호나 프로그램을 주세요."),
    "never-had-incident": (
        "{program!r:.60} never had an incident",
        "{program:.60}에는 장애가 없었습니다.",
        "batmon incident list --all shows them",
        "`batmon incident list --all`에서 볼 수 있습니다.",
    ),
    "no-incident": (
        "there is no incident {number}",
        "장애 {number}번이 없습니다.",
        "batmon incident list --all shows them",
        "`batmon incident list --all`에서 볼 수 있습니다.",
    ),
    "not-acknowledged": ("nobody has acknowledged incident {number}", "장애 {number}번은 아무도 확인하지 않았습니다."),
    "incident-over": (
        "incident {number} is over",
        "장애 {number}번은 끝났습니다.",
        "the next failure opens it again",
        "다음 실패 때 다시 열립니다.",
    ),
    "backtest-under-way": (
        "a backtest is being made already",
        "다른 모의 점검을 하는 중입니다.",
        "ask again when it has ended",
        "끝난 뒤에 다시 시도하세요.",
    ),
    "probe-not-replayed": (
        "{program} is a probe: only the runs of programs can be replayed",
        "{program}은(는) 점검입니다. 프로그램의 실행만 다시 돌려 볼 수 있습니다.",
    ),
    "no-error-kind": (
        "no kind of error has the id {wanted}",
        "{wanted} 오류 유형이 없습니다.",
        "batmon errors shows them",
        "`batmon errors`에서 볼 수 있습니다.",
    ),
    "what-to-silence": (
        "say what is to be quiet: program, tag or pattern",
        "무엇을 조용히 할지 주세요: program, tag 또는 pattern",
    ),
    "why-silent": (
        "why must be a text of 1 to {most} characters",
        "이유(why)를 1~{most}자로 적으세요.",
        "others will ask why it is quiet",
        "다른 사람이 이유를 물을 수 있습니다.",
    ),
    "bad-rule": ("{why}", "이 값으로는 점검할 수 없습니다: {why}"),
    "no-silence": (
        "there is no silence {number}",
        "알림 중지 {number}번이 없습니다.",
        "batmon incident silences shows them",
        "`batmon incident silences`에서 볼 수 있습니다.",
    ),
    "silence-over": (
        "silence {number} is over already",
        "알림 중지 {number}번은 이미 끝났습니다.",
        "batmon incident silences shows them",
        "`batmon incident silences`에서 볼 수 있습니다.",
    ),
}
