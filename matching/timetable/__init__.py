"""The timetable of meetings: who meets whom, when and at which table, with a certificate of how good it can be.

Use::

    from matching.timetable import plan, read_problem, verify

    problem = read_problem(document)            # the form of `python -m matching schedule --in`
    made = plan(problem)                        # made.value, made.bound, made.gap, made.below_minimum
    verify(made.document(problem), document)    # what is wrong with a plan, [] for nothing; knows nothing of the solver

``matching.timetable.loads.assign`` gives mentors, judges and reviewers to those who need them, with loads and
conflicts of interest.
"""

from matching.timetable.planning import Plan, plan
from matching.timetable.problem import Problem, read_problem
from matching.timetable.verify import verify

__all__ = ["Plan", "Problem", "plan", "read_problem", "verify"]
