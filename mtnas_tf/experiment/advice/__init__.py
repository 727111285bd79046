"""Advice before a search: do tasks conflict, and what may a search gain?"""
