"""Duties on the move: automations, events and inboxes, and the steps that all three do."""
