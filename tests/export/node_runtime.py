"""ONNX files in the JavaScript builds of ONNX Runtime, which npm has.

npm install --prefix DIR onnxruntime-web onnxruntime-node \
    --onnxruntime-node-install=skip
NODE_PATH=DIR/node_modules pytest -m slow tests/export
"""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

PROGRAM = Path(__file__).with_name("run_onnx.cjs")


def require(package):
    """Skips the test where Node.js or the package is missing."""
    if shutil.which("node") is None:
        pytest.skip("needs Node.js")
    if _node("-e", f"require.resolve('{package}')").returncode:
        pytest.skip(f"needs npm's {package} on NODE_PATH")


def run(package, model, feed, folder):
    """Predictions of an ONNX file.

    Args:
        package: string. The build of ONNX Runtime.
        model: path of the file.
        feed: dict input -> array.
        folder: path of a folder to write to.

    Returns:
        dict output -> float32 array.

    Raises:
        RuntimeError: with what the runtime says, if it refuses the inputs.
    """
    path = folder / "feed.json"
    inputs = {
        key: {
            "type": str(x.dtype),
            "shape": x.shape,
            "numbers": x.ravel().tolist(),
        }
        for key, x in feed.items()
    }
    path.write_text(json.dumps(inputs))
    result = _node(PROGRAM, package, model, path)
    if result.returncode:
        raise RuntimeError(result.stderr)
    return {
        name: np.reshape(x["numbers"], x["shape"]).astype("float32")
        for name, x in json.loads(result.stdout).items()
    }


def _node(*arguments):
    return subprocess.run(
        ["node", *map(str, arguments)], capture_output=True, text=True
    )
