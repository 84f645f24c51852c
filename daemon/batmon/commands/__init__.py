"""The verbs, used alike by the command line and by ``ssh host VERB``."""
