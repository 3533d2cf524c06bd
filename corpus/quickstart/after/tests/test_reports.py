import datetime
import os
from unittest import mock
from unittest.mock import patch

import pytest
from stockroom import Item, Shelf, reports


class TestTitle:
    @pytest.fixture(autouse=True)
    def _setup(self, request):
        patcher = mock.patch("stockroom.reports.today", return_value=datetime.date(2009, 2, 13))
        self.today = patcher.start()
        request.addfinalizer(patcher.stop)
        self.shelf = Shelf()

    def test_today(self):
        assert reports.title(self.shelf) == "0 items on 2009-02-13"
        self.today.assert_called_once_with()

    def test_another_day(self):
        assert (
            reports.title(self.shelf, datetime.date(2010, 1, 1))
            == "0 items on 2010-01-01"
        )
        assert not self.today.called


class TestFolder:
    @patch("stockroom.reports.os.getcwd", return_value="/srv")
    @patch.dict(os.environ, clear=True)
    def test_current_folder(self, getcwd):
        assert reports.target_folder() == "/srv"
        assert getcwd.call_count == 1

    def test_environment(self):
        with patch.dict(os.environ, {"STOCKROOM_REPORTS": "/reports"}):
            assert reports.target_folder() == "/reports"


class TestCsv:
    expected = """\
sku;name
BLT-0001;bolt
NUT-0001;nut
"""

    def test_sorted(self):
        shelf = Shelf()
        for sku, name in [("NUT-0001", "nut"), ("BLT-0001", "bolt")]:
            shelf.add(Item(sku, name))
        assert reports.as_csv(shelf) == self.expected
        assert reports.as_csv(shelf).count("\n") == 3, """three lines,
        the header is one of them"""
