"""Steady a session anew, without the network, and write it for OpenSim:
python examples/smooth_again.py clip_session.ppnet results"""

import sys

import numpy as np

import ppnet_live as pl

if len(sys.argv) != 3:
    sys.exit(__doc__)
session_file, results = sys.argv[1:]
try:
    with pl.open_session(session_file, smooth="rts", strength=70) as session:
        hips_x = session.to_numpy()[:, :, session.skeleton.index("left_hip"), 0]  # NaN where it is not seen
        for person_id, x in zip(session.ids, hips_x.T, strict=True):
            seen = x[np.isfinite(x)]
            moves = f"moves over {np.ptp(seen):.0f} pixels" if seen.size else "is never seen"
            print(f"The left hip of person {person_id} {moves}.")
        print(session.export("trc", results))
except pl.UserError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
