"""What may go wrong, one class for each thing that a caller can do about it.

Contract: a message is one sentence that says what was got, or what to do. Two of the
classes decide what a client may do next: after `OutcomeUnknown` a write may still come
to be applied, after every other refusal of a write it never will.
"""

from __future__ import annotations


class SettingsError(ValueError):
    """Settings that cannot work: what was got and what is allowed."""


class StoreError(Exception):
    """The disk of an agent cannot be used; the agent does not run on."""


class StoreInUse(StoreError):
    """Another agent has the file open."""


class StoreDamaged(StoreError):
    """What the file holds is not what was written."""


class StoreForeign(StoreError):
    """The file belongs to another agent, or to another mesh."""


class StoreBroken(StoreError):
    """A write failed, or its outcome is not known."""


class TermsUsedUp(Exception):
    """The agent knows the highest term that there is; nobody can stand above it."""


class RequestError(Exception):
    """A request was not answered as it was asked."""


class AgentStopped(RequestError):
    """The agent does not run: not yet, or no longer."""


class TooBusy(RequestError):
    """More requests wait than the agent takes at a time; this one was not begun."""


class CommandRefused(RequestError, ValueError):
    """A command that can never be taken: too long, or no Unicode text."""


class NotAccepted(RequestError):
    """Nobody took the write in time. It was not begun and never will be applied."""


class WriteLost(RequestError):
    """Another leader's entry stands where the write stood: it is never applied."""


class OutcomeUnknown(RequestError):
    """No answer came in time: the write may have been applied, or may yet be."""


class NotFresh(RequestError):
    """Freshness could not be proved in time: no value is given."""


class ChangeRefused(RequestError):
    """The members stay as they are: ask the leader, or for another change."""


class TransferFailed(RequestError):
    """Leadership was not handed over, or not in time."""


class SnapshotRefused(RequestError):
    """No snapshot was taken; the log is kept as it is."""
