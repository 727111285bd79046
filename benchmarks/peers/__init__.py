"""Other libraries, one file each, and ours as they are used.

A module has `step_rounds(config)` and `training_rounds(config)`, each a `build`
of `benchmarks.harness.subject`, and where its models are served
`write(workload, directory)`, see `benchmarks.serving.files`. It runs in an
environment of its own, without `mtnas_tf`.
"""
