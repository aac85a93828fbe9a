"""A tiny stage over real files: squares of numbers, then their sum, then each divided by the sum."""

from pathlib import Path

import pytest

from mixpipe.store.files import read_json, write_json
from mixpipe.store.stage import Context, Part, Stage, StageConfig, Step, execution_only


class SquaresConfig(StageConfig):
    numbers: tuple[int, ...]
    power: int = 2
    note: str = execution_only(default="")


def plan_squares(context: Context) -> list[Part]:
    power = context.config.power
    return [
        Part(f"square-{index:03d}", {"number": number}, {"number": number, "power": power})
        for index, number in enumerate(context.config.numbers)
    ]


def run_square(context: Context, part: Part) -> dict[str, float]:
    value = part.spec["number"] ** context.config.power
    write_json(context.out / f"{part.name}.json", value)
    return {"numbers": 1, "sum": value}


def plan_shares(context: Context) -> list[Part]:
    squares = sorted(context.out.glob("square-*.json"))
    total = read_json(context.out / "total.json")
    return [
        Part(path.stem.replace("square", "share"), {"square": path.name}, {"square": read_json(path), "total": total})
        for path in squares
    ]


def run_share(context: Context, part: Part) -> dict[str, float]:
    share = read_json(context.out / part.spec["square"]) / read_json(context.out / "total.json")
    write_json(context.out / f"{part.name}.json", share)
    return {}


def finish_squares(context: Context) -> dict[str, float]:
    total = sum(read_json(path) for path in sorted(context.out.glob("square-*.json")))
    write_json(context.out / "total.json", total)
    return {"total": total}


def steps(config: SquaresConfig) -> tuple[Step, ...]:
    return (
        Step("square", plan_squares, run_square, finish_squares, keep=False),
        Step("share", plan_shares, run_share),
    )


@pytest.fixture
def squares() -> Stage:
    return Stage("squares", 1, SquaresConfig, (), steps)


@pytest.fixture
def kept_squares() -> Stage:
    return Stage("squares", 1, SquaresConfig, (), lambda config: (Step("square", plan_squares, run_square),))


@pytest.fixture
def config() -> SquaresConfig:
    return SquaresConfig(numbers=(1, 2, 3))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"
