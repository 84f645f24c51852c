-- The runs of batches' steps, few among very many: whoever asks for those of a period need not read the whole history. Of other
-- runs nothing is kept, and what a run is called does not change while it runs.
CREATE INDEX rpa_execution_logs_batches ON rpa_execution_logs (start_time) WHERE task_name LIKE 'single\_step\_%';
