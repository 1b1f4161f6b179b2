"""Renders frozen results to text: terminal, Markdown, JSON. Knows nothing of argv, files or streams; imports `oracle.harness`
and what stands below it, never the command line."""
