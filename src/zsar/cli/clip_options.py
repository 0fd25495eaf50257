"""The options by which a user says of files what they do not say themselves: the same for every
command that takes files."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zsar.data.unlabelled import Declared

LayoutOption = Annotated[
    str,
    typer.Option(
        "--layout",
        help="the joints in file order, if no line of names says them: ntu25, kinect20,"
        " kinect20_utd, coco17, mediapipe33, smpl22, azure32 or kard15",
    ),
]
UnitOption = Annotated[
    str,
    typer.Option(
        "--unit",
        help="metre, centimetre, millimetre or inch; without it metre, millimetre for azure32, and"
        " for .bvh the one in which the performer stands 1.1 to 2.3 m tall",
    ),
]
AxesOption = Annotated[
    str,
    typer.Option(
        "--axes",
        help="which axes of the files are x (towards the right hand of a person who faces the"
        " camera), y (up) and z (away from the camera), such as -x,-y,z; without it x,y,z, for"
        " mediapipe33 and azure32 -x,-y,z, and a .bvh is turned to face the camera",
    ),
]
OriginOption = Annotated[
    str,
    typer.Option(
        "--origin",
        help="a point in metres that is added to every joint, such as 0,0,3; without it that one"
        " for mediapipe33, whose world landmarks are centred on the hips, and for .bvh",
    ),
]
FpsOption = Annotated[
    float | None,
    typer.Option(
        "--fps", help="frames per second, if the file does not say (a csv by a column `time`)"
    ),
]


def declared(layout: str, unit: str, axes: str, origin: str, fps: float | None) -> "Declared":
    """What these options say; a UserError where they say what cannot be."""
    from zsar.data.unlabelled import UNDECLARED, Declared
    from zsar.errors import UserError

    axis = _three(axes, "axes", "-x,-y,z") if axes else UNDECLARED.axes
    try:
        numbers = _three(origin, "origin", "0,0,3") if origin else UNDECLARED.origin
        x, y, z = map(float, numbers)
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"--origin is {origin!r}, expected three numbers, as 0,0,3") from error
    rate = UNDECLARED.fps if fps is None else fps
    return Declared(layout, unit, axis, (x, y, z), rate)


def _three(text: str, name: str, example: str) -> tuple[str, str, str]:
    from zsar.errors import UserError

    match text.strip(" []()").replace(",", " ").split():
        case [first, second, third]:
            return first, second, third
    raise UserError(f"--{name} is {text!r}, expected three, as {example}")
