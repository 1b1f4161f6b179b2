"""House rules that no linter of others knows, each as a check over source texts and a test that sees it catch a violation."""
