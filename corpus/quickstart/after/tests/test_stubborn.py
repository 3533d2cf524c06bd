"""Classes that lean on what only a TestCase has; they stay TestCases and keep running."""
import io
import sys
import unittest

from stockroom import Item, Ledger


class RepeatedTest(unittest.TestCase):
    """Runs every test twice, because of a race that nobody has ever seen again."""

    def run(self, result=None):
        super().run(result)
        return super().run(result)

    def test_receive(self):
        ledger = Ledger()
        ledger.receive("BLT-0001", 2)
        assert ledger.count("BLT-0001") == 2


class ByNameTest(unittest.TestCase):
    def assertEqual(self, first, second, msg=None):
        super().assertEqual(getattr(first, "name", first), getattr(second, "name", second), msg)

    def test_name(self):
        self.assertEqual(Item("BLT-0001", "bolt"), "bolt")
        assert Item("BLT-0001", "bolt")


class PrintedTest(unittest.TestCase):
    """Replaces sys.stdout in setUp: pytest puts its own back between a fixture and the test."""

    def setUp(self):
        self.addCleanup(setattr, sys, "stdout", sys.stdout)
        sys.stdout = self.out = io.StringIO()

    def test_print(self):
        print(Item("BLT-0001", "bolt"))
        assert self.out.getvalue() == "Item('BLT-0001', 'bolt')\n"


class TableTest(unittest.TestCase):
    def test_operators(self):
        for name, first, second in [("Less", 1, 2), ("Greater", 2, 1), ("In", 1, [1])]:
            getattr(self, "assert" + name)(first, second)

    def test_ledger(self):
        assert Ledger().path is None


if __name__ == "__main__":
    unittest.main()
