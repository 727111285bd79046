"""Common to benchmarks and studies: subjects in processes, results, pages."""
