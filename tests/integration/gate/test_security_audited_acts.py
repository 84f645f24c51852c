"""The audit trail says of a decision which inbox and action it was, and of a test message who was to get it."""

from batmon.model import Role


async def test_what_was_decided_and_whom_it_was_sent_to_is_in_the_trail(world):
    async with await world.client(act_as=world.person("kim", Role.OPERATOR)) as kim:
        await kim.request("rerun", id="17", inbox="tickets", action="answer", asks={"answer": "for kimcs only"})
        await kim.request("rerun", channel="email", recipient="strange\x1b@example.com")
    first, second = world.trail
    assert (first.actor, first.target) == ("kim", "tickets answer 17")
    assert "kimcs" not in first.detail
    assert (second.target, second.detail) == ("email", "recipient: strange␛@example.com, run_id: 1")
