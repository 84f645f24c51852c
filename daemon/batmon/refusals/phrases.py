"""What BATMON itself says as the ``why`` of a sentence, in Korean; what others say stays as they say it."""

from __future__ import annotations

import re
from collections.abc import Mapping

PHRASES: Mapping[str, str] = {
    "it is absolute": "절대 경로입니다",
    "it is absolute on Windows": "Windows의 절대 경로입니다",
    "it leaves its folder by '..'": "‘..’로 폴더 밖으로 나갑니다",
    "it leaves its folder by '..\\'": "‘..\\’로 폴더 밖으로 나갑니다",
    "it is more than {n} levels deep": "{n}단계보다 깊습니다",
    "it holds an empty name": "빈 이름이 들어 있습니다",
    "it holds a NUL": "NUL 문자가 들어 있습니다",
    "a name holds no '/'": "이름에는 ‘/’를 쓸 수 없습니다",
    "a name holds no '\\'": "이름에는 ‘\\’를 쓸 수 없습니다",
    "it holds a name of more than {n} bytes": "{n}바이트보다 긴 이름이 있습니다",
    "it holds a name of more than {n} characters": "{n}자보다 긴 이름이 있습니다",
    "it names another machine (UNC)": "다른 컴퓨터를 가리킵니다(UNC)",
    "it names a drive": "드라이브를 가리킵니다",
    "it names a drive or a hidden stream": "드라이브나 숨은 스트림을 가리킵니다",
    "it names a device": "장치를 가리킵니다",
    "a name does not end with a dot or a blank": "이름은 점이나 빈칸으로 끝날 수 없습니다",
    "it is not a regular file": "일반 파일이 아닙니다",
    "it is a hard link: the file has {n} names, and another may lie outside": (
        "하드 링크입니다. 이름이 {n}개이고 다른 이름은 밖에 있을 수 있습니다"
    ),
    "it is a link, and links are not followed here": "링크입니다. 링크는 따라가지 않습니다",
    "a link is on the way, and links are not followed here": "가는 길에 링크가 있습니다. 링크는 따라가지 않습니다",
    "a name on the way is no folder": "가는 길에 폴더가 아닌 것이 있습니다",
    "it is a FIFO, not a regular file": "일반 파일이 아니라 FIFO입니다",
    "it is a folder, not a file": "파일이 아니라 폴더입니다",
    "it is a character device, not a regular file": "일반 파일이 아니라 문자 장치입니다",
    "it is a block device, not a regular file": "일반 파일이 아니라 블록 장치입니다",
    "it is a socket, not a regular file": "일반 파일이 아니라 소켓입니다",
    "it is no regular file any more": "이제 일반 파일이 아닙니다",
    "it is there already": "이미 있습니다",
    "it leads elsewhere": "다른 곳으로 이어집니다",
    "it lies in a file system of the kernel's own, such as /proc": "/proc 같은 커널의 파일 시스템에 있습니다",
    "a path of the tree begins with '/'": "경로는 ‘/’로 시작해야 합니다",
    "it is BATMON's own folder, with its keys and its database": "키와 데이터베이스가 있는 BATMON의 폴더입니다",
    "names that begin with a dot are for admins: such files hold keys and passwords": (
        "점으로 시작하는 이름은 관리자만 볼 수 있습니다. 키와 비밀번호가 든 파일이기 때문입니다"
    ),
    "a dump of the database is for admins": "데이터베이스 백업은 관리자만 받을 수 있습니다",
    "pictures of the server's screen are for admins": "서버의 화면은 관리자만 볼 수 있습니다",
    "give the daemon's user the right to read it": "데몬의 사용자에게 읽을 권한을 주세요",
    "it may have been rotated away or deleted; list the program's files again": (
        "새 로그로 바뀌었거나 지워졌을 수 있습니다. 파일 목록을 다시 여세요"
    ),
    "name the link's target itself in `logs`": "설정의 logs에 링크가 가리키는 곳을 적으세요",
    "its desktop is Wayland, which lets nobody look": "Wayland라서 아무도 볼 수 없습니다",
    "no X display is known": "X 화면을 모릅니다",
    "viewer": "조회자",
    "operator": "운영자",
    "admin": "관리자",
    "it is the current log: the program writes here (force deletes it all the same)": (
        "프로그램이 지금 쓰고 있는 로그입니다(그래도 지우려면 force)"
    ),
    "a process has it open for writing (force deletes it all the same)": (
        "어떤 프로세스가 쓰려고 열어 둔 로그입니다(그래도 지우려면 force)"
    ),
    "the comparison": "비교",
    "the backtest": "모의 점검",
    "is the machine busy? try again": "서버가 바쁜가요? 다시 시도하세요",
    "--since with a shorter time": "--since로 기간을 줄이세요",
    "it was deleted just now": "방금 지워졌습니다",
    "it was swapped for another file while it was being opened": "여는 동안 다른 파일로 바뀌었습니다",
}
"""The phrase in English -> in Korean; ``{n}`` stands for its number."""

_NUMBER = re.compile(r"\d+")


def in_korean(phrase: str) -> str:
    """The phrase in Korean if it is one of BATMON's own, else as it is."""
    number = _NUMBER.search(phrase)
    known = PHRASES.get(phrase if number is None else _NUMBER.sub("{n}", phrase, count=1))
    return phrase if known is None else known.format(n=number.group() if number else "")
