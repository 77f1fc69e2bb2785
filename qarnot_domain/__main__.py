"""`python -m qarnot_domain`: as `qarnot-job doctor`."""

from __future__ import annotations

import sys

from qarnot_domain.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["doctor", *sys.argv[1:]]))
