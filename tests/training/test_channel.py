"""The channel that only keeps what it gets, and requests to stop."""

from tests.training.timed_point_mass import ListeningChannel
from tuner.records import OutcomeKind, Tick
from tuner.training import Channel, SilentChannel, StopRequest


def talk(channel: Channel) -> StopRequest | None:
    """Say all that a trial says."""
    channel.phase("compile")
    channel.notice("it trains in float32")
    channel.phase("train")
    for index in (1, 2):
        channel.alive()
        channel.tick(Tick(index=index, clock_seconds=float(index)))
    return channel.stop_requested()


def test_a_silent_channel_keeps_ticks_and_notices():
    channel = SilentChannel()
    assert talk(channel) is None
    assert [tick.index for tick in channel.ticks] == [1, 2]
    assert channel.notices == ["it trains in float32"]


def test_requests_are_compared_by_what_they_ask_for():
    prune = StopRequest(OutcomeKind.PRUNED, rule="behind")
    assert prune == StopRequest(OutcomeKind.PRUNED, rule="behind")
    assert prune != StopRequest(OutcomeKind.PRUNED, rule="hopeless")
    assert StopRequest(OutcomeKind.INTERRUPTED).rule is None
    assert talk(ListeningChannel(stop=prune, after_alive=2)) == prune
