-- The life after the first decision. Keep in step with ../postgres.

-- +goose Up
-- What the ledger shows of a journey. Its version rises with everything that is shown,
-- whoever writes it; updated_at and snapshot_at only say when it was last confirmed.
ALTER TABLE journeys ADD COLUMN registered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journeys ADD COLUMN tombstone TEXT NOT NULL DEFAULT '' CHECK (tombstone IN ('', 'ended', 'erased'));
ALTER TABLE journeys ADD COLUMN snapshot TEXT NOT NULL DEFAULT '';
ALTER TABLE journeys ADD COLUMN snapshot_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journeys ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- PostgreSQL refuses long index rows, and a reference may be of any length.
CREATE INDEX journeys_reference ON journeys (account, substr(reference, 1, 128)) WHERE reference <> '';
-- +goose StatementBegin
CREATE TRIGGER journeys_version AFTER UPDATE ON journeys
WHEN (OLD.reference, OLD.flow, OLD.phase, OLD.phase_since, OLD.review, OLD.outcome, OLD.sequence, OLD.since, OLD.snapshot)
	IS NOT (NEW.reference, NEW.flow, NEW.phase, NEW.phase_since, NEW.review, NEW.outcome, NEW.sequence, NEW.since, NEW.snapshot)
BEGIN
	UPDATE journeys SET version = OLD.version + 1 WHERE account = NEW.account AND journey_id = NEW.journey_id;
END;
-- +goose StatementEnd

-- What comes for an erased journey is kept without its content.
-- +goose StatementBegin
CREATE TRIGGER webhooks_of_erased AFTER INSERT ON webhooks
WHEN EXISTS (SELECT 1 FROM journeys WHERE account = NEW.account AND journey_id = NEW.journey_id AND tombstone = 'erased')
BEGIN
	UPDATE webhooks SET reference_no = '', body = x'', disposition = 'keep', reason = 'erased', event = NULL, due_at = NULL
	WHERE id = NEW.id;
END;
-- +goose StatementEnd
CREATE INDEX webhooks_reference ON webhooks (account, substr(reference_no, 1, 128)) WHERE reference_no <> '';

-- Whose turn it is to be audited.
CREATE INDEX journeys_audit ON journeys (account, flow, updated_at) WHERE phase = 'settled' AND outcome = 'approved';

-- Each account's feed is read by itself.
CREATE INDEX decisions_account ON decisions (account, position);

-- Open reviews and AML alerts; those of a journey are replaced by its snapshots.
CREATE TABLE reviews (
	account     TEXT    NOT NULL,
	journey_id  TEXT    NOT NULL,
	id          TEXT    NOT NULL,
	kind        TEXT    NOT NULL CHECK (kind IN ('vendor', 'local', 'aml')),
	reason      TEXT    NOT NULL,
	severity    TEXT    NOT NULL,
	aml_version INTEGER NOT NULL,
	since       INTEGER NOT NULL,
	-- overdue_at: when it was, or is to be, escalated; NULL if never
	overdue_at  INTEGER,
	PRIMARY KEY (account, journey_id, id)
);
CREATE INDEX reviews_oldest ON reviews (account, since);
CREATE INDEX reviews_open ON reviews (account, kind, severity, since, overdue_at);

-- What needs a person, by journey; part is the endpoint of delivery_parked.
CREATE TABLE attention (
	account    TEXT    NOT NULL,
	journey_id TEXT    NOT NULL,
	code       TEXT    NOT NULL,
	part       TEXT    NOT NULL,
	since      INTEGER NOT NULL,
	PRIMARY KEY (account, journey_id, code, part)
);
CREATE INDEX attention_incident ON attention (account, code, part, since, journey_id);
CREATE TABLE acknowledgements (
	account TEXT    NOT NULL,
	code    TEXT    NOT NULL,
	part    TEXT    NOT NULL,
	actor   TEXT    NOT NULL,
	at      INTEGER NOT NULL,
	PRIMARY KEY (account, code, part)
);

-- status is 0 while the first request is in progress.
CREATE TABLE idempotency (
	token        TEXT    NOT NULL,
	key_hash     TEXT    NOT NULL,
	request_hash TEXT    NOT NULL,
	begun_at     INTEGER NOT NULL,
	status       INTEGER NOT NULL DEFAULT 0,
	body         TEXT    NOT NULL DEFAULT '',
	PRIMARY KEY (token, key_hash)
);
CREATE INDEX idempotency_begun ON idempotency (begun_at);

CREATE TABLE spot_checks (
	account    TEXT    NOT NULL,
	spot_id    TEXT    NOT NULL,
	journey_id TEXT    NOT NULL,
	outcome    TEXT    NOT NULL,
	reference  TEXT    NOT NULL,
	decided_at INTEGER NOT NULL,
	content    TEXT    NOT NULL,
	PRIMARY KEY (account, spot_id)
);
CREATE INDEX spot_checks_journey ON spot_checks (account, journey_id);
CREATE INDEX spot_checks_held ON spot_checks (account, decided_at, spot_id) WHERE journey_id = '' OR outcome = 'on_hold';

CREATE TABLE step_answers (
	account    TEXT    NOT NULL,
	journey_id TEXT    NOT NULL,
	step       TEXT    NOT NULL,
	round      INTEGER NOT NULL,
	subject    TEXT    NOT NULL,
	content    TEXT    NOT NULL,
	at         INTEGER NOT NULL,
	PRIMARY KEY (account, journey_id, step, round, subject)
);
CREATE TABLE step_calls (
	token_hash TEXT    NOT NULL PRIMARY KEY,
	account    TEXT    NOT NULL,
	journey_id TEXT    NOT NULL,
	step       TEXT    NOT NULL,
	round      INTEGER NOT NULL,
	subject    TEXT    NOT NULL,
	opened_at  INTEGER NOT NULL
);
CREATE INDEX step_calls_journey ON step_calls (account, journey_id);
