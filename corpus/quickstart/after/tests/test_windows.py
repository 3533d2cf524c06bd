import pytest
from stockroom import Item, Shelf
from stockroom.reports import as_csv


class TestWindowsReport:
    """Edited on Windows since 2011."""

    @pytest.fixture(autouse=True)
    def _setup(self):
        self.shelf = Shelf()
        self.shelf.add(Item("BLT-0001", "bolt"))
        self.text = as_csv(self.shelf, newline="\r\n")

    def test_line_ends(self):
        assert self.text == (
            "sku;name\r\n"
            "BLT-0001;bolt\r\n"
        )
        assert self.text.count("\r") == 2

    def test_docstring_line_ends(self):
        text = """one
two"""
        assert len(text.splitlines()) == 2
