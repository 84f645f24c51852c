"""How consoles and scripts reach the daemon: the protocol, its local socket, roles and the operation password."""
