"""The store in this process's memory, for simulations and back-tests: what it holds ends with the process."""

from pushrank.store.memory.store import MemoryStore

__all__ = ["MemoryStore"]
