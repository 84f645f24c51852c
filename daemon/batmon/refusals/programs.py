"""Programs and their runs: which there are, and starting or stopping them by hand."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "no-program": (
        "no program is called {name!r:.80}",
        "‘{name:.80}’ 프로그램이 없습니다.",
        "programs: {known}",
        "프로그램: {known}",
    ),
    "no-program-to-replay": (
        "no program is called {name!r:.60}",
        "‘{name:.60}’ 프로그램이 없습니다.",
        "a program of the configuration: probes have no runs that could be replayed",
        "설정에 있는 프로그램을 고르세요. 점검에는 다시 돌려 볼 실행이 없습니다.",
    ),
    "no-probe": (
        "no probe is called {name!r}",
        "‘{name}’ 점검이 없습니다.",
        "only probes can be looked at",
        "프로그램이 아니라 점검만 지금 살펴볼 수 있습니다.",
    ),
    "no-rerun-to-stop": (
        "no re-run of {name} is running",
        "실행 중인 {name} 재실행이 없습니다.",
        "BATMON stops only what it started",
        "BATMON이 시작한 것만 중지합니다.",
    ),
    "rerun-not-here": ("no re-run {run_id} is running here", "재실행 {run_id}은(는) 여기에서 실행 중이 아닙니다."),
    "no-output": ("no output is kept for run {run_id}", "실행 {run_id}의 출력이 남아 있지 않습니다."),
    "no-rerun-command": (
        "{program} has no re-run command",
        "{program}에는 재실행 명령이 없습니다.",
        "set `rerun = [...]` for it in the configuration",
        "설정에 rerun = [...]을 적으세요.",
    ),
    "running-already": (
        "{program} is running already",
        "{program}: 이미 실행 중입니다.",
        "stop it first, or force a second one (--force)",
        "먼저 중지하거나 --force로 하나 더 시작하세요.",
    ),
    "output-unwritable": (
        "could not start {program}: {folder} cannot be written: {why}",
        "{program}을(를) 시작하지 못했습니다. {folder}에 쓸 수 없습니다: {why}",
    ),
    "start-failed": (
        "could not start {program}: {error}",
        "{program}을(를) 시작하지 못했습니다: {error}",
        "the command was {argv!r}",
        "명령: {argv}",
    ),
    "strange-parameter": (
        "{program} takes no parameter {name!r}",
        "{program}에는 매개변수 ‘{name}’이(가) 없습니다.",
        "parameters: {known}",
        "매개변수: {known}",
    ),
    "parameter-not-allowed": (
        "{name}={value!r:.200} is not allowed",
        "허용되지 않는 값입니다: {name}={value:.200}",
        "it must match {pattern}",
        "이 형식에 맞아야 합니다: {pattern}",
    ),
    "parameter-missing": (
        "{program} needs the parameter {name!r}",
        "{program}에는 매개변수 ‘{name}’이(가) 필요합니다.",
        "give --param {name}=VALUE",
        "--param {name}=값",
    ),
    "no-run-by-number": (
        "no run has the id {number}",
        "번호가 {number}인 실행이 없습니다.",
        "`batmon runs PROGRAM` shows them",
        "`batmon runs 프로그램`에서 볼 수 있습니다.",
    ),
    "no-log-id": (
        "log_id must be a number of rpa_execution_logs, not {number!r}",
        "log_id 값은 rpa_execution_logs의 번호여야 합니다: {number}",
    ),
    "no-run": (
        "there is no run {name:.60}",
        "실행 {name:.60}이(가) 없습니다.",
        "batmon runs PROGRAM lists them",
        "`batmon runs 프로그램`에서 볼 수 있습니다.",
    ),
    "no-run-name": (
        "{value!r:.60} is neither the number nor the id of a run",
        "실행의 번호도 id도 아닙니다: {value:.60}",
    ),
    "no-run-of": (
        "{program} has no run {value!r:.60}",
        "{program}에 실행 {value:.60}이(가) 없습니다.",
        "batmon runs {program} shows them",
        "`batmon runs {program}`에서 볼 수 있습니다.",
    ),
    "not-ended": (
        "{count} processes of {program} could not be ended",
        "{program}의 프로세스 {count}개를 끝내지 못했습니다.",
        "pids {pids}",
        "pid {pids}",
    ),
}
