"""The load generator: Locust in a process of its own, told what to do by orders.

Only `process`, `messages` and `samples` may be imported elsewhere: the others import gevent and Locust, which
patches whoever does.
"""
