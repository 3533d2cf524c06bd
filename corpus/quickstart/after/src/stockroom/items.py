"""Items and the shelves they stand on."""

import re

_SKU = re.compile(r"[A-Z]{3}-\d{4}")


class UnknownItem(LookupError):
    """No item has this SKU."""

    def __init__(self, sku):
        super().__init__(f"no item {sku!r}")
        self.sku = sku


class Item:
    """A kind of thing that is kept in stock; items are equal when their SKUs are."""

    def __init__(self, sku, name, tags=()):
        if not _SKU.fullmatch(sku):
            raise ValueError(f"bad SKU {sku!r}: three letters, a dash, four digits")
        self.sku = sku
        self.name = name
        self.tags = frozenset(tags)

    def __eq__(self, other):
        return isinstance(other, Item) and self.sku == other.sku

    def __hash__(self):
        return hash(self.sku)

    def __repr__(self):
        return f"Item({self.sku!r}, {self.name!r})"


class Shelf:
    """An ordered collection of items with a limited capacity."""

    def __init__(self, capacity=10):
        self.capacity = capacity
        self._items = {}

    def add(self, item):
        if len(self._items) >= self.capacity:
            raise OverflowError("the shelf is full")
        self._items[item.sku] = item
        return item

    def get(self, sku):
        try:
            return self._items[sku]
        except KeyError:
            raise UnknownItem(sku) from None

    def tagged(self, tag):
        return [item for item in self._items.values() if tag in item.tags]

    def clear(self):
        self._items.clear()

    def as_rows(self):
        return [(item.sku, item.name) for item in self._items.values()]

    def __contains__(self, sku):
        return sku in self._items

    def __iter__(self):
        return iter(self._items.values())

    def __len__(self):
        return len(self._items)
