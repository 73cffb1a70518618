"""`python -m cli`: the `headwater` command without the script."""

from cli.main import main

main()
