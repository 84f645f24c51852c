"""What the console says about logs that are to go, in English."""

WORDS = {
    "files.key.delete": "delete",
    "delete.title": "Delete {name}",
    "delete.words": "A log of {program}. It cannot be brought back; the audit trail keeps who deleted it.",
    "delete.force": "although the program writes to it",
    "delete.delete": "Delete",
    "delete.asking": "deleting…",
    "delete.done": "deleted: {path}",
    "delete.only_logs": "only log files can be deleted here",
}
