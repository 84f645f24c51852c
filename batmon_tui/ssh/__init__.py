"""The console over SSH: one server process that shows the Textual app on channels, and runs verbs on them."""
