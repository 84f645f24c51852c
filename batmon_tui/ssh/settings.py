"""What the console process is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The command line of the console process; times are seconds."""

    state: Path
    host: str = "127.0.0.1"
    port: int = 8022
    language: str = "auto"
    app: str = "batmon_tui.app:BatmonApp"
    max_sessions: int = 100
    sessions_per_worker: int = 25
    max_unauthenticated: int = 20
    max_unauthenticated_per_address: int = 8
    max_keys: int = 6
    login_timeout: float = 20.0
    stall_limit: float = 60.0
    silent_limit: float = 30.0
    """How long a worker may say nothing before it counts as hung and is killed."""
    recycle_after: int = 500
    """Connections after which a worker gets no more, and ends with the last of them."""
    keepalive: float = 15.0
    """How often a client that is silent is asked whether it is there; after three questions it is cut off."""
    fork: bool = True

    @property
    def host_key(self) -> Path:
        """Where the server's own private key is kept."""
        return self.state / "ssh_host_ed25519_key"

    @property
    def authorized_keys(self) -> Path:
        """Who may come in."""
        return self.state / "authorized_keys"
