import io
import unittest

from stockroom import Ledger


class PrintedLedgerTest(unittest.TestCase):
	def setUp(self):
		self.out = io.StringIO()
		self.addCleanup(self.out.close)

	def test_print(self):
		ledger = Ledger()
		for count in range(1, 4):
			print(ledger.receive("BLT-0001", count), file=self.out)
		self.assertEqual(
			self.out.getvalue().split(),
			["1", "3", "6"],
		)

	def test_nothing_printed(self):
		self.assertEqual(self.out.getvalue(), ""); self.assertFalse(self.out.closed)