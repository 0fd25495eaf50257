"""Run a stage of the pipeline, as dvc.yaml does: python -m stages NAME [CELL [METHOD]]."""

import sys

from stages.harness.run import run
from zsar.errors import UserError

if __name__ == "__main__":
    try:
        run(sys.argv[1:])
    except UserError as error:
        sys.exit(f"stages {' '.join(sys.argv[1:2])}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"stages {' '.join(sys.argv[1:2])}: interrupted")
