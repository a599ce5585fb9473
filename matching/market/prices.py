"""Prices of attention: what it costs to put a sought-after person on one more list, from a market that clears."""

import json
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from matching.data import DataError

TEMPERATURE = 0.035
"""By how much of a good chance people are taken to be undecided. Below .02 the iteration takes long, above .1 prices
say too little."""

ROUNDS = 60
SETTLED = 2e-3
"""Rounds end when no logarithm of a balance moves by more than this."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What each person on the right costs; stored, they rank a new person on the left without another fit.

    Attributes
    ----------
    price : ndarray of float, shape (n_right,)
        Never negative where the capacity is 1 or less; least for whom nobody wants, more for whoever is in demand, and
        infinite without any capacity. A price of 1 weighs as much as ``2 * temperature`` of p + q.
    temperature : float
        Width of the choice that prices were fitted for, in units of (p + q) / 2.
    """

    price: np.ndarray
    temperature: float = TEMPERATURE

    def adjusted(self, p: np.ndarray, q: np.ndarray, who: np.ndarray | None = None) -> np.ndarray:
        """Return the score that candidates are chosen by.

        Parameters
        ----------
        p, q : ndarray of float, shape (..., n)
            Probability that the left one asks, and that the right one says yes.
        who : ndarray of int, same shape or (n,), optional
            Which people on the right; all of them, in order, if not given. Negative ones (nobody) get -inf.

        Returns
        -------
        ndarray of float, same shape as ``p``
            ``(p + q) / (2 * temperature) - price``; -inf for people without any capacity.
        """
        mutual = (p + q) / (2 * self.temperature)
        if who is None:
            return np.asarray(mutual - self.price)
        if not len(self.price):
            return np.full(np.shape(mutual), -np.inf)
        return np.where(who < 0, -np.inf, mutual - self.price[np.maximum(who, 0)])

    def clamped_to(self, previous: "Prices", change: float) -> Self:
        """Return prices that differ from the previous ones by ``change`` at most, so that lists move slowly.

        Parameters
        ----------
        previous : Prices
            Of the same people in the same order; a price that is nan or infinite there does not bind.
        change : float
            Not negative.

        Raises
        ------
        DataError
            If the previous prices are of another number of people or of another temperature.
        """
        if previous.price.shape != self.price.shape:
            raise DataError(f"prices: {len(previous.price)} before, {len(self.price)} now")
        if previous.temperature != self.temperature:
            raise DataError(f"prices: temperature {previous.temperature} before, {self.temperature} now")
        if not change >= 0:
            raise DataError(f"prices: a change of {change} makes no sense")
        bound = np.isfinite(previous.price) & np.isfinite(self.price)
        before = np.where(bound, previous.price, 0.0)
        near = np.clip(self.price, before - change, before + change)
        return replace(self, price=np.where(bound, near, self.price))

    def to_json(self) -> str:
        """Return the prices as text; infinite ones (no capacity) are written as null."""
        price = [value if np.isfinite(value) else None for value in self.price.tolist()]
        return json.dumps({"temperature": self.temperature, "price": price})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        DataError
            If the text is not that.
        """
        try:
            told = json.loads(text)
            price = np.array([np.inf if value is None else float(value) for value in told["price"]], dtype=float)
            temperature = float(told["temperature"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError("prices: not a text with temperature and price") from error
        if np.isnan(price).any() or not 0 < temperature < np.inf:
            raise DataError("prices: nan, or a temperature that is not above 0")
        return cls(price, temperature)


def temperature_for(mutual: np.ndarray) -> float:
    """Return the temperature of a market: a share of the chance that people have with whom suits them best.

    Parameters
    ----------
    mutual : ndarray of float, shape (n_left,)
        The largest (p + q) / 2 of each person on the left; markets in which everything is rare have prices as well.
    """
    good = float(mutual.mean()) if len(mutual) else 0.0
    return TEMPERATURE * good if good > 1e-9 else TEMPERATURE


class Kernel(Protocol):
    """A matrix that can be multiplied from both sides: an array or a sparse array."""

    @property
    def dtype(self) -> np.dtype:
        """Of the numbers."""
        ...

    @property
    def T(self) -> "Kernel":
        """The same, the other way round."""
        ...

    def __matmul__(self, other: np.ndarray, /) -> np.ndarray:
        """Multiply from the right."""
        ...


def attraction(mutual: np.ndarray, temperature: float) -> np.ndarray:
    """Turn (p + q) / 2 into ``exp((p + q) / (2 * temperature))``, in place, and return it.

    Pairs that are far better than what people usually find count as very good ones, so that no number overflows.
    """
    mutual *= mutual.dtype.type(1 / temperature)
    np.minimum(mutual, 0.7 * np.log(np.finfo(mutual.dtype).max), out=mutual)
    return np.asarray(np.exp(mutual, out=mutual))


def fitted(kernel: Kernel, capacity: np.ndarray, temperature: float, share: float = 1.0) -> Prices:
    """Return the prices at which a matching market with transferable utility clears.

    Parameters
    ----------
    kernel : array or sparse array, shape (n_sample, n_right)
        `attraction` of each pair; 0 where two people cannot meet.
    capacity : ndarray of float, shape (n_right,)
        Matches each person on the right can have; 0 closes, 1 is the usual.
    temperature : float
        The one of the kernel.
    share : float
        Share of all people on the left that the kernel holds; the others are taken to be like them.

    Returns
    -------
    Prices
        ``price = -log B`` with B the balance of each person; inf where the capacity is 0.

    Notes
    -----
    Proportional fitting of the logit matching market (Choo, Siow 2006; Galichon, Salanie 2022) as used for two-sided
    recommendation by Tomita, Togashi, Hashizume, Ohsaka (RecSys 2023). The balance of somebody with capacity c solves
    ``B ** 2 + 2 h B = c``; it is computed as ``c / (h + sqrt(h ** 2 + c))``, which loses no digits for large h.
    """
    open_ = capacity > 0
    balance = open_.astype(float)
    other_way, kind = kernel.T, kernel.dtype
    for _ in range(ROUNDS):
        pull = (kernel @ balance.astype(kind)) / 2
        left = 1 / (pull + np.hypot(1, pull))
        push = (other_way @ left.astype(kind)).astype(float) / (2 * share)
        now = np.where(open_, capacity / (push + np.sqrt(push * push + capacity) + (capacity == 0)), 0.0)
        moved = np.abs(np.log(now[open_] / balance[open_])).max(initial=0.0)
        balance = now
        if moved < SETTLED:
            break
    price = np.full(len(capacity), np.inf)
    price[open_] = -np.log(balance[open_])
    return Prices(price, temperature)


def matches_of(capacity: np.ndarray, places: int = 10) -> np.ndarray:
    """Return how many matches a number of lists stands for: one, or less for who wants few lists."""
    return np.minimum(1.0, capacity / places)
