import numpy as np
from toy_data import make_data

from mtnas_tf.experiment.step_progress import StepProgress
from mtnas_tf.models import SharedBottom
from mtnas_tf.progress import shown_progress


def test_steps_of_a_fit_add_up():
    data = make_data()  # 4 steps an epoch
    model = SharedBottom(data.schema, hidden_units=(3,))
    model.compile(jit_compile=False)
    for epochs in (1, 3):  # of three: the rest comes at the end
        with shown_progress(10.0, print) as work:
            steps = StepProgress(2.0, 3 * data.steps_per_epoch)
            model.fit(data.train, epochs=epochs, callbacks=[steps], verbose=0)
        np.testing.assert_allclose(work.done, 2.0, rtol=1e-12)
