"""Telling people: channels, and the texts that go over them. Knows nothing of incidents, programs or the store."""
