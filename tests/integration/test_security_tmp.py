"""scratch"""
import asyncio, asyncpg, pytest
from datetime import date
from batmon.store.statistics import Statistics
from batmon.engine.rollup import settle
from datetime import datetime, UTC
from batmon.metrics.periods import Period

async def test_poison(store, owner_url):
    c = await asyncpg.connect(owner_url)
    await c.execute("DROP ROLE IF EXISTS secbot"); await c.execute("CREATE ROLE secbot LOGIN")
    await c.execute("GRANT USAGE ON SCHEMA public TO secbot; GRANT INSERT ON rpa_execution_logs TO secbot; GRANT USAGE ON rpa_execution_logs_log_id_seq TO secbot")
    await c.execute("SET ROLE secbot")
    rows = []
    for st in ("infinity","-infinity","4713-01-01 BC","294276-12-31 23:59:59+00","9999-12-31","0001-01-01","0044-03-15 BC","2026-11-21","1969-12-31","20000-01-01"):
        for et in ("NULL","'infinity'","'-infinity'","'294276-12-31'","'4713-01-01 BC'"):
            for d in ("NULL","2147483647","-2147483648"):
                try:
                    await c.execute(f"INSERT INTO rpa_execution_logs(bot_name,task_name,status,start_time,end_time,duration_sec,processed_count) VALUES (E'\\x1b=İẞ''\"{st[:3]}','t','SUCCESS','{st}',{et},{d},2147483647)")
                except Exception as e: rows.append((st,et,d,repr(e)[:150]))
    for r in rows: print(r)
    await c.execute("INSERT INTO rpa_execution_logs(bot_name,task_name,status,start_time,slot,origin) VALUES ('','t','FAILED','2026-11-20','infinity','schedule'), ('','t','FAILED','2026-11-20','-infinity','rerun'), ('  ','t',E'\\u0001','2026-11-20',NULL,'xxx')")
    for q in ("INSERT INTO run_stats_queue(since,until) VALUES ('-infinity','infinity')","SELECT batmon_runs_truncated()","SELECT * FROM run_stats_daily","SELECT * FROM v_run_daily","SELECT * FROM report_records","SELECT batmon_make_partition(now())", "CREATE TABLE public.became(x int)","TRUNCATE rpa_execution_logs"):
        try: print(q, await c.fetch(q))
        except Exception as e: print(q, repr(e)[:100])
    # search path attack
    await c.execute("CREATE TEMP TABLE became(bot_name text, start_time timestamptz)")
    await c.execute("INSERT INTO pg_temp.became VALUES ('evil','2020-01-01')")
    await c.execute("CREATE FUNCTION pg_temp.lower(varchar) RETURNS text LANGUAGE sql AS $$ SELECT 'owned' || current_user $$")
    await c.execute("CREATE FUNCTION pg_temp.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'owned' || current_user $$")
    await c.execute("SET search_path = pg_temp, public")
    await c.execute("INSERT INTO public.rpa_execution_logs(bot_name,task_name,status,start_time) VALUES ('AA','t','SUCCESS','2026-11-20')")
    await c.execute("RESET ROLE")
    print(await c.fetch("SELECT DISTINCT program FROM public.run_stats_queue"))
    s = Statistics(store)
    print(await settle(s, lambda: datetime.now(UTC), 15.0))
    print(await s.waiting())
    for r in await c.fetch("SELECT program, day::text, succeeded, failed, processed, seconds, buckets, counts FROM public.run_stats_daily ORDER BY 1,2"): print(dict(r))
    print(await s.totals(Period(date(1970,1,1), date(9998,12,31))))
    for v in ("v_run_daily","v_program_month","v_run_monthly","v_bot_savings_month","v_department_savings_month"):
        print(v, len(await c.fetch(f"SELECT (x::text) FROM public.{v} x")))
    await c.close()
