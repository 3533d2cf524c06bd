"""Where reassert keeps what must outlive a run: a folder of the user's, outside every project."""

from __future__ import annotations

import os
from pathlib import Path


def state_dir() -> Path:
    """The state folder, absolute, not created here.

    ``REASSERT_STATE_DIR`` if it is set, else ``reassert`` in ``XDG_STATE_HOME`` (when absolute, as its
    specification demands) or in ``~/.local/state``.
    """
    if own := os.environ.get("REASSERT_STATE_DIR"):
        return Path(os.path.abspath(own))
    xdg = os.environ.get("XDG_STATE_HOME", "")
    base = xdg if os.path.isabs(xdg) else os.path.expanduser("~/.local/state")
    return Path(os.path.abspath(base)) / "reassert"
