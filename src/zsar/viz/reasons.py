"""Evidence for one class against another as bars, strongest first."""

from pathlib import Path

from zsar.kinematics.explain import VARIANT, Explanation, Reason
from zsar.viz.plots import figure_file

SHOWN = 14
FOR, AGAINST = "#134f7a", "#b5341f"
ROW = 0.27  # inches


def draw_reasons(found: Explanation, path: Path) -> None:
    """Write a PNG: to the right what speaks for the answer, to the left what speaks against it."""
    shown = [each for each in found.reasons if each.attribute != VARIANT][:SHOWN]
    height = ROW * (len(shown) + 1)
    with figure_file(5.0, height, path) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        places = range(len(shown))
        nats = [each.nats for each in shown]
        axes.barh(places, nats, color=[FOR if each > 0 else AGAINST for each in nats])
        axes.set_yticks(places, [each.attribute for each in shown])
        axes.invert_yaxis()
        axes.axvline(0, color="black", linewidth=0.8)
        for place, each in enumerate(shown):
            axes.annotate(
                _numbers(each), (1.01, place), xycoords=("axes fraction", "data"), va="center"
            )
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.set_xlabel(f"nats for {found.answer} (right) or {found.against} (left)")
        axes.set_title(
            f"{found.clip}: {found.answer}, not {found.against} ({found.nats:+.1f} nats)\n"
            "at the right: measured, expected, expected of the other",
            loc="left",
        )


def _numbers(reason: Reason) -> str:
    values = (reason.measured, reason.expected, reason.against)
    return (
        "   ".join("-" if each is None else f"{each:.2f}" for each in values) + f"  {reason.unit}"
    )
