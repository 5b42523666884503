"""Print where everybody's nose is, live: python examples/live_camera.py camera:0 (Ctrl+C ends)"""

import sys

import ppnet_live as pl

if len(sys.argv) != 2:
    sys.exit(__doc__)
try:
    for frame in pl.track(sys.argv[1], preset="fast"):
        noses = {person.id: tuple(round(value) for value in person["nose"].xy) for person in frame.people
                 if person["nose"].state != "missing"}  # fmt: skip
        print(f"{frame.time_s:.2f} s: {noses}", flush=True)
except KeyboardInterrupt:
    print("stopped")
except pl.UserError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
