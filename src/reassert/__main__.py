"""``python -m reassert``."""

from reassert.cli import main

main()
