"""`python -m qarnot_domain.cli`: as `qarnot-job`."""

from __future__ import annotations

from qarnot_domain.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
