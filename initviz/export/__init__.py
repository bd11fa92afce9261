"""What can be taken home: an experiment as a script or a notebook of a framework, a fix as code, an experiment as JSON.

Public: script, notebook, fix_code; record; FRAMEWORK_DEFAULTS.
"""
