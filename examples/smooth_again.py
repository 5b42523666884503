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
        x = session.to_numpy()[:, 0, session.skeleton.index("left_hip"), 0]
        print(f"The left hip of person {session.ids[0]} moves over {np.nanmax(x) - np.nanmin(x):.0f} pixels.")
        print(session.export("trc", results))
except pl.UserError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
