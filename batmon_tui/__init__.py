"""Everything of BATMON that a person looks at: the console, and the SSH server that hands it out."""
