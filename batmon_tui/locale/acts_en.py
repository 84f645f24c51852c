"""What people did, for the handover, in English; an act that is not here is told by its verb."""

WORDS = {
    "handover.act.incident.ack": "incident acknowledged",
    "handover.act.incident.unack": "acknowledgement given back",
    "handover.act.incident.note": "note on an incident",
    "handover.act.incident.resolve": "incident resolved by hand",
    "handover.act.silence.add": "silenced",
    "handover.act.silence.end": "silence ended",
    "handover.act.inbox.act": "decided in an inbox",
    "handover.act.automation.run": "automation run",
    "handover.act.automation.pause": "automation paused",
    "handover.act.automation.resume": "automation resumed",
    "handover.act.rerun": "run again",
    "handover.act.stop": "re-run stopped",
    "handover.act.probe.look": "looked at now",
    "handover.act.notify.resend": "message sent again",
    "handover.act.notify.test": "test message",
    "handover.act.event.retry": "event tried again",
    "handover.act.user.add": "user added",
    "handover.act.user.remove": "user removed",
    "handover.act.ssh login": "came in over SSH",
}
