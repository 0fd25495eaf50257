"""Which numbers a setting may be: named types with bounds, which stand beside the fields."""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

LARGEST = 2**31 - 1  # what every library here takes as a count
Value = TypeVar("Value", int, float)


def _different(values: list[Value]) -> list[Value]:
    if len(set(values)) < len(values):
        raise ValueError("a value stands twice")
    return values


def _odd(number: int) -> int:
    if number % 2 == 0:
        raise ValueError("it is even")
    return number


def _rising(pair: tuple[Value, Value]) -> tuple[Value, Value]:
    if pair[0] > pair[1]:
        raise ValueError("the first is above the second")
    return pair


# Whole numbers.
Count = Annotated[int, Field(gt=0, le=LARGEST)]
Epochs = Count
BatchSize = Count
Width = Count
Frames = Count
Hops = Count
Odd = Annotated[Count, Field(description="an odd number above 0"), AfterValidator(_odd)]
Whole = Annotated[int, Field(ge=0, le=LARGEST)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Workers = Annotated[int, Field(gt=0, le=4096)]  # processes or threads
Resamples = Annotated[int, Field(gt=0, le=1_000_000)]
Seeds = Annotated[
    list[Seed],
    Field(min_length=1, description="a list that is not empty, of different whole numbers from 0"),
    AfterValidator(_different),
]
Counts = Annotated[tuple[Count, ...], Field(min_length=1)]

# Other numbers, all finite.
Finite = Annotated[float, Field(allow_inf_nan=False, description="a finite number")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]  # a weight, a price, a deviation
Rate = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]  # of learning
Share = Annotated[float, Field(gt=0, le=1)]
Probability = Annotated[float, Field(ge=0, le=1, description="a probability between 0 and 1")]
BelowOne = Annotated[float, Field(ge=0, lt=1)]  # momentum, dropout, what is left out
Cosine = Annotated[float, Field(ge=-1, le=1)]
Range = Annotated[  # least and most
    tuple[Amount, Amount],
    Field(description="two numbers from 0, the smaller one first"),
    AfterValidator(_rising),
]
FrameRange = Annotated[
    tuple[Count, Count],
    Field(description="two whole numbers above 0, the smaller one first"),
    AfterValidator(_rising),
]

# Words.
Name = Annotated[str, Field(min_length=1, description="a word that is not empty")]
# Of a file of texts, without its ending.
SourceName = Annotated[
    str, Field(pattern=r"^[\w-]+$", description="a name of letters, digits, _ and -")
]
SourceNames = Annotated[list[SourceName], Field(min_length=1)]
