"""The sandbox: the hosting platform itself, as an XML-RPC server with its own database.

A Django project of its own inside this repository. It imports nothing of the rest of `portal` and is
imported by nothing, so that it stays a second, independent reading of the platform's rules.
It never runs in production. How to start it stands in `__main__.py`.
"""
