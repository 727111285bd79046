"""The few lines of FastAPI that many serve a model by.

python -m benchmarks.server.fastapi_wrapper EXPORT PORT
"""

import sys
from typing import Any

import fastapi
import numpy as np
import onnxruntime
import pydantic
import uvicorn


class Question(pydantic.BaseModel):
    """Encoded rows."""

    ids: list[list[int]]


def main() -> None:
    """Serves until it is ended."""
    export, port = sys.argv[1:]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(f"{export}/model.onnx", options)
    names = [output.name for output in session.get_outputs()]
    app = fastapi.FastAPI()

    @app.get("/ready")
    def ready() -> bool:
        return True

    @app.post("/predict")
    def predict(question: Question) -> Any:
        feed = {"ids": np.array(question.ids, np.int64)}
        outputs = session.run(names, feed)
        return {
            name: output.tolist()
            for name, output in zip(names, outputs, strict=True)
        }

    uvicorn.run(app, port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
