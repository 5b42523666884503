"""Plot the angle of the left knee of everybody in a video: python examples/knee_angle.py clip.mp4 knee.png"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import ppnet_live as pl

if len(sys.argv) != 3:
    sys.exit(__doc__)
video, picture = sys.argv[1:]
angles: dict[int, list[tuple[float, float]]] = {}
try:
    for frame in pl.track(video):
        for person in frame.people:
            hip, knee, ankle = (np.array(person[f"left_{name}"].xy) for name in ("hip", "knee", "ankle"))
            thigh, shank = hip - knee, ankle - knee
            cosine = thigh @ shank / (np.linalg.norm(thigh) * np.linalg.norm(shank))
            angles.setdefault(person.id, []).append((frame.time_s, float(np.degrees(np.arccos(cosine)))))
except pl.UserError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
if not angles:
    sys.exit(f"Nobody was found in {video}.")
for person_id, curve in angles.items():
    times, degrees = zip(*curve, strict=True)
    plt.plot(times, degrees, label=f"Person {person_id}")
plt.xlabel("time (s)")
plt.ylabel("left knee (degrees)")
plt.legend()
plt.savefig(picture)
