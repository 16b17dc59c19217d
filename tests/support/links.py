"""One end of a connection by itself: a link, or a port that listens."""

from pathlib import Path

from primacy_runtime.counters import Counters
from primacy_runtime.log import EventLogger
from primacy_runtime.net import listener as net_listener
from primacy_runtime.net.handshake import IntroductionContext, Introductions
from primacy_runtime.net.link import LinkSettings
from primacy_runtime.store import Store
from tests.support.stores import CONFIG


def link_terms(folder: Path, patience: float) -> tuple[LinkSettings, Store]:
    store = Store.open(folder / "ada.sqlite3", CONFIG)

    async def remember(agent: str, disk: str) -> None:
        store.remember(agent, disk)

    introductions = Introductions(
        IntroductionContext(
            CONFIG, store.id, store.known, remember, lambda _: True, lambda: ""
        )
    )

    async def fetch(index: int) -> bytes | None:
        return store.snapshot(index)

    teller = EventLogger("mesh", "ada")
    terms = LinkSettings(
        introductions, Counters(), teller, None, patience, 0.1, lambda *_: None, fetch
    )
    return terms, store


def listener_at(
    folder: Path, deliver: net_listener.Deliver
) -> tuple[net_listener.Listener, Store]:
    terms, store = link_terms(folder, 0.5)
    context = net_listener.ListenerContext(
        terms.introductions,
        terms.counts,
        terms.teller,
        None,
        0.5,
        deliver,
        lambda *_: None,
        lambda *_: None,
    )
    return net_listener.Listener(context), store
