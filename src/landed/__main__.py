"""`python -m landed` is the `landed` command."""

from landed.doors.cli.main import main

if __name__ == "__main__":
    main()
