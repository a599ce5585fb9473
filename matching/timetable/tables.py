"""At which table each meeting takes place, so that people move little. When they meet is settled before."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def seat(ends: np.ndarray, slots: np.ndarray, fixed: np.ndarray, n_tables: int, hosts: np.ndarray) -> np.ndarray:
    """Give each meeting a table, from the first slot to the last.

    A meeting likes the table at which one of its people sat last, and best the one of its host. Where the hosts who
    meet are no more than the tables, each has a table of its own and never moves. Otherwise every slot is an assignment
    of meetings to tables.

    Parameters
    ----------
    ends : ndarray of int, shape (n meetings, 2)
        The two people of each meeting.
    slots : ndarray of int, shape (n meetings,)
    fixed : ndarray of int, shape (n meetings,)
        A table that is agreed, -1 for none.
    n_tables : int
    hosts : ndarray of bool, shape (n people,)
        Who should stay seated while the others come and go.

    Returns
    -------
    ndarray of int, shape (n meetings,)
        Tables, counted from 0; no table twice in a slot.
    """
    table = np.full(len(slots), -1)
    last = np.full(len(hosts), -1)
    seated = np.unique(ends[hosts[ends]])
    homes = np.full(len(hosts), -1)
    if len(seated) <= n_tables:
        homes[seated] = np.arange(len(seated))
    for slot in np.unique(slots):
        here = np.flatnonzero(slots == slot)
        table[here] = _slot(
            ends[here], fixed[here], n_tables, np.where(hosts, np.where(last < 0, homes, last), last), hosts
        )
        last[ends[here]] = table[here][:, None]
    return table


def _slot(ends: np.ndarray, fixed: np.ndarray, n_tables: int, last: np.ndarray, hosts: np.ndarray) -> np.ndarray:
    liking = np.zeros((len(ends), n_tables))
    for side in (0, 1):
        people = ends[:, side]
        known = np.flatnonzero(last[people] >= 0)
        liking[known, last[people[known]]] += np.where(hosts[people[known]], 2.0, 1.0)
    agreed = np.flatnonzero(fixed >= 0)
    liking[agreed] = -1e3
    liking[:, fixed[agreed]] = -1e3
    liking[agreed, fixed[agreed]] = 1e6
    liking -= np.arange(n_tables) * 1e-6
    meetings, tables = linear_sum_assignment(liking, maximize=True)
    found = np.empty(len(ends), dtype=np.int64)
    found[meetings] = tables
    return found
