"""The only room that knows Postgres: the embedded server, the schema, and the store above them."""

from batmon.store.embedded import EmbeddedPostgres
from batmon.store.shapes import AuditEntry, Cursor, ErrorSeen, Judgement, StoredState
from batmon.store.store import Store

__all__ = ["AuditEntry", "Cursor", "EmbeddedPostgres", "ErrorSeen", "Judgement", "Store", "StoredState"]
