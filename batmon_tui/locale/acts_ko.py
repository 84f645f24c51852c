"""What people did, for the handover, in Korean; an act that is not here is told by its verb."""

WORDS = {
    "handover.act.incident.ack": "장애 확인",
    "handover.act.incident.unack": "장애 확인 취소",
    "handover.act.incident.note": "장애 메모",
    "handover.act.incident.resolve": "장애 해결 처리",
    "handover.act.silence.add": "알림 중지",
    "handover.act.silence.end": "알림 중지 해제",
    "handover.act.inbox.act": "처리함 처리",
    "handover.act.automation.run": "자동화 실행",
    "handover.act.automation.pause": "자동화 일시 정지",
    "handover.act.automation.resume": "자동화 다시 시작",
    "handover.act.rerun": "재실행",
    "handover.act.stop": "재실행 중지",
    "handover.act.probe.look": "지금 점검",
    "handover.act.notify.resend": "알림 다시 보내기",
    "handover.act.notify.test": "시험 알림",
    "handover.act.event.retry": "이벤트 재시도",
    "handover.act.user.add": "사용자 추가",
    "handover.act.user.remove": "사용자 삭제",
    "handover.act.ssh login": "접속",
}
