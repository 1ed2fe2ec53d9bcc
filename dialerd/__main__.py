"""`python -m dialerd` is the command `dialerd`."""

from dialerd.cli.main import main

main()
