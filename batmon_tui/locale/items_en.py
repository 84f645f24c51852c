"""What the list of a run's items says, in English."""

WORDS = {
    "items.title": "{n} items",
    "items.title.one": "1 item",
    "items.bad": "{n} failed",
    "items.good": "all well",
    "items.processed": "processed {n}",
    "items.failed": "failed {n}",
    "items.running": "{n} running",
    "items.some": "the first {n} are shown",
    "items.col.account": "item",
    "items.col.processed": "processed",
    "items.col.failed": "failed",
    "items.col.took": "took",
    "items.col.error": "error",
    "items.no_error": "no error",
    "key.items": "items",
    "key.details": "run, items",
}
