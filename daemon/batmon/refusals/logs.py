"""Logs and their runs: reading, searching, comparing, deleting."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "log-compressed": (
        "{path} is compressed: nothing is added to it",
        "압축된 파일에는 새 줄이 더해지지 않습니다: {path}",
        "follow the newest file of the log",
        "로그의 최신 파일을 보세요.",
    ),
    "text-or-level": ("log.find needs either text or level", "찾을 글자(text)와 수준(level) 중 하나만 주세요."),
    "not-its-log": (
        "{path!r:.250} is refused: it is no log of {program}",
        "거절했습니다. {program}의 로그가 아닙니다: {path:.250}",
        "batmon logs {program} --files shows them",
        "`batmon logs {program} --files`에서 볼 수 있습니다.",
    ),
    "no-program-with-logs": (
        "no program with logs is called {name!r:.70}",
        "‘{name:.70}’에는 BATMON이 아는 로그가 없습니다.",
    ),
    "no-run-to-compare": (
        "{program} has no run whose lines could be compared",
        "{program}에는 줄을 비교할 수 있는 실행이 없습니다.",
    ),
    "no-good-run": (
        "{program} has no good run before that one whose lines are known",
        "{program}: 그 전에 성공한 실행 중 줄을 알 수 있는 것이 없습니다.",
        "name a run to compare with",
        "비교할 실행을 직접 고르세요.",
    ),
    "counting-given-up": ("the counting was given up", "세는 일이 중단되었습니다."),
    "no-times-in-logs": (
        "no line of these logs says when it was written",
        "이 로그에는 시각이 적힌 줄이 없습니다.",
        "say start and end",
        "start와 end를 주세요.",
    ),
    "strange-cursor": (
        "cursor is not one that log.merged gave",
        "log.merged가 준 위치(cursor)가 아닙니다.",
        "begin again with a time or the end",
        "시각이나 끝에서 다시 시작하세요.",
    ),
    "run-not-in-logs": (
        "nothing of run {run} stands in a log",
        "실행 {run}의 줄이 로그에 없습니다.",
        "go to its time instead",
        "그 실행의 시각으로 가 보세요.",
    ),
    "run-log-gone": (
        "the log of run {run} is not there any more",
        "실행 {run}의 로그가 이제 없습니다.",
        "it was {path}",
        "파일: {path}",
    ),
    "log-gone": ("that log file of {program} is not there any more", "{program}의 그 로그 파일이 이제 없습니다."),
    "no-log-file": (
        "{path!r:.200} is no log file of {program}",
        "{program}의 로그 파일이 아닙니다: {path:.200}",
        "batmon logs {program} --files shows them",
        "`batmon logs {program} --files`에서 볼 수 있습니다.",
    ),
    "no-logs-known": (
        "{program} has no log that BATMON knows of: it records its own runs",
        "{program}은(는) 스스로 기록하는 프로그램이라 BATMON이 아는 로그가 없습니다.",
        "give it a [[programs]] table in the configuration, with base_dir and logs",
        "설정에 [[programs]]를 만들고 base_dir과 logs를 적으세요.",
    ),
    "no-logs-yet": (
        "{program} has no log file yet",
        "{program}의 로그 파일이 아직 없습니다.",
        "looked for {known} below {base_dir}",
        "찾은 곳: {base_dir} 아래 {known}",
    ),
    "not-followed": ("no program named {program!r} is followed", "‘{program}’ 프로그램은 보고 있지 않습니다."),
    "cannot-compress": ("cannot compress {path!r:.250}: {why}", "압축할 수 없습니다: {path:.250}: {why}"),
    "no-pattern-names-it": (
        "{path!r:.250} is refused: no log pattern of {program} names it",
        "거절했습니다. {program}의 어느 로그 패턴에도 맞지 않습니다: {path:.250}",
        "batmon logs NAME --files shows its logs",
        "`batmon logs 이름 --files`에서 볼 수 있습니다.",
    ),
    "file-replaced": (
        "{name!r:.250} is refused: another file took its place meanwhile",
        "거절했습니다. 그사이 다른 파일로 바뀌었습니다: {name:.250}",
    ),
    "archive-in-the-way": (
        "{packed!r:.250} is there already, with other content",
        "내용이 다른 압축 파일이 이미 있습니다: {packed:.250}",
    ),
    "archive-incomplete": (
        "{name!r:.250} stays as it is: its archive does not hold what it should",
        "압축 파일의 내용이 맞지 않아 그대로 둡니다: {name:.250}",
    ),
    "written-meanwhile": (
        "{path!r:.250} stays as it is: it was written to meanwhile",
        "그사이 새로 쓰여서 그대로 둡니다: {path:.250}",
    ),
    "search-not-started": ("the search could not be started: {why}", "검색을 시작하지 못했습니다: {why}"),
    "search-ended": (
        "the search ended without an answer",
        "검색이 답 없이 끝났습니다.",
        "try again, or search for a plain text",
        "다시 시도하거나 정규식 없이 찾으세요.",
    ),
    "bad-regex": ("not a regular expression: {regex!r:.200}: {why}", "정규식이 아닙니다: {regex:.200}: {why}"),
    "slow-regex": (
        "the regular expression {regex!r:.200} takes too long",
        "정규식이 너무 오래 걸립니다: {regex:.200}",
        "avoid a repetition inside a repetition, such as (a+)+",
        "(a+)+처럼 반복 안에 반복을 넣지 마세요.",
    ),
    "nothing-to-find": (
        "nothing to search for",
        "찾을 것이 없습니다.",
        "give a text, or ask for errors only",
        "글자를 적거나 오류만 찾으세요.",
    ),
    "pattern-too-long": (
        "a pattern has up to {most:,} characters, this one has {count:,}",
        "찾을 글자는 {most:,}자까지입니다. 지금은 {count:,}자입니다.",
    ),
    "pattern-of-lines": (
        "a pattern is one line: no line of a log holds a line end",
        "찾을 글자는 한 줄이어야 합니다. 로그의 줄에는 줄바꿈이 없습니다.",
    ),
}
