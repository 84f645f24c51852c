"""What RPA teams have: their logger and their SQL for the month's saved hours, word for word.

Only the parameters of the connection are others, as each team puts in its own.
"""
# ruff: noqa: W291 - the text is somebody else's, blanks at the ends of its lines too

from urllib.parse import parse_qs, urlsplit

import psycopg2


# fmt: off
class RPALogger:
    def __init__(self):
        # DB 연결 정보 (보안을 위해 환경 변수나 Secret Manager 사용 권장)
        self.conn_params = {
            "host": "your-db-host",
            "database": "rpa_db",
            "user": "sohyun_admin",
            "password": "yourpassword",
            "port": 5432
        }

    def start_log(self, bot_name, task_name):
        """작업 시작 시 로그 생성하고 log_id 반환"""
        query = """
            INSERT INTO rpa_execution_logs (bot_name, task_name, status)
            VALUES (%s, %s, 'RUNNING') RETURNING log_id;
        """
        conn = psycopg2.connect(**self.conn_params)
        cur = conn.cursor()
        cur.execute(query, (bot_name, task_name))
        log_id = cur.fetchone()[0]
        conn.commit()
        cur.close()
        conn.close()
        return log_id

    def end_log(self, log_id, status, message="", error_details="", processed_count=0):
        """작업 종료 시 로그 업데이트"""
        query = """
            UPDATE rpa_execution_logs 
            SET status = %s, 
                message = %s, 
                error_details = %s, 
                processed_count = %s,
                end_time = CURRENT_TIMESTAMP,
                duration_sec = EXTRACT(EPOCH FROM (CURRENT_TIMESTAMP - start_time))
            WHERE log_id = %s;
        """
        conn = psycopg2.connect(**self.conn_params)
        cur = conn.cursor()
        cur.execute(query, (status, message, error_details, processed_count, log_id))
        conn.commit()
        cur.close()
        conn.close()
# fmt: on


MONTHLY_SAVINGS = """\
-- 이번 달 봇별 총 절감 시간 계산 (1건당 평균 5분 소요된다고 가정)
SELECT 
    bot_name,
    SUM(processed_count) as total_count,
    ROUND(SUM(processed_count) * 5.0 / 60, 1) as saved_hours,
    ROUND(AVG(duration_sec), 0) as avg_runtime_sec
FROM rpa_execution_logs
WHERE status = 'SUCCESS' 
  AND start_time >= DATE_TRUNC('month', CURRENT_DATE)
GROUP BY bot_name;
"""


def connection_parameters(url):
    """What psycopg2 takes, from a database URL as `batmon doctor --json` shows it to admins."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return {
        "host": parts.hostname or query["host"][0],
        "database": parts.path[1:],
        "user": parts.username or query["user"][0],
        "password": parts.password or "yourpassword",
        "port": parts.port or 5432,
    }


def logger_at(url):
    """The logger, set up for this database."""
    logger = RPALogger()
    logger.conn_params = connection_parameters(url)
    return logger
