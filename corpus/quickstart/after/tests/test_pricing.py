import sys
from decimal import Decimal
from unittest import TestCase, expectedFailure, main, skip, skipIf, skipUnless

from stockroom.pricing import VAT, Money, discount, vat


class DiscountTests(TestCase):
    longMessage = True

    def test_table(self):
        for percent, expected in [(0, 80.0), (25, 60.0), (100, 0.0)]:
            with self.subTest(percent=percent):
                self.assertEqual(discount(80.0, percent), expected)

    def test_out_of_range(self):
        for percent in -1, 101:
            with self.subTest("out of range", percent=percent):
                with self.assertRaises(ValueError, msg="must be refused"):
                    discount(1.0, percent)

    def test_almost(self):
        self.assertAlmostEqual(discount(0.3, 10), 0.27)
        self.assertAlmostEqual(discount(9.99, 33), 6.69, places=2)
        self.assertAlmostEqual(vat(100), 19.02, delta=0.05)
        self.assertNotAlmostEqual(vat(100, "AT"), vat(100, "LU"), 1)

    def test_rates(self):
        self.assertDictEqual(VAT, {"AT": 0.20, "DE": 0.19, "LU": 0.17})
        self.assertSetEqual(set(VAT), {"AT", "DE", "LU"})
        self.assertTupleEqual(tuple(sorted(VAT)), ("AT", "DE", "LU"))
        self.assertRegex(" ".join(VAT), r"\bDE\b")
        self.assertNotRegex(" ".join(VAT), "XX")


class MoneyTests(TestCase):
    def test_rounding(self):
        self.assertEqual(Money(1.005).amount, Decimal("1.01"), "Decimal(str()) rounds half up")
        self.assertMultiLineEqual(str(Money(3)), "3.00 EUR")

    def test_truth(self):
        self.assertTrue(Money(1))
        self.assertFalse(Money(0))
        self.assertIs(bool(Money(0)), not True)

    def test_order(self):
        self.assertLess(Money(1), Money(2))
        self.assertFalse(Money(2) < Money(1))
        self.assertEqual(Money(1) < Money(2), True)
        with self.assertRaises(TypeError) as cm: Money(1) < Money(1, "USD")
        self.assertRegex(str(cm.exception), "EUR .* USD")

    @skip("exchange rates need a network")
    def test_exchange(self):
        self.fail("not written yet")

    @skipIf(sys.version_info < (3, 0), "str was bytes")
    def test_text(self):
        self.assertIsInstance(str(Money(1)), str)

    @skipUnless(sys.maxsize > 2**31, "needs 64 bits")
    def test_large(self):
        if not hasattr(sys, "maxsize"):
            self.skipTest("cannot know")
        self.assertEqual(Money(10**15).amount, 10**15)

    @expectedFailure
    def test_addition(self):
        self.assertEqual(Money(1) + Money(2), Money(3))


@skipIf(True, "the Swiss round to five centimes; see the wish list")
class SwissTests(TestCase):
    def test_five_centimes(self):
        self.assertEqual(str(Money("1.03", "CHF")), "1.05 CHF")


if __name__ == "__main__":
    main()
