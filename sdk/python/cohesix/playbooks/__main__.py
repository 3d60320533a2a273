"""`python3 -m cohesix.playbooks`."""

from .cli import main

raise SystemExit(main())
