"""Starts test suites in processes of their own, in a copy of the project, and reads back what happened."""
