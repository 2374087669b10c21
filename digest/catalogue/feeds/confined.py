"""A feed's XML, parsed in a process of its own that is short of time and memory.

The parser is thorough and slow: a few megabytes written to annoy it cost minutes and gigabytes. Beside the
sender that must not happen, and a thread cannot be stopped.
"""

from __future__ import annotations

import resource
import signal
from multiprocessing import get_context
from multiprocessing.connection import Connection

from digest.catalogue.feeds.feedform import read_xml_feed
from digest.catalogue.feeds.values import Feed
from digest.errors import BadInput

SECONDS = 20.0
MEMORY = 1_000_000_000
_CPU_SECONDS = 60


def read_confined(
    data: bytes, url: str, content_type: str = "", *, seconds: float = SECONDS, memory: int = MEMORY
) -> Feed:
    """Return what ``read_xml_feed`` does; raise BadInput also when it takes too long or too much memory."""
    # Forked, it would share the sender's sockets and locks.
    context = get_context("spawn")
    answers, ours = context.Pipe(duplex=False)
    child = context.Process(target=_read, args=(ours, memory, data, url, content_type), daemon=True)
    child.start()
    ours.close()
    try:
        late = BadInput(f"takes longer than {seconds:g} s to read")
        said = answers.recv() if answers.poll(seconds) else late
    except EOFError:
        said = BadInput("cannot be read: it takes too much memory, or the parser fails at it")
    finally:
        child.kill()
        child.join()
        answers.close()
    if isinstance(said, BadInput):
        raise said
    assert isinstance(said, Feed)
    return said


def _read(answers: Connection, memory: int, data: bytes, url: str, content_type: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # Should the parent die, nobody else would end this.
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    # Ctrl-C goes to the whole group; the parent ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    said: Feed | BadInput
    try:
        said = read_xml_feed(data, url, content_type)
    except BadInput as error:
        said = error
    except MemoryError:
        return
    answers.send(said)
