import re
import sys
from decimal import Decimal

import pytest
from stockroom.pricing import VAT, Money, discount, vat


class TestDiscount:
    def test_table(self, subtests):
        for percent, expected in [(0, 80.0), (25, 60.0), (100, 0.0)]:
            with subtests.test(percent=percent):
                assert discount(80.0, percent) == expected

    def test_out_of_range(self, subtests):
        for percent in -1, 101:
            with subtests.test("out of range", percent=percent):
                with pytest.raises(ValueError):
                    discount(1.0, percent)

    def test_almost(self):
        assert discount(0.3, 10) == pytest.approx(0.27, abs=5e-8)
        assert discount(9.99, 33) == pytest.approx(6.69, abs=0.005)
        assert vat(100) == pytest.approx(19.02, abs=0.05)
        actual = vat(100, "AT")
        expected2 = vat(100, "LU")
        assert actual != expected2 and round(abs(actual - expected2), 1) != 0

    def test_rates(self):
        assert isinstance(VAT, dict)
        assert VAT == {"AT": 0.20, "DE": 0.19, "LU": 0.17}
        assert set(VAT) == {"AT", "DE", "LU"}
        assert tuple(sorted(VAT)) == ("AT", "DE", "LU")
        assert re.search(r"\bDE\b", " ".join(VAT))
        assert not re.search("XX", " ".join(VAT))


class TestMoney:
    def test_rounding(self):
        assert Money(1.005).amount == Decimal("1.01"), "Decimal(str()) rounds half up"
        assert str(Money(3)) == "3.00 EUR"

    def test_truth(self):
        assert Money(1)
        assert not Money(0)
        assert bool(Money(0)) is (not True)

    def test_order(self):
        assert Money(1) < Money(2)
        assert not Money(2) < Money(1)
        assert (Money(1) < Money(2)) == True
        with pytest.raises(TypeError) as excinfo: Money(1) < Money(1, "USD")
        assert re.search("EUR .* USD", str(excinfo.value))

    @pytest.mark.skip(reason="exchange rates need a network")
    def test_exchange(self):
        pytest.fail("not written yet")

    @pytest.mark.skipif(sys.version_info < (3, 0), reason="str was bytes")
    def test_text(self):
        assert isinstance(str(Money(1)), str)

    @pytest.mark.skipif(not sys.maxsize > 2**31, reason="needs 64 bits")
    def test_large(self):
        if not hasattr(sys, "maxsize"):
            pytest.skip("cannot know")
        assert Money(10**15).amount == 10**15

    @pytest.mark.xfail(strict=True)
    def test_addition(self):
        assert Money(1) + Money(2) == Money(3)


@pytest.mark.skipif(True, reason="the Swiss round to five centimes; see the wish list")
class TestSwiss:
    def test_five_centimes(self):
        assert str(Money("1.03", "CHF")) == "1.05 CHF"
