"""Run a stage of the pipeline, as dvc.yaml does: python -m stages NAME [CELL [METHOD]]."""

import sys
from functools import partial

from stages.harness.run import run
from zsar.command_line import run_program

if __name__ == "__main__":
    run_program(f"stages {' '.join(sys.argv[1:2])}", partial(run, sys.argv[1:]))
