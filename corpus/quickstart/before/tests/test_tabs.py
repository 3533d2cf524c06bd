import contextlib
import io
import unittest

from stockroom import Ledger


class PrintedLedgerTest(unittest.TestCase):
	def setUp(self):
		self.out = io.StringIO()
		stack = contextlib.ExitStack()
		self.addCleanup(stack.close)
		stack.enter_context(contextlib.redirect_stdout(self.out))

	def test_print(self):
		ledger = Ledger()
		for count in range(1, 4):
			print(ledger.receive("BLT-0001", count))
		self.assertEqual(
			self.out.getvalue().split(),
			["1", "3", "6"],
		)

	def test_nothing_printed(self):
		self.assertEqual(self.out.getvalue(), ""); self.assertFalse(self.out.closed)