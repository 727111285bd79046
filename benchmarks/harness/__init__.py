"""What benchmarks and studies share: subjects measured in processes, pages."""
