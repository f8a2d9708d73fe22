"""Where the labelled corpus and the saved pages lie; absent on a user's checkout."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="../shared is absent: a user's checkout")
