import json

import numpy as np
import pytest
from page_reader import check_page
from toy_comparison import CONFIG

from mtnas_tf.experiment.allocation.pages import write_allocations
from mtnas_tf.experiment.allocation.summary import summarize
from mtnas_tf.experiment.reporting.write_report import write_report

TASKS = ("greek", "latin")
SHAPE = (len(TASKS), 1, len(CONFIG.allocation.components))


def make_row(model, seed, accuracies):
    tests = {
        task: {"accuracy": accuracy}
        for task, accuracy in zip(TASKS, accuracies, strict=True)
    }
    error = 1 - np.mean(accuracies)
    return {
        **{"model": model, "variant": None, "seed": seed, "test": tests},
        **{"error": error, "valid_error": error, "train_seconds": 1.0},
        **{"num_parameters": 10, "share": 1.0},
        "allocated": np.ones(SHAPE).tolist(),
        "probs": np.full(SHAPE, 0.75).tolist() if model == "learned" else None,
        "history": {"val_accuracy": [0.25, 0.5], "entropy": [0.5, 0.25]},
    }


def make_page(directory, *rows):
    protocol = {
        "config": json.loads(CONFIG.to_json()),
        **{"num_seeds": len(rows) // 2, "num_splits": 1, "date": "2026-01-01"},
        **{"tasks": list(TASKS), "rows": {"train": 9, "test": 1234}},
        "selection": "the best look",
    }
    summary = summarize(rows)
    result = {"protocol": protocol, "rows": rows, "summary": summary}
    write_allocations({"dataset": "letters", **result}, directory)
    path = write_report(directory)
    return check_page(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("accuracies", "answer"),
    [
        (
            (0.75, 0.75),  # 25 and 25 points more than the shared bottom's
            "learned: 25.00 points fewer errors than shared_bottom, ± 0.00: "
            "more than two standard errors.",
        ),
        (
            (0.75, 0.5),  # 25 and 0 points
            "learned: 12.50 points fewer errors than shared_bottom, ± 12.50: "
            "less than two standard errors.",
        ),
        (
            (0.25, 0.25),
            "learned: 25.00 points more errors than shared_bottom, ± 0.00: "
            "more than two standard errors.",
        ),
    ],
)
def test_the_page_tells_whether_learning_pays(accuracies, answer, tmp_path):
    rows = [
        make_row(model, seed, (own, own))
        for model, both in (
            ("learned", accuracies),
            ("shared_bottom", (0.5, 0.5)),
        )
        for seed, own in enumerate(both)
    ]
    page = make_page(tmp_path, *rows)
    lines = [text.strip() for text in page.texts["li"]]
    assert answer in lines
    assert any("1,234 test images" in line for line in lines)


def test_each_task_and_each_picture_is_shown(tmp_path):
    page = make_page(
        tmp_path,
        make_row("learned", 0, (1.0, 0.5)),
        make_row("shared_bottom", 0, (0.25, 0.5)),
    )
    cells = [text.strip() for text in page.texts["td"]]
    assert {"0.00", "75.00"} <= set(cells)  # errors in Greek
    assert "of one seed" in " ".join(page.texts["li"])
    assert len(page.of("svg")) == len(list(tmp_path.glob("*.svg"))) == 5
