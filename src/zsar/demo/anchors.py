"""Where hands go: places on the own body, before it, and on the partner."""

from zsar.demo.moves import Anchor

ANCHORS = {
    "rest": Anchor("own", "loose", "shoulder", (0.07, -0.555, 0.05), (0.35, 0.0, -1.0)),
    "beside": Anchor("own", "chest", "shoulder", (0.12, -0.53, 0.05), (0.5, 0.0, -0.6)),
    # on the head
    "mouth": Anchor("own", "head", "head", (0.02, -0.12, 0.12), (0.6, -1.0, 0.0)),
    "teeth": Anchor("own", "head", "head", (0.07, -0.10, 0.12), (1.0, -0.6, 0.2)),
    "ear": Anchor("own", "head", "head", (0.10, -0.05, 0.05), (0.7, -1.0, 0.7)),
    "temple": Anchor("own", "head", "head", (0.09, 0.05, 0.09), (1.0, -0.25, 0.3)),
    "face": Anchor("own", "head", "head", (0.03, -0.01, 0.13), (0.8, -1.0, 0.3)),
    # before the trunk
    "chest": Anchor("own", "chest", "spine_shoulder", (0.05, -0.14, 0.32), (0.6, -1.0, -0.3)),
    "belly": Anchor("own", "chest", "spine_shoulder", (0.045, -0.27, 0.29), (0.7, -1.0, -0.2)),
    "watch": Anchor("own", "chest", "spine_shoulder", (-0.04, -0.15, 0.27), (1.0, -0.6, 0.3)),
    "crossed": Anchor("own", "chest", "spine_shoulder", (-0.14, -0.06, 0.27), (0.7, -1.0, 0.3)),
    "holding": Anchor("own", "chest", "shoulder", (-0.06, -0.24, 0.32), (0.4, -1.0, -0.3)),
    "guard": Anchor("own", "chest", "shoulder", (-0.07, 0.00, 0.28), (0.5, -1.0, 0.1)),
    "ready": Anchor("own", "chest", "shoulder", (0.03, -0.31, 0.26), (0.4, -0.6, -1.0)),
    # away from it
    "low": Anchor("own", "chest", "shoulder", (-0.03, -0.27, 0.42), (0.4, -1.0, -0.2)),
    "ahead": Anchor("own", "chest", "shoulder", (0.00, 0.00, 0.62), (0.5, -1.0, 0.0)),
    "there": Anchor("own", "chest", "shoulder", (0.18, 0.06, 0.62), (0.6, -1.0, 0.0)),
    "wave": Anchor("own", "chest", "shoulder", (0.17, 0.27, 0.18), (0.7, -1.0, -0.1)),
    "high": Anchor("own", "chest", "shoulder", (0.14, 0.57, 0.08), (1.0, 0.0, 0.4)),
    "behind head": Anchor("own", "chest", "shoulder", (0.17, 0.22, -0.14), (1.0, -0.3, -0.2)),
    "across": Anchor("own", "chest", "shoulder", (-0.28, -0.34, 0.36), (0.8, -0.6, -0.2)),
    "wide": Anchor("own", "chest", "shoulder", (0.42, -0.24, 0.10), (0.2, -0.6, -1.0)),
    "back": Anchor("own", "chest", "shoulder", (0.05, -0.45, -0.30), (0.3, 0.2, -1.0)),
    # below
    "knee": Anchor("own", "floor", "spine_base", (0.13, 0.10, 0.36), (1.0, 0.0, -0.6)),
    "ground": Anchor("own", "floor", "ground", (0.08, 0.08, 0.42), (1.0, 0.0, -0.4)),
    "behind": Anchor("own", "floor", "ground", (0.30, 0.05, -0.35), (0.6, 0.2, -1.0)),
    # on the partner
    "their chest": Anchor("partner", "chest", "spine_shoulder", (0.12, -0.1, 0.1), (0.8, -1.0, 0)),
    "their face": Anchor("partner", "head", "head", (0.02, -0.03, 0.12), (0.7, -1.0, 0.0)),
    "their back": Anchor("partner", "chest", "spine_shoulder", (0.06, -0.14, -0.13), (1, -0.6, 0)),
    "their hand": Anchor("between", "floor", "spine_base", (0.01, 0.14, 0.0), (0.4, -1.0, -0.4)),
}
