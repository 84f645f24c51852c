"""The tree of files and folders: what is refused, what is not there, what cannot be read; exports and dumps."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "file-swapped": (
        "{path:.250} is refused: another file stands there now",
        "거절했습니다. 그 자리에 다른 파일이 있습니다: {path:.250}",
        "begin again with its first byte",
        "처음부터 다시 받으세요.",
    ),
    "no-program-with-files": (
        "no program with files is called {name!r:.70}",
        "파일을 볼 수 있는 ‘{name:.70}’ 프로그램이 없습니다.",
        "programs: {known}",
        "프로그램: {known}",
    ),
    "not-in-tree": (
        "{path:.250} is not in the tree",
        "파일 목록에 없습니다: {path:.250}",
        "it holds {known}",
        "있는 것: {known}",
    ),
    "not-shown-in-tree": (
        "{path:.250} is not in the tree",
        "파일 목록에 없습니다: {path:.250}",
        "only what the program's log patterns name is shown here",
        "프로그램의 로그 패턴에 맞는 것만 보입니다.",
    ),
    "in-no-folder": (
        "{file!r:.250} lies in no folder of {program}",
        "{program}의 폴더 안에 있지 않습니다: {file:.250}",
        "name its folder in `files`",
        "설정의 files에 그 폴더를 적으세요.",
    ),
    "path-not-for-role": (
        "{path:.250} is refused: {why}",
        "거절했습니다: {path:.250}: {why}",
        "ask an admin",
        "관리자에게 요청하세요.",
    ),
    "no-folder": (
        "folder {path} is not there",
        "폴더가 없습니다: {path}",
        "create it, or correct the configuration",
        "폴더를 만들거나 설정을 고치세요.",
    ),
    "cannot-open-folder": ("cannot open folder {path}: {why}", "폴더를 열 수 없습니다: {path}: {why}"),
    "not-there": (
        "{path!r:.250} is not there",
        "파일이 없습니다: {path:.250}",
        "it may have been renamed or deleted; list the folder again",
        "이름이 바뀌었거나 지워졌을 수 있습니다. 목록을 다시 여세요.",
    ),
    "cannot-read": ("cannot read {path}: {why}", "읽을 수 없습니다: {path}: {why}"),
    "cannot-unpack": (
        "cannot unpack {path}: {error}",
        "압축을 풀 수 없습니다: {path}: {error}",
        "give a text file another name",
        "글자 파일이면 이름을 바꾸세요.",
    ),
    "no-room-to-unpack": (
        "cannot unpack {name}: {why}",
        "압축을 풀 수 없습니다: {name}: {why}",
        "make room on the disk of {folder}",
        "디스크에 자리를 마련하세요: {folder}",
    ),
    "dump-being-made": (
        "another dump is being made now",
        "다른 백업을 만드는 중입니다.",
        "try again when it is done",
        "끝난 뒤에 다시 시도하세요.",
    ),
    "dump-unwritable": ("the dump cannot be written: {why}: {path}", "백업 파일을 쓸 수 없습니다: {why}: {path}"),
    "dump-not-started": ("pg_dump cannot be started: {why}", "pg_dump를 시작할 수 없습니다: {why}"),
    "export-being-made": (
        "another export is being written now",
        "다른 내보내기를 쓰는 중입니다.",
        "try again when it is done",
        "끝난 뒤에 다시 시도하세요.",
    ),
    "folder-is-link": (
        "{path} is a link",
        "링크입니다: {path}",
        "put a folder there: what is made must stay inside it",
        "그 자리에 폴더를 두세요. 만든 파일은 그 안에 있어야 합니다.",
    ),
    "no-exports-folder": (
        "the folder for exports cannot be made: {why}: {path}",
        "내보내기 폴더를 만들 수 없습니다: {why}: {path}",
    ),
    "state-unusable": (
        "{path} cannot be used: {why}",
        "{path}을(를) 쓸 수 없습니다: {why}",
        "see to that disk, or name another state folder with --state",
        "디스크를 확인하거나 --state로 다른 상태 폴더를 지정하세요.",
    ),
    "of-another-user": (
        "{path} belongs to another user",
        "다른 사용자의 파일입니다: {path}",
        "was it started as root before? chown -R the whole of {state} to the user who runs the daemon",
        "전에 root로 시작했나요? {state} 전체를 데몬 사용자로 chown 하세요.",
    ),
    "export-too-slow": (
        "the export took longer than {minutes:.0f} minutes",
        "내보내기가 {minutes:.0f}분보다 오래 걸립니다.",
        "ask for less",
        "더 적게 요청하세요.",
    ),
    "export-failed": ("{why}", "내보내기를 쓰지 못했습니다: {why}"),
    "path-refused": (
        "{path!r:.250} is refused: {why}",
        "거절했습니다: {path:.250}: {why}",
        "only files inside the configured folders can be reached",
        "설정한 폴더 안의 파일만 볼 수 있습니다.",
    ),
    "cannot-open": ("cannot open {path!r:.250}: {why}", "열 수 없습니다: {path:.250}: {why}", "{hint}", "{hint}"),
    "cannot-read-file": ("cannot read {path}: {why}", "읽을 수 없습니다: {path}: {why}", "{hint}", "{hint}"),
    "cannot-read-name": ("cannot read {path!r}: {why}", "읽을 수 없습니다: {path}: {why}"),
    "too-large-to-unpack": (
        "cannot unpack {name}: it holds more than the {most:,} MiB that unpacked logs may take",
        "압축을 풀 수 없습니다: {name}: 압축을 푼 로그에 쓸 수 있는 {most:,}MiB보다 큽니다.",
        "raise unpacked_mb in [logs], or unpack it yourself",
        "[logs] unpacked_mb를 늘리거나 직접 푸세요.",
    ),
}
