"""Prices, discounts and taxes."""

from decimal import ROUND_HALF_UP, Decimal

VAT = {"AT": 0.20, "DE": 0.19, "LU": 0.17}


class Money:
    """An amount with a currency."""

    def __init__(self, amount, currency="EUR"):
        self.amount = Decimal(str(amount)).quantize(Decimal("0.01"), ROUND_HALF_UP)
        self.currency = currency

    def __eq__(self, other):
        return isinstance(other, Money) and (self.amount, self.currency) == (other.amount, other.currency)

    def __hash__(self):
        return hash((self.amount, self.currency))

    def __lt__(self, other):
        if self.currency != other.currency:
            raise TypeError(f"cannot compare {self.currency} with {other.currency}")
        return self.amount < other.amount

    def __bool__(self):
        return bool(self.amount)

    def __str__(self):
        return f"{self.amount} {self.currency}"


def discount(price, percent):
    """The price less some percent."""
    if not 0 <= percent <= 100:
        raise ValueError(f"a discount of {percent} percent")
    return price * (1 - percent / 100)


def vat(price, country="DE"):
    """The tax on a price."""
    return price * VAT[country]
