"""Reports for people and for spreadsheets."""

import datetime
import os


def today():
    return datetime.date.today()


def title(shelf, day=None):
    """The first line of a report."""
    return f"{len(shelf)} items on {day or today():%Y-%m-%d}"


def as_csv(shelf, newline="\n"):
    """One row an item, sorted by SKU."""
    rows = ["sku;name"] + [f"{sku};{name}" for sku, name in sorted(shelf.as_rows())]
    return newline.join(rows) + newline


def target_folder():
    """Where reports go."""
    return os.environ.get("STOCKROOM_REPORTS") or os.getcwd()
