"""PPNet Live: `python main.py` opens the window, `python main.py --help` lists the commands."""

from app.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
