"""Run the command line as `python -m infra.cli`."""

from infra.cli.main import main

main()
