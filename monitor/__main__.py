"""`python -m monitor` is the `policywire` command."""

from monitor.cli import main

if __name__ == "__main__":
    main()
