"""Every schedule: runs a scenario with concurrent steps in every order that matters, and says what always, sometimes and never
happens. Imports runs and what they are made of; nothing of flavors or reports.
"""
