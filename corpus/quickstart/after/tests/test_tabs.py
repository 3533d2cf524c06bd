import io

import pytest
from stockroom import Ledger


class TestPrintedLedger:
	@pytest.fixture(autouse=True)
	def _setup(self, request):
		self.out = io.StringIO()
		request.addfinalizer(self.out.close)

	def test_print(self):
		ledger = Ledger()
		for count in range(1, 4):
			print(ledger.receive("BLT-0001", count), file=self.out)
		assert self.out.getvalue().split() == ["1", "3", "6"]

	def test_nothing_printed(self):
		assert self.out.getvalue() == ""; assert not self.out.closed