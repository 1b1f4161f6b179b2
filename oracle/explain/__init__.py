"""Why two flavors differ: which lines of C decided each fact on which they part.

May import what stands below the reports. Nothing here runs unless somebody asks: the run is repeated under observation then.
"""
