"""How fast and how dear a run may be: a pace that its requests share, a purse that pays them."""

from collections.abc import Callable
from threading import Condition, Lock

from zsar.errors import Complaint


class Pace:
    """Lets so many a minute begin, evenly spaced, whichever thread they come from."""

    def __init__(
        self, per_minute: int, clock: Callable[[], float], rest: Callable[[float], object]
    ):
        self.gap = 60 / per_minute
        self.clock, self.rest = clock, rest
        self.free = clock()  # when the next may begin
        self.lock = Lock()

    def turn(self) -> None:
        """Return when it is the caller's turn."""
        with self.lock:
            now = self.clock()
            begin = max(now, self.free)
            self.free = begin + self.gap
        if begin > now:
            self.rest(begin - now)

    def hold(self, seconds: float) -> None:
        """Nobody's turn comes within so many seconds."""
        with self.lock:
            self.free = max(self.free, self.clock() + seconds)


class Purse:
    """What a run may cost; money is set aside before a request, so that the budget holds."""

    def __init__(self, budget: float):
        self.budget, self.spent, self.aside = budget, 0.0, 0.0
        self.waiting = 0  # requests that money is set aside for
        self.changed = Condition()

    def reserve(self, most: float) -> None:
        """Set aside the most that a request can cost; wait while others may yet give some back."""
        with self.changed:
            self.changed.wait_for(lambda: not self.waiting or self._has(most))
            if not self._has(most):
                raise Complaint(
                    f"the budget of {self.budget:g} is reached: {self.spent:.6f} is spent"
                    f" and the next request may cost {most:.6f};"
                    " what was paid for is kept, so raise the budget and run this again"
                )
            self.aside += most
            self.waiting += 1

    def settle(self, most: float, cost: float) -> None:
        """Of what was set aside, so much was spent."""
        with self.changed:
            self.waiting -= 1
            self.aside = self.aside - most if self.waiting else 0.0
            self.spent += cost
            self.changed.notify_all()

    def _has(self, most: float) -> bool:
        return self.spent + self.aside + most <= self.budget
