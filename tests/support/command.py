"""The command line in a process of its own."""

import os
import sys

RUN = "from primacy_model.cli.entry import main; main()"

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
