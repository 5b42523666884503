"""Track every video of a folder, one table and one session each: python examples/folder_to_tables.py videos results"""

import sys
from pathlib import Path

import ppnet_live as pl

if len(sys.argv) != 3:
    sys.exit(__doc__)
videos, results = map(Path, sys.argv[1:])
results.mkdir(parents=True, exist_ok=True)
failed = False
for video in sorted(videos.glob("*.mp4")):
    try:
        with pl.track(video, preset="fast").save(results / f"{video.stem}_session.ppnet") as session:
            print(session.export("csv", results))
    except pl.UserError as error:  # one video that can't be read does not stop the others
        print(f"{video.name}: {error}", file=sys.stderr)
        failed = True
if failed:
    sys.exit(2)
