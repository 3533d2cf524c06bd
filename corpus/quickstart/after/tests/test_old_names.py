"""Written for Python 2.5: assertions under names that Python 3.12 removed.

This module passes up to Python 3.11; from 3.12 on it needs the migration.
"""
import unittest

from stockroom import Item, Shelf, discount


class OldNames(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf()
        self.shelf.add(Item("BLT-0001", "bolt"))

    def test_fail_names(self):
        self.failUnless("BLT-0001" in self.shelf)
        self.failIf("NUT-0001" in self.shelf, "nobody added a nut")
        self.failUnlessEqual(len(self.shelf), 1)
        self.failIfEqual(len(self.shelf), 2)
        self.failUnlessRaises(LookupError, self.shelf.get, "NUT-0001")

    def test_underscore(self):
        self.assert_(len(self.shelf) == 1)
        self.assert_("BLT-0001" in self.shelf, "it was just added")

    def test_plurals(self):
        self.assertEquals(len(self.shelf), 1)
        self.assertNotEquals(len(self.shelf), 0, 'empty?')
        self.assertAlmostEquals(discount(0.3, 10), 0.27)
        self.assertNotAlmostEquals(discount(0.3, 10), 0.2, places=1)

    def test_regexps(self):
        self.assertRegexpMatches(repr(self.shelf.get("BLT-0001")), "bolt")
        self.assertNotRegexpMatches(repr(self.shelf.get("BLT-0001")), "nut")
        self.assertRaisesRegexp(LookupError, "no item 'NUT-0001'", self.shelf.get, "NUT-0001")
        with self.assertRaisesRegexp(ValueError, "bad SKU"):
            Item("bolt", "bolt")


if __name__ == "__main__":
    unittest.main()
