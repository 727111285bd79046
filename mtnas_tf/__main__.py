"""`python -m mtnas_tf` is `mtnas`."""

import sys

from mtnas_tf.cli import main

sys.exit(main())
