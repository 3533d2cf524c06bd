"""Movements of stock, kept in memory or in a file with one movement a line."""

import logging
import warnings

log = logging.getLogger("stockroom.ledger")


class OutOfStock(Exception):
    """More was asked for than there is."""

    def __init__(self, sku, missing):
        super().__init__(f"{sku}: {missing} missing")
        self.sku = sku
        self.missing = missing


class LedgerClosed(RuntimeError):
    """The ledger takes no more movements."""


class Ledger:
    """Counts what comes in and what goes out."""

    def __init__(self, path=None):
        self.path = path
        self.closed = False
        self._stock = {}
        self._lines = []

    def receive(self, sku, count=1):
        self._move(sku, count)
        return self.count(sku)

    def ship(self, sku, count=1):
        missing = count - self.count(sku)
        if missing > 0:
            log.warning("cannot ship %d of %s", count, sku)
            raise OutOfStock(sku, missing)
        self._move(sku, -count)
        return self.count(sku)

    def withdraw(self, sku, count=1):
        warnings.warn("withdraw() is now ship()", DeprecationWarning, stacklevel=2)
        return self.ship(sku, count)

    def count(self, sku):
        return self._stock.get(sku, 0)

    def history(self):
        return list(self._lines)

    def save(self):
        with open(self.path, "w", encoding="utf-8") as out:
            out.writelines(f"{sku} {change:+d}\n" for sku, change in self._lines)

    def close(self):
        if self.path:
            self.save()
        self.closed = True

    def _move(self, sku, change):
        if self.closed:
            raise LedgerClosed("the ledger is closed")
        self._stock[sku] = self.count(sku) + change
        self._lines.append((sku, change))
        log.info("%s %+d", sku, change)
