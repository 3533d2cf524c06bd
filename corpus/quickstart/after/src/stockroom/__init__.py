"""Keeps track of what is on the shelves."""

from .items import Item, Shelf, UnknownItem
from .ledger import Ledger, LedgerClosed, OutOfStock
from .pricing import Money, discount, vat

__all__ = [
    "Item",
    "Ledger",
    "LedgerClosed",
    "Money",
    "OutOfStock",
    "Shelf",
    "UnknownItem",
    "discount",
    "vat",
]
