-- A role for starter and worker that reads and writes rows, beside the role that owns
-- the ledger's schema and runs `idjourney migrate`. Run it as the owner, once the role is
-- there and the first migration has been run:
--   psql "$OWNER_URL" --set=app=idjourney_app --file=deploy/postgres/app-role.sql
GRANT USAGE ON SCHEMA public TO :app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO :app;
-- What later migrations make.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO :app;
