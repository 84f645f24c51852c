"""What the console says about logs that are to go, in Korean."""

WORDS = {
    "files.key.delete": "삭제",
    "delete.title": "{name} 삭제",
    "delete.words": "{program}의 로그입니다. 되돌릴 수 없으며, 누가 삭제했는지 감사 기록에 남습니다.",
    "delete.force": "프로그램이 쓰고 있어도 삭제",
    "delete.delete": "삭제",
    "delete.asking": "삭제하는 중…",
    "delete.done": "삭제함: {path}",
    "delete.only_logs": "여기서는 로그 파일만 삭제할 수 있습니다",
}
