"""The HTML report: one page that needs nothing else. `oracle.report.html_report` puts it together; imports no command line."""
