"""Files at the gate: the read-only tree, previews of what lies in it, and exports made to be fetched."""
