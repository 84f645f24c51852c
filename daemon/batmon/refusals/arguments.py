"""What is wrong with an argument: its kind, its length, its place among those that are known."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "must-be-names": ("{key} must be a list of names", "{key} 값은 이름의 목록이어야 합니다."),
    "must-be-one-of": ("{key} must be one of {known}", "{key} 값은 다음 중 하나여야 합니다: {known}"),
    "must-be-up-to": (
        "{key} must be a whole number from 1 to {most:,}",
        "{key} 값은 1부터 {most:,}까지의 정수여야 합니다.",
    ),
    "must-be-texts-by-name": ("{key} must map names to texts", "{key} 값은 이름마다 글자로 주어야 합니다."),
    "must-be-whole": ("{key} must be a whole number, 0 or more", "{key} 값은 0 이상의 정수여야 합니다."),
    "must-be-text": ("{key} must be a text", "{key} 값은 글자여야 합니다."),
    "must-be-texts": ("{key} must be a list of texts", "{key} 값은 글자의 목록이어야 합니다."),
    "not-a-run-id": ("{key} {value!r:.60} is not a run's id", "{key} 값이 실행의 id가 아닙니다: {value:.60}"),
    "must-be-time": (
        "{key} must be a time such as 2026-11-21T06:00:00+09:00",
        "{key} 값은 2026-11-21T06:00:00+09:00 같은 시각이어야 합니다.",
    ),
    "must-be-id": ("{key} must be the id of {what}", "{key} 값은 번호(id)여야 합니다."),
    "must-be-error-id": ("{key} must be 16 hexadecimal digits", "{key} 값은 16자리 16진수여야 합니다."),
    "text-too-long": (
        "{key} must be a text of up to {most:,} characters",
        "{key} 값은 {most:,}자까지의 글자여야 합니다.",
    ),
    "too-much-at-once": ("{key} must be at most {most:,}", "{key} 값은 {most:,}까지입니다."),
    "holds-a-nul": ("{key} holds a NUL", "{key} 값에 NUL 문자가 있습니다."),
    "must-be-seconds": ("{key} must be a number of seconds, at most a year", "{key} 값은 1년까지의 초여야 합니다."),
    "must-be-bool": ("{key} must be true or false", "{key} 값은 true 또는 false여야 합니다."),
    "too-many-names": (
        "{key} must be a list of at most {most:,} names",
        "{key} 값은 이름 {most:,}개까지의 목록이어야 합니다.",
    ),
    "must-be-object": ("{key} must be an object", "{key} 값은 JSON 객체여야 합니다."),
    "ids-or-all": ("say either ids or all", "ids와 all 중 하나만 주세요."),
    "too-many-numbers": ("{key} must be up to {most} numbers of entries", "{key} 값은 번호 {most}개까지여야 합니다."),
    "no-language": ("language must be ko or en, not {text!r:.40}", "언어는 ko 또는 en이어야 합니다: {text:.40}"),
    "text-not-printable": (
        "{key} must be a text of at most {most} printable characters",
        "{key} 값은 {most}자까지의 보이는 글자여야 합니다.",
    ),
}
