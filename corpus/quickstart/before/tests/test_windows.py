import unittest

from stockroom import Item, Shelf
from stockroom.reports import as_csv


class WindowsReportTests(unittest.TestCase):
    """Edited on Windows since 2011."""

    def setUp(self):
        self.shelf = Shelf()
        self.shelf.add(Item("BLT-0001", "bolt"))
        self.text = as_csv(self.shelf, newline="\r\n")

    def test_line_ends(self):
        self.assertEqual(self.text,
                         "sku;name\r\n"
                         "BLT-0001;bolt\r\n")
        self.assertEqual(self.text.count("\r"), 2)

    def test_docstring_line_ends(self):
        text = """one
two"""
        self.assertEqual(len(text.splitlines()), 2)


if __name__ == "__main__":
    unittest.main()
