# -*- coding: latin-1 -*-
"""Umlaute im Lager: geschrieben in München, gespeichert in Latin-1."""
import unittest

from stockroom import Item, Shelf


class UmlautTest(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf()
        self.shelf.add(Item("DBL-0001", "Dübel"))  # für die Wände

    def test_name(self):
        self.assertEqual(self.shelf.get("DBL-0001").name, "Dübel", "Übergröße?")
        self.assertEqual(len("Dübel"), 5)

    def test_suche(self):
        self.assertTrue(any("ü" in name for _, name in self.shelf.as_rows()))
        self.assertNotIn("Käse", self.shelf)


if __name__ == "__main__":
    unittest.main()
