"""How much of the queue is counted while somebody waits; apart, since jobs carry no ORM."""

from __future__ import annotations

from typing import Final

# Rows of one provider's queue that a page counts itself: two tenths of a second on a busy machine.
LIVE: Final = 10_000
# A dealer's rows are few among everybody's, so they are found from its newest entries.
DEALER_READ: Final = 2_000
