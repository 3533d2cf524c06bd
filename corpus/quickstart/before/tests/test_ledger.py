import os
import tempfile
import unittest

from stockroom import Ledger, LedgerClosed, OutOfStock

SKU = "BLT-0001"


def setUpModule():
    os.environ["STOCKROOM_MODE"] = "test"


def tearDownModule():
    del os.environ["STOCKROOM_MODE"]


class LedgerAssertions:
    """A mixin with the checks that several classes share."""

    def assertStock(self, count, sku=SKU, msg=None):
        self.assertEqual(self.ledger.count(sku), count, msg)


class LedgerTestBase(LedgerAssertions, unittest.TestCase):
    """Every test starts with five bolts."""

    start = 5

    def setUp(self):
        super(LedgerTestBase, self).setUp()
        self.ledger = Ledger()
        self.ledger.receive(SKU, self.start)


class ReceiveTest(LedgerTestBase):
    def test_receive(self):
        self.assertEqual(self.ledger.receive(SKU), 6)
        self.assertStock(6)

    def test_mode(self):
        self.assertEqual(os.environ.get("STOCKROOM_MODE"), "test")

    def test_other_items_are_not_counted(self):
        self.ledger.receive("NUT-0001", 3)
        self.assertStock(self.start, msg="bolts are bolts")
        self.assertStock(3, "NUT-0001")


class ShipTest(LedgerTestBase):
    start = 2

    def setUp(self):
        super().setUp()
        self.ledger.receive("NUT-0001")

    def test_ship(self):
        self.ledger.ship(SKU)
        self.assertStock(1)
        self.assertEqual(self.ledger.history()[-1], (SKU, -1))

    def test_out_of_stock(self):
        with self.assertRaises(OutOfStock) as caught:
            self.ledger.ship(SKU, 5)
        error = caught.exception
        self.assertEqual((error.sku, error.missing), (SKU, 3))
        self.assertStock(2, msg="a failed shipment moves nothing")

    def test_withdraw_is_deprecated(self):
        with self.assertWarns(DeprecationWarning):
            self.ledger.withdraw(SKU)
        with self.assertWarnsRegex(DeprecationWarning, "now ship"):
            self.ledger.withdraw(SKU)
        self.assertStock(0)

    def test_log(self):
        with self.assertLogs("stockroom.ledger", level="WARNING") as logs:
            self.assertRaises(OutOfStock, self.ledger.ship, SKU, count=99)
        self.assertEqual(logs.output, ["WARNING:stockroom.ledger:cannot ship 99 of BLT-0001"])


class LedgerFileTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "ledger.txt")
        ledger = Ledger(cls.path)
        ledger.receive(SKU, 10)
        ledger.ship(SKU, 4)
        ledger.close()
        cls.ledger = ledger

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        super().tearDownClass()

    def test_file(self):
        with open(self.path, encoding="utf-8") as lines:
            self.assertEqual(lines.read().splitlines(), [f"{SKU} +10", f"{SKU} -4"])

    def test_closed(self):
        self.assertTrue(self.ledger.closed)
        self.assertRaises(LedgerClosed, self.ledger.receive, SKU)
        try:
            self.ledger.receive(SKU)
        except LedgerClosed:
            pass
        else:
            self.fail("a closed ledger took a movement")


if __name__ == '__main__':
    unittest.main(verbosity=2)
