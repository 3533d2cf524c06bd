"""The one exception that use cases raise for what the user has to put right."""

from __future__ import annotations


class UsageError(Exception):
    """What was asked for cannot be done; the message says what to do, and nothing was written."""
