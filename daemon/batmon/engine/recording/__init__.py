"""Runs that programs record themselves: taken in, made durable, and watched until they end."""
