-- A Postgres role for botswain that reads statistics and the list of bots, and nothing else. As a superuser, in the
-- fleet's database: psql -d bots -f postgres-role.sql, then \password botswain. In botswain.yaml:
--
--   postgres:
--     main: {dsn: "host=/run/postgresql dbname=bots user=botswain", password: {file: postgres.password}}
--
CREATE ROLE botswain LOGIN CONNECTION LIMIT 8;
-- Everybody's sessions, statements and settings, to be looked at. It cannot end a session.
GRANT pg_monitor TO botswain;
ALTER ROLE botswain SET default_transaction_read_only = on;
ALTER ROLE botswain SET statement_timeout = '10s';
ALTER ROLE botswain SET idle_in_transaction_session_timeout = '10s';
-- For bots_from: only the columns that its query reads.
GRANT SELECT (name, is_enabled) ON bots TO botswain;
