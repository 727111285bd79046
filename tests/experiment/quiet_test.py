import logging
import warnings

from mtnas_tf.experiment import quiet


def test_a_warning_is_a_line():
    before = warnings.formatwarning
    with quiet.warnings_as_lines():
        text = warnings.formatwarning(
            UserWarning("few"), UserWarning, "x.py", 3
        )
    assert text == "warning: few\n"
    assert warnings.formatwarning is before


def test_retracing_is_not_told():
    quiet.import_tensorflow()
    logger = logging.getLogger("tensorflow")
    text = "5 out of the last 5 calls triggered tf.function retracing. It is"
    record = logger.makeRecord("tensorflow", 30, "", 0, text, (), None)
    assert not logger.filter(record)
    record = logger.makeRecord("tensorflow", 30, "", 0, "else", (), None)
    assert logger.filter(record)
