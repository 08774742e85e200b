"`python -m agf`"
from agf.cli import main

raise SystemExit(main())
