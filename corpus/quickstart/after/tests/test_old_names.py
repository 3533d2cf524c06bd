"""Written for Python 2.5: assertions under names that Python 3.12 removed.

This module passes up to Python 3.11; from 3.12 on it needs the migration.
"""
import re

import pytest
from stockroom import Item, Shelf, discount


class TestOldNames:
    @pytest.fixture(autouse=True)
    def _setup(self):
        self.shelf = Shelf()
        self.shelf.add(Item("BLT-0001", "bolt"))

    def test_fail_names(self):
        assert "BLT-0001" in self.shelf
        assert "NUT-0001" not in self.shelf, "nobody added a nut"
        assert len(self.shelf) == 1
        assert len(self.shelf) != 2
        with pytest.raises(LookupError):
            self.shelf.get("NUT-0001")

    def test_underscore(self):
        assert len(self.shelf) == 1
        assert "BLT-0001" in self.shelf, "it was just added"

    def test_plurals(self):
        assert len(self.shelf) == 1
        assert len(self.shelf) != 0, 'empty?'
        assert discount(0.3, 10) == pytest.approx(0.27, abs=5e-8)
        assert round(abs(discount(0.3, 10) - 0.2), 1) != 0

    def test_regexps(self):
        assert re.search("bolt", repr(self.shelf.get("BLT-0001")))
        assert not re.search("nut", repr(self.shelf.get("BLT-0001")))
        with pytest.raises(LookupError, match="no item 'NUT-0001'"):
            self.shelf.get("NUT-0001")
        with pytest.raises(ValueError, match="bad SKU"):
            Item("bolt", "bolt")
