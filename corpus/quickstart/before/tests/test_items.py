"""Tests of items and shelves."""
import shutil
import tempfile
import unittest
from pathlib import Path

from stockroom.items import Item, Shelf, UnknownItem


class ItemTestCase(unittest.TestCase):
    """What an item is."""

    def test_equality(self):
        self.assertEqual(Item("ABC-0001", "bolt"), Item("ABC-0001", "screw"))
        self.assertNotEqual(Item("ABC-0001", "bolt"), Item("ABC-0002", "bolt"), "the SKU counts")
        self.assertFalse(Item("ABC-0001", "bolt") == "ABC-0001")

    def test_repr(self):
        item = Item('ABC-0001', 'bolt')
        self.assertEqual(repr(item), "Item('ABC-0001', 'bolt')")
        self.assertIsInstance(item.tags, frozenset)
        self.assertNotIsInstance(item, (str, bytes))

    def test_bad_sku(self):
        self.assertRaises(ValueError, Item, "nonsense", "bolt")
        self.assertRaises(ValueError, lambda: Item("ABC-1", "bolt"))
        with self.assertRaisesRegex(ValueError, r"bad SKU 'abc-\d+'"):
            Item("abc-0001", "bolt")


class ShelfTestCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        # three items are enough to see the order
        self.shelf = Shelf(capacity=3)
        self.bolt = self.shelf.add(Item("BLT-0001", "bolt", tags=["metal", "small"]))
        self.nut = self.shelf.add(Item("NUT-0001", "nut", tags=["metal"]))

    def tearDown(self):
        self.shelf.clear()

    def test_length(self):
        self.assertEqual(len(self.shelf), 2)
        self.assertTrue(self.shelf, msg="a shelf with items is true")
        self.assertGreater(self.shelf.capacity, len(self.shelf))
        self.assertLessEqual(len(self.shelf), self.shelf.capacity)

    def test_membership(self):
        self.assertIn("BLT-0001", self.shelf)
        self.assertNotIn("XXX-0000", self.shelf, "nobody put it there")
        self.assertIs(self.shelf.get("NUT-0001"), self.nut)
        self.assertIsNot(self.shelf.get("NUT-0001"), self.bolt)
        self.assertTrue(self.bolt in self.shelf.tagged("small") and self.nut not in self.shelf.tagged("small"))

    def test_rows(self):
        self.assertEqual(
            # what the spreadsheet people get
            self.shelf.as_rows(),
            [
                ("BLT-0001", "bolt"),  # the first one in
                ("NUT-0001", "nut"),
            ],
            msg="rows come in the order of arrival",
        )
        self.assertListEqual([item.name for item in self.shelf], ["bolt", "nut"])
        self.assertCountEqual(["nut", "bolt"], [item.name for item in self.shelf])

    def test_unknown(self):
        with self.assertRaises(UnknownItem) as cm:
            self.shelf.get("XXX-0000")
        self.assertEqual(cm.exception.sku, "XXX-0000")
        self.assertIn("XXX-0000", str(cm.exception))
        self.assertIsNone(cm.exception.__cause__)

    def test_full(self):
        self.shelf.add(Item("WSH-0001", "washer"))
        with self.assertRaises((OverflowError, MemoryError)):
            self.shelf.add(Item("WSH-0002", "washer"))


class CatalogueOnDiskTests(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = (self.folder / "catalogue").open("w+")

    def tearDown(self):
        self.file.close()

    def test_write(self):
        self.file.write("BLT-0001 bolt")
        self.assertEqual(self.file.tell(), 13)

    def test_starts_empty(self):
        self.assertFalse(self.file.read())
        self.assertEqual([path.name for path in self.folder.iterdir()], ["catalogue"])


if __name__ == "__main__":
    unittest.main()
