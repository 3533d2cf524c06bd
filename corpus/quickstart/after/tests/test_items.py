"""Tests of items and shelves."""
import shutil
import tempfile
from pathlib import Path

import pytest
from stockroom.items import Item, Shelf, UnknownItem


class TestItem:
    """What an item is."""

    def test_equality(self):
        assert Item("ABC-0001", "bolt") == Item("ABC-0001", "screw")
        assert Item("ABC-0001", "bolt") != Item("ABC-0002", "bolt"), "the SKU counts"
        assert not Item("ABC-0001", "bolt") == "ABC-0001"

    def test_repr(self):
        item = Item('ABC-0001', 'bolt')
        assert repr(item) == "Item('ABC-0001', 'bolt')"
        assert isinstance(item.tags, frozenset)
        assert not isinstance(item, (str, bytes))

    def test_bad_sku(self):
        with pytest.raises(ValueError):
            Item("nonsense", "bolt")
        with pytest.raises(ValueError):
            Item("ABC-1", "bolt")
        with pytest.raises(ValueError, match=r"bad SKU 'abc-\d+'"):
            Item("abc-0001", "bolt")


class TestShelf:
    @pytest.fixture(autouse=True)
    def _setup(self):
        # three items are enough to see the order
        self.shelf = Shelf(capacity=3)
        self.bolt = self.shelf.add(Item("BLT-0001", "bolt", tags=["metal", "small"]))
        self.nut = self.shelf.add(Item("NUT-0001", "nut", tags=["metal"]))
        yield
        self.shelf.clear()

    def test_length(self):
        assert len(self.shelf) == 2
        assert self.shelf, "a shelf with items is true"
        assert self.shelf.capacity > len(self.shelf)
        assert len(self.shelf) <= self.shelf.capacity

    def test_membership(self):
        assert "BLT-0001" in self.shelf
        assert "XXX-0000" not in self.shelf, "nobody put it there"
        assert self.shelf.get("NUT-0001") is self.nut
        assert self.shelf.get("NUT-0001") is not self.bolt
        assert self.bolt in self.shelf.tagged("small") and self.nut not in self.shelf.tagged("small")

    def test_rows(self):
        assert (
            # what the spreadsheet people get
            self.shelf.as_rows()
            == [
                ("BLT-0001", "bolt"),  # the first one in
                ("NUT-0001", "nut"),
            ]
        ), "rows come in the order of arrival"
        assert [item.name for item in self.shelf] == ["bolt", "nut"]
        assert ["bolt", "nut"] == sorted([item.name for item in self.shelf])

    def test_unknown(self):
        with pytest.raises(UnknownItem) as excinfo:
            self.shelf.get("XXX-0000")
        assert excinfo.value.sku == "XXX-0000"
        assert "XXX-0000" in str(excinfo.value)
        assert excinfo.value.__cause__ is None

    def test_full(self):
        self.shelf.add(Item("WSH-0001", "washer"))
        with pytest.raises((OverflowError, MemoryError)):
            self.shelf.add(Item("WSH-0002", "washer"))


class TestCatalogueOnDisk:
    @pytest.fixture(autouse=True)
    def _setup(self, request):
        self.folder = Path(tempfile.mkdtemp())
        request.addfinalizer(lambda: shutil.rmtree(self.folder))
        self.file = (self.folder / "catalogue").open("w+")
        yield
        self.file.close()

    def test_write(self):
        self.file.write("BLT-0001 bolt")
        assert self.file.tell() == 13

    def test_starts_empty(self):
        assert not self.file.read()
        assert [path.name for path in self.folder.iterdir()] == ["catalogue"]
