"""Expectations: pure objects that are fed what happens, and know whether they are met (contract §6)."""
