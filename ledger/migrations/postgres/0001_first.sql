-- Times are nanoseconds since 1970 in UTC. Keep in step with ../sqlite.

-- +goose Up
CREATE TABLE webhooks (
	id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	account      TEXT    NOT NULL,
	event_type   TEXT    NOT NULL,
	event_id     TEXT    NOT NULL,
	journey_id   TEXT    NOT NULL,
	reference_no TEXT    NOT NULL,
	body         BYTEA   NOT NULL,
	body_hash    TEXT    NOT NULL,
	disposition  TEXT    NOT NULL CHECK (disposition IN ('forward', 'keep', 'quarantine')),
	reason       TEXT    NOT NULL,
	received_at  BIGINT  NOT NULL,
	trace_parent TEXT    NOT NULL,
	event        BYTEA,
	attempts     INTEGER NOT NULL DEFAULT 0,
	-- due_at: when the webhook may be claimed for forwarding; NULL when it need not be (any more)
	due_at       BIGINT,
	forwarded_at BIGINT,
	CHECK ((disposition = 'forward') = (event IS NOT NULL)),
	CHECK (disposition = 'forward' OR due_at IS NULL)
);
-- Events without an id are never duplicates of each other.
CREATE UNIQUE INDEX webhooks_event ON webhooks (account, event_type, event_id, body_hash) WHERE event_id <> '';
CREATE INDEX webhooks_due ON webhooks (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX webhooks_account ON webhooks (account, disposition);

CREATE TABLE journeys (
	account    TEXT    NOT NULL,
	journey_id TEXT    NOT NULL,
	reference  TEXT    NOT NULL,
	flow       TEXT    NOT NULL,
	phase      TEXT    NOT NULL,
	updated_at BIGINT  NOT NULL,
	outcome    TEXT    NOT NULL DEFAULT '',
	sequence   INTEGER NOT NULL DEFAULT 0,
	since      BIGINT  NOT NULL DEFAULT 0,
	PRIMARY KEY (account, journey_id)
);

CREATE TABLE decisions (
	position     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	account      TEXT    NOT NULL,
	journey_id   TEXT    NOT NULL,
	sequence     INTEGER NOT NULL,
	id           TEXT    NOT NULL UNIQUE,
	outcome      TEXT    NOT NULL,
	content      TEXT    NOT NULL,
	content_hash TEXT    NOT NULL,
	recorded_at  BIGINT  NOT NULL,
	UNIQUE (account, journey_id, sequence)
);
-- +goose StatementBegin
CREATE FUNCTION decisions_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'decisions are append-only';
END $$;
-- +goose StatementEnd
CREATE TRIGGER decisions_stay BEFORE UPDATE OR DELETE ON decisions
	FOR EACH ROW EXECUTE FUNCTION decisions_stay();

CREATE TABLE deliveries (
	message_id  TEXT    NOT NULL,
	endpoint    TEXT    NOT NULL,
	type        TEXT    NOT NULL,
	stream      TEXT    NOT NULL,
	account     TEXT    NOT NULL,
	journey_id  TEXT    NOT NULL,
	state       TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'parked')),
	attempts    INTEGER NOT NULL,
	last_status INTEGER NOT NULL,
	updated_at  BIGINT  NOT NULL,
	PRIMARY KEY (message_id, endpoint)
);

-- A row is the intent to submit, written before the submission.
CREATE TABLE submissions (
	account    TEXT    NOT NULL,
	journey_id TEXT    NOT NULL,
	step       TEXT    NOT NULL,
	subject    TEXT    NOT NULL,
	claimed_at BIGINT  NOT NULL,
	PRIMARY KEY (account, journey_id, step, subject)
);
