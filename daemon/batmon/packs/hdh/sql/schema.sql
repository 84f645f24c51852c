-- The tables of the pack: made where they do not exist yet, used where they do.
-- A table that exists keeps its rows, columns and types; only columns that the pack needs and that are absent are added.

CREATE TABLE IF NOT EXISTS users (
    id bigserial PRIMARY KEY,
    name varchar(100) NOT NULL,
    email varchar(254) NOT NULL,
    phone varchar(40),
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
ALTER TABLE users ADD COLUMN IF NOT EXISTS withdrawn_at timestamptz;
ALTER TABLE users ADD COLUMN IF NOT EXISTS may_request_referral boolean NOT NULL DEFAULT false;
ALTER TABLE users ADD COLUMN IF NOT EXISTS referral_code varchar(40);

CREATE TABLE IF NOT EXISTS academy_applications (
    id bigserial PRIMARY KEY,
    name varchar(100) NOT NULL,
    email varchar(254) NOT NULL,
    phone varchar(40),
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
ALTER TABLE academy_applications ADD COLUMN IF NOT EXISTS status varchar(20) NOT NULL DEFAULT '신청 대기';
ALTER TABLE academy_applications ADD COLUMN IF NOT EXISTS completed_at timestamptz;
ALTER TABLE academy_applications ADD COLUMN IF NOT EXISTS told_at timestamptz;
COMMENT ON COLUMN academy_applications.status IS '신청 대기, 교육 진행 중, 이수 완료';
COMMENT ON COLUMN academy_applications.told_at IS 'when the pack wrote to the person that the course is completed';

CREATE TABLE IF NOT EXISTS referral_requests (
    id bigserial PRIMARY KEY,
    name varchar(100) NOT NULL,
    email varchar(254) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
ALTER TABLE referral_requests ADD COLUMN IF NOT EXISTS status varchar(20) NOT NULL DEFAULT '신청 대기';
ALTER TABLE referral_requests ADD COLUMN IF NOT EXISTS code varchar(40) UNIQUE;
ALTER TABLE referral_requests ADD COLUMN IF NOT EXISTS reject_reason text;
ALTER TABLE referral_requests ADD COLUMN IF NOT EXISTS decided_at timestamptz;
COMMENT ON COLUMN referral_requests.status IS '신청 대기, 승인 완료, 거부';

CREATE TABLE IF NOT EXISTS sunny_chat_logs (
    id bigserial PRIMARY KEY,
    email varchar(254),
    question text NOT NULL,
    answer text,
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
ALTER TABLE sunny_chat_logs ADD COLUMN IF NOT EXISTS status varchar(20) NOT NULL DEFAULT '답변 완료';
ALTER TABLE sunny_chat_logs ADD COLUMN IF NOT EXISTS auto_reply text;
COMMENT ON COLUMN sunny_chat_logs.status IS '답변 완료, 답변 실패, 처리 완료';

CREATE TABLE IF NOT EXISTS support_tickets (
    id bigserial PRIMARY KEY,
    name varchar(100) NOT NULL,
    email varchar(254) NOT NULL,
    title varchar(200) NOT NULL,
    content text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
ALTER TABLE support_tickets ADD COLUMN IF NOT EXISTS status varchar(20) NOT NULL DEFAULT '미답변';
ALTER TABLE support_tickets ADD COLUMN IF NOT EXISTS urgent boolean NOT NULL DEFAULT false;
ALTER TABLE support_tickets ADD COLUMN IF NOT EXISTS answer text;
ALTER TABLE support_tickets ADD COLUMN IF NOT EXISTS answered_at timestamptz;
ALTER TABLE support_tickets ADD COLUMN IF NOT EXISTS told_at timestamptz;
COMMENT ON COLUMN support_tickets.status IS '미답변, 답변 완료';
COMMENT ON COLUMN support_tickets.told_at IS 'when the pack sent the answer to the person';

CREATE TABLE IF NOT EXISTS daily_statistics (
    date date PRIMARY KEY,
    new_members integer NOT NULL DEFAULT 0,
    academy_applications integer NOT NULL DEFAULT 0,
    education_completed integer NOT NULL DEFAULT 0,
    referral_requests integer NOT NULL DEFAULT 0,
    referral_issued integer NOT NULL DEFAULT 0,
    sunny_inquiries integer NOT NULL DEFAULT 0,
    support_tickets integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE IF NOT EXISTS monthly_reports (
    month date PRIMARY KEY,
    new_members integer NOT NULL,
    total_members integer NOT NULL,
    left_members integer NOT NULL,
    academy_applications integer NOT NULL,
    education_completed integer NOT NULL,
    referral_requests integer NOT NULL,
    referral_issued integer NOT NULL,
    inquiries integer NOT NULL,
    sunny_inquiries integer NOT NULL,
    sunny_answered integer NOT NULL,
    support_tickets integer NOT NULL,
    average_answer_hours numeric(10, 1),
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
COMMENT ON COLUMN monthly_reports.month IS 'the first day of the month that is reported';
