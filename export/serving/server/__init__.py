"""A server of exported models that speaks the Open Inference Protocol, V2.

Needs the package kserve, whose SDK it is built on. Nothing is imported before
a server starts, so that the arguments of the command line answer at once.
"""
