"""Jobs for other processes and machines, behind `concurrent.futures`."""

from mtnas_tf.jobs.finished_jobs import finished_jobs
from mtnas_tf.jobs.finished_jobs import jobs_in_order
from mtnas_tf.jobs.job_error import JobError
from mtnas_tf.jobs.named_executor import named_executor
from mtnas_tf.jobs.process_executor import ProcessExecutor

__all__ = [
    "JobError",
    "ProcessExecutor",
    "finished_jobs",
    "jobs_in_order",
    "named_executor",
]
