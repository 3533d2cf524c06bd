import os
import tempfile
import unittest

import pytest
from stockroom import Ledger, LedgerClosed, OutOfStock

SKU = "BLT-0001"


def setup_module():
    os.environ["STOCKROOM_MODE"] = "test"


def teardown_module():
    del os.environ["STOCKROOM_MODE"]


class LedgerAssertions:
    """A mixin with the checks that several classes share."""

    def assertStock(self, count, sku=SKU, msg=None):
        assert self.ledger.count(sku) == count, msg


class LedgerTestBase(LedgerAssertions):
    """Every test starts with five bolts."""

    start = 5

    @pytest.fixture(autouse=True)
    def _setup_ledger_test_base(self):
        self.ledger = Ledger()
        self.ledger.receive(SKU, self.start)


class TestReceive(LedgerTestBase):
    def test_receive(self):
        assert self.ledger.receive(SKU) == 6
        self.assertStock(6)

    def test_mode(self):
        assert os.environ.get("STOCKROOM_MODE") == "test"

    def test_other_items_are_not_counted(self):
        self.ledger.receive("NUT-0001", 3)
        self.assertStock(self.start, msg="bolts are bolts")
        self.assertStock(3, "NUT-0001")


class TestShip(LedgerTestBase):
    start = 2

    @pytest.fixture(autouse=True)
    def _setup_ship(self, _setup_ledger_test_base):
        self.ledger.receive("NUT-0001")

    def test_ship(self):
        self.ledger.ship(SKU)
        self.assertStock(1)
        assert self.ledger.history()[-1] == (SKU, -1)

    def test_out_of_stock(self):
        with pytest.raises(OutOfStock) as caught:
            self.ledger.ship(SKU, 5)
        error = caught.value
        assert (error.sku, error.missing) == (SKU, 3)
        self.assertStock(2, msg="a failed shipment moves nothing")

    def test_withdraw_is_deprecated(self):
        with pytest.warns(DeprecationWarning):
            self.ledger.withdraw(SKU)
        with pytest.warns(DeprecationWarning, match="now ship"):
            self.ledger.withdraw(SKU)
        self.assertStock(0)

    def test_log(self):
        with unittest.TestCase().assertLogs("stockroom.ledger", level="WARNING") as logs:
            with pytest.raises(OutOfStock):
                self.ledger.ship(SKU, count=99)
        assert logs.output == ["WARNING:stockroom.ledger:cannot ship 99 of BLT-0001"]


class TestLedgerFile:
    @classmethod
    def setup_class(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "ledger.txt")
        ledger = Ledger(cls.path)
        ledger.receive(SKU, 10)
        ledger.ship(SKU, 4)
        ledger.close()
        cls.ledger = ledger

    @classmethod
    def teardown_class(cls):
        cls.folder.cleanup()

    def test_file(self):
        with open(self.path, encoding="utf-8") as lines:
            assert lines.read().splitlines() == [f"{SKU} +10", f"{SKU} -4"]

    def test_closed(self):
        assert self.ledger.closed
        with pytest.raises(LedgerClosed):
            self.ledger.receive(SKU)
        try:
            self.ledger.receive(SKU)
        except LedgerClosed:
            pass
        else:
            pytest.fail("a closed ledger took a movement")
