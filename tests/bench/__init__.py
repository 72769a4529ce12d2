"""Figures, each beside its raw limit in the same run: `make bench`, or `python -m tests.bench`.

A raw limit is what the same servers do for the plainest program that has the same effect. Machines
are noisy and shared, so the measured thing and its limit take turns, round by round, and what is
shown are medians. A ratio of 1.0 is as good as the limit, whichever way better is: value / limit
where more is better, limit / value where less is.

A peer is what others use for the same: another library, another server. It takes its turns as well,
and the ratio to it says how much better ours is.
"""
