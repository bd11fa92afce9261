"""What can be taken home: an experiment as a script or a notebook of a framework, a fix as code, an experiment as JSON.

Public: script.script, notebook.notebook, fix.fix_code, record.record; defaults, what frameworks do on their own.
"""
