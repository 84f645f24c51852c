"""What the list of a run's items says, in Korean."""

WORDS = {
    "items.title": "처리 대상 {n}개",
    "items.title.one": "처리 대상 1개",
    "items.bad": "{n}개 실패",
    "items.good": "모두 정상",
    "items.processed": "처리 {n}건",
    "items.failed": "실패 {n}건",
    "items.running": "{n}개 실행 중",
    "items.some": "처음 {n}개만 표시",
    "items.col.account": "처리 대상",
    "items.col.processed": "처리",
    "items.col.failed": "실패",
    "items.col.took": "소요",
    "items.col.error": "오류",
    "items.no_error": "오류 없음",
    "key.items": "처리 대상",
    "key.details": "실행 ↔ 처리 대상",
}
