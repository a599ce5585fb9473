"""The ground of a festival: hosts and editions, villages, exhibitors and booths on plans, copies and rehearsals."""
