# -*- coding: latin-1 -*-
"""Umlaute im Lager: geschrieben in München, gespeichert in Latin-1."""
import pytest
from stockroom import Item, Shelf


class TestUmlaut:
    @pytest.fixture(autouse=True)
    def _setup(self):
        self.shelf = Shelf()
        self.shelf.add(Item("DBL-0001", "Dübel"))  # für die Wände

    def test_name(self):
        assert self.shelf.get("DBL-0001").name == "Dübel", "Übergröße?"
        assert len("Dübel") == 5

    def test_suche(self):
        assert any("ü" in name for _, name in self.shelf.as_rows())
        assert "Käse" not in self.shelf
