"""What the picture of the server's screen says, in Korean."""

WORDS = {
    "capture.title": "{node} 화면",
    "capture.taking": "화면을 캡처하는 중…",
    "capture.facts": "{width} x {height}   {size}   {path}",
    "capture.admins": "서버 화면 캡처는 관리자만 할 수 있습니다",
    "capture.broken": "여기서는 그림을 표시할 수 없습니다. 파일은 저장되었습니다",
    "capture.again": "다시 캡처",
    "palette.capture": "서버 화면 캡처",
    "palette.capture.help": "지금 서버 바탕화면에 보이는 것. /exports/captures 아래에 저장됩니다",
}
