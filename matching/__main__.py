"""The engine's command line: ``python -m matching`` with a command; ``--help`` lists them."""

import argparse
import sys
from collections.abc import Sequence

from matching.data import DataError, Dataset, parse_date
from matching.market.command import add_market, market
from matching.timetable.command import schedule

WRONG_INPUT = 2
"""Exit code for input that cannot be read, the same as for options that are wrong."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code (0, or 2 with a line on standard error)."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "rank":
            _rank(options)
        elif options.command == "market":
            market(options)
        elif options.command == "schedule":
            print(schedule(options.source, options.out), flush=True)
        else:
            _evaluate(options)
    except DataError as error:
        print(f"matching: {error}", file=sys.stderr)
        return WRONG_INPUT
    return 0


def _rank(options: argparse.Namespace) -> None:
    from matching.rank import rank  # noqa: PLC0415  scikit-learn is loaded for the commands that learn, not for the others

    rank(options)


def _evaluate(options: argparse.Namespace) -> None:
    from matching.evaluate import table  # noqa: PLC0415
    from matching.fitting import fit  # noqa: PLC0415

    split = parse_date(options.split, "--split")
    if split is None:
        raise DataError("--split: a day is needed (YYYY-MM-DD)")
    for line in table(fit, Dataset.from_csv(options.data), split, options.seed):
        print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m matching", description="Who would connect with whom.")
    commands = parser.add_subparsers(dest="command", required=True)
    ranking = commands.add_parser("rank", help="rank candidates for each query")
    ranking.add_argument("--for", dest="side", choices=("companies", "investors"), required=True, help="who asks")
    ranking.add_argument("--queries", required=True, metavar="FILE", help="CSV, id in the first column")
    ranking.add_argument("--candidates", required=True, metavar="FILE", help="CSV, id in the first column")
    ranking.add_argument("--limit", type=int, default=100, metavar="N", help="candidates for each query (100)")
    ranking.add_argument("--as-of", metavar="DATE", help="nothing after it is used (default: the newest investment)")
    ranking.add_argument("--out", required=True, metavar="FILE", help="where the ranked pairs go")
    add_market(commands)
    judging = commands.add_parser("evaluate", help="judge the engine on a split in time")
    judging.add_argument("--split", required=True, metavar="DATE", help="first day that is held out, for half a year")
    timetable = commands.add_parser("schedule", help="make a timetable of meetings")
    timetable.add_argument(
        "--in", dest="source", required=True, metavar="FILE", help="JSON: slots, tables, people, pairs"
    )
    timetable.add_argument("--out", required=True, metavar="FILE", help="where the plan goes")
    for command in (ranking, judging):
        command.add_argument(
            "--data", required=True, metavar="DIR", help="companies.csv, investors.csv, investments.csv"
        )
        command.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same result (0)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
