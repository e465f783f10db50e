"""Long runs of real faults, bounded in count and time: `make faults`.

FAULTS_SECONDS bounds the time (900), FAULTS_TRIES the tries of each kind (400), FAULTS_SEED repeats
a run. Prints how many were tried and what was lost; ends with 1 if anything was.
"""

import os
import sys
import time

import faults_disk
import faults_kills

AT_ONCE = 10  # tries between two looks at the clock

if __name__ == "__main__":
    seconds = float(os.environ.get("FAULTS_SECONDS", "900"))
    most = int(os.environ.get("FAULTS_TRIES", "400"))
    seed = int(os.environ.get("FAULTS_SEED", str(time.time_ns() % 1_000_000)))
    print(f"seed {seed}, at most {seconds:.0f} s and {most} tries of each kind")
    deadline = time.monotonic() + seconds
    tried = {"kills": 0, "disk": 0}
    lost: list[str] = []
    while time.monotonic() < deadline and min(tried.values()) < most:
        for name, module in (("kills", faults_kills), ("disk", faults_disk)):
            number, found = module.run(AT_ONCE, seed + sum(tried.values()))
            tried[name] += number
            lost += found
            print(f"{name}: {tried[name]} tried, {len(found)} lost something", flush=True)
    for sentence in lost:
        print(f"LOST {sentence}")
    print(f"tried {tried['kills']} killed nights and {tried['disk']} failing disks: "
          f"{len(lost)} lost something")  # fmt: skip
    sys.exit(bool(lost))
