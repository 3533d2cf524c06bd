import datetime
import os
import unittest
from unittest import mock
from unittest.mock import patch

from stockroom import Item, Shelf, reports


class TitleTest(unittest.TestCase):
    def setUp(self):
        patcher = mock.patch("stockroom.reports.today", return_value=datetime.date(2009, 2, 13))
        self.today = patcher.start()
        self.addCleanup(patcher.stop)
        self.shelf = Shelf()

    def test_today(self):
        self.assertEqual(reports.title(self.shelf), "0 items on 2009-02-13")
        self.today.assert_called_once_with()

    def test_another_day(self):
        self.assertEqual(
            reports.title(self.shelf, datetime.date(2010, 1, 1)), "0 items on 2010-01-01"
        )
        self.assertFalse(self.today.called)


class FolderTest(unittest.TestCase):
    @patch("stockroom.reports.os.getcwd", return_value="/srv")
    @patch.dict(os.environ, clear=True)
    def test_current_folder(self, getcwd):
        self.assertEqual(reports.target_folder(), "/srv")
        self.assertEqual(getcwd.call_count, 1)

    def test_environment(self):
        with patch.dict(os.environ, {"STOCKROOM_REPORTS": "/reports"}):
            self.assertEqual(reports.target_folder(), "/reports")


class CsvTest(unittest.TestCase):
    expected = """\
sku;name
BLT-0001;bolt
NUT-0001;nut
"""

    def test_sorted(self):
        shelf = Shelf()
        for sku, name in [("NUT-0001", "nut"), ("BLT-0001", "bolt")]:
            shelf.add(Item(sku, name))
        self.assertEqual(reports.as_csv(shelf), self.expected)
        self.assertEqual(reports.as_csv(shelf).count("\n"), 3, """three lines,
        the header is one of them""")


if __name__ == "__main__":
    unittest.main()
