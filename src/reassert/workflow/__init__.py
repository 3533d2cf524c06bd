"""The use cases, wired: plan, apply, undo."""
