"""`make bench`: the speed goals as ratios, each measured against a floor in the same run."""
