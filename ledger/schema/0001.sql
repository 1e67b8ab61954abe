-- Both databases run this file, then the one of their own beside it. {{identity}} and
-- {{bytes}} are their words for a rising primary key and for a column of bytes.
-- Times are nanoseconds since 1970 in UTC.

CREATE TABLE webhooks (
	id           {{identity}},
	account      TEXT    NOT NULL,
	event_type   TEXT    NOT NULL,
	event_id     TEXT    NOT NULL,
	journey_id   TEXT    NOT NULL,
	reference_no TEXT    NOT NULL,
	-- body: NULL if it was empty, or when it has been removed
	body         {{bytes}},
	body_hash    TEXT    NOT NULL,
	disposition  TEXT    NOT NULL CHECK (disposition IN ('forward', 'keep', 'quarantine')),
	reason       TEXT    NOT NULL,
	received_at  BIGINT  NOT NULL,
	trace_parent TEXT    NOT NULL,
	event        {{bytes}},
	attempts     INTEGER NOT NULL DEFAULT 0,
	-- failed: 1 after an attempt that failed
	failed       INTEGER NOT NULL DEFAULT 0,
	-- due_at: when the webhook may be claimed for forwarding; NULL when it need not be (any more)
	due_at       BIGINT,
	forwarded_at BIGINT,
	CHECK (due_at IS NULL OR (disposition = 'forward' AND event IS NOT NULL))
);
-- Events without an id are never duplicates of each other.
CREATE UNIQUE INDEX webhooks_event ON webhooks (account, event_type, event_id, body_hash) WHERE event_id <> '';
CREATE INDEX webhooks_due ON webhooks (account, failed, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX webhooks_account ON webhooks (account, disposition);
-- A journey's first webhook, and its newest.
CREATE INDEX webhooks_journey ON webhooks (account, journey_id, received_at);
-- PostgreSQL refuses long index rows, and a reference may be of any length.
CREATE INDEX webhooks_reference ON webhooks (account, substr(reference_no, 1, 128)) WHERE reference_no <> '';
-- Whose content is still to be removed.
CREATE INDEX webhooks_content ON webhooks (account, received_at) WHERE body IS NOT NULL OR event IS NOT NULL;

-- What the ledger shows of a journey. Its version rises with everything that is shown,
-- whoever writes it; updated_at and snapshot_at only say when it was last confirmed.
CREATE TABLE journeys (
	account     TEXT    NOT NULL,
	journey_id  TEXT    NOT NULL,
	reference   TEXT    NOT NULL,
	-- registered: 1 when the customer's backend has named the reference
	registered  INTEGER NOT NULL DEFAULT 0,
	flow        TEXT    NOT NULL,
	phase       TEXT    NOT NULL,
	-- since when the journey is in its phase, and the kind of its open review
	phase_since BIGINT  NOT NULL DEFAULT 0,
	review      TEXT    NOT NULL DEFAULT '',
	updated_at  BIGINT  NOT NULL,
	outcome     TEXT    NOT NULL DEFAULT '',
	sequence    INTEGER NOT NULL DEFAULT 0,
	since       BIGINT  NOT NULL DEFAULT 0,
	tombstone   TEXT    NOT NULL DEFAULT '' CHECK (tombstone IN ('', 'ended', 'erased')),
	snapshot    TEXT    NOT NULL DEFAULT '',
	snapshot_at BIGINT  NOT NULL DEFAULT 0,
	version     BIGINT  NOT NULL DEFAULT 1,
	PRIMARY KEY (account, journey_id)
);
CREATE INDEX journeys_reference ON journeys (account, substr(reference, 1, 128)) WHERE reference <> '';
-- The gauges read these indexes alone. The words are those of the queries.
CREATE INDEX journeys_waiting ON journeys (account, phase, review, phase_since)
	WHERE phase IN ('awaiting_user_steps', 'custom_steps', 'awaiting_result', 'awaiting_review', 'awaiting_resubmission');
-- Whose turn it is to be audited.
CREATE INDEX journeys_audit ON journeys (account, flow, updated_at) WHERE phase = 'settled' AND outcome = 'approved';

CREATE TABLE decisions (
	position     {{identity}},
	account      TEXT    NOT NULL,
	journey_id   TEXT    NOT NULL,
	sequence     INTEGER NOT NULL,
	id           TEXT    NOT NULL,
	outcome      TEXT    NOT NULL,
	content      TEXT    NOT NULL,
	content_hash TEXT    NOT NULL,
	recorded_at  BIGINT  NOT NULL,
	UNIQUE (account, journey_id, sequence)
);
-- Each account's feed is read by itself.
CREATE INDEX decisions_account ON decisions (account, position);

CREATE TABLE deliveries (
	account     TEXT    NOT NULL,
	message_id  TEXT    NOT NULL,
	endpoint    TEXT    NOT NULL,
	type        TEXT    NOT NULL,
	stream      TEXT    NOT NULL,
	journey_id  TEXT    NOT NULL,
	state       TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'parked')),
	attempts    INTEGER NOT NULL,
	last_status INTEGER NOT NULL,
	first_at    BIGINT  NOT NULL,
	updated_at  BIGINT  NOT NULL,
	PRIMARY KEY (account, message_id, endpoint)
);
CREATE INDEX deliveries_waiting ON deliveries (account, endpoint, state, first_at) WHERE state <> 'delivered';

-- A row is the intent to submit, written before the submission.
CREATE TABLE submissions (
	account    TEXT   NOT NULL,
	journey_id TEXT   NOT NULL,
	step       TEXT   NOT NULL,
	subject    TEXT   NOT NULL,
	claimed_at BIGINT NOT NULL,
	PRIMARY KEY (account, journey_id, step, subject)
);

-- Open reviews and AML alerts; those of a journey are replaced by its snapshots.
CREATE TABLE reviews (
	account     TEXT    NOT NULL,
	journey_id  TEXT    NOT NULL,
	id          TEXT    NOT NULL,
	kind        TEXT    NOT NULL CHECK (kind IN ('vendor', 'local', 'aml')),
	reason      TEXT    NOT NULL,
	severity    TEXT    NOT NULL,
	aml_version INTEGER NOT NULL,
	since       BIGINT  NOT NULL,
	-- overdue_at: when it was, or is to be, escalated; NULL if never
	overdue_at  BIGINT,
	PRIMARY KEY (account, journey_id, id)
);
CREATE INDEX reviews_oldest ON reviews (account, since);
CREATE INDEX reviews_open ON reviews (account, kind, severity, since, overdue_at);

-- What needs a person, by journey or spot check; part is the endpoint of delivery_parked.
CREATE TABLE attention (
	account    TEXT   NOT NULL,
	journey_id TEXT   NOT NULL,
	code       TEXT   NOT NULL,
	part       TEXT   NOT NULL,
	since      BIGINT NOT NULL,
	PRIMARY KEY (account, journey_id, code, part)
);
CREATE INDEX attention_by_code ON attention (account, code, part, since, journey_id);
CREATE TABLE acknowledgements (
	account TEXT   NOT NULL,
	code    TEXT   NOT NULL,
	part    TEXT   NOT NULL,
	actor   TEXT   NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (account, code, part)
);

-- status is 0 while the first request is in progress.
CREATE TABLE idempotency (
	account      TEXT    NOT NULL,
	token        TEXT    NOT NULL,
	key_hash     TEXT    NOT NULL,
	request_hash TEXT    NOT NULL,
	begun_at     BIGINT  NOT NULL,
	status       INTEGER NOT NULL DEFAULT 0,
	-- journey_id: the journey that the answer is about; empty if none
	journey_id   TEXT    NOT NULL DEFAULT '',
	body         TEXT    NOT NULL DEFAULT '',
	PRIMARY KEY (account, token, key_hash)
);
CREATE INDEX idempotency_begun ON idempotency (account, begun_at);
CREATE INDEX idempotency_journey ON idempotency (account, journey_id) WHERE journey_id <> '';

CREATE TABLE spot_checks (
	account    TEXT   NOT NULL,
	spot_id    TEXT   NOT NULL,
	journey_id TEXT   NOT NULL,
	outcome    TEXT   NOT NULL,
	reference  TEXT   NOT NULL,
	decided_at BIGINT NOT NULL,
	content    TEXT   NOT NULL,
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
	at         BIGINT  NOT NULL,
	PRIMARY KEY (account, journey_id, step, round, subject)
);
CREATE TABLE step_calls (
	token_hash TEXT    NOT NULL PRIMARY KEY,
	account    TEXT    NOT NULL,
	journey_id TEXT    NOT NULL,
	step       TEXT    NOT NULL,
	round      INTEGER NOT NULL,
	subject    TEXT    NOT NULL,
	opened_at  BIGINT  NOT NULL
);
CREATE INDEX step_calls_journey ON step_calls (account, journey_id);

-- Journeys and spot checks that webhooks named and that the vendor has not confirmed;
-- see screening.go. ask_at is when the vendor is to be asked, of those that wait.
CREATE TABLE candidates (
	account TEXT    NOT NULL,
	kind    TEXT    NOT NULL CHECK (kind IN ('journey', 'spot_check')),
	id      TEXT    NOT NULL,
	state   TEXT    NOT NULL CHECK (state IN ('started', 'known', 'waiting', 'unknown')),
	since   BIGINT  NOT NULL,
	ask_at  BIGINT,
	asked   INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (account, kind, id)
);
CREATE INDEX candidates_state ON candidates (account, state, since);
CREATE TABLE withheld_webhooks (
	webhook_id BIGINT NOT NULL PRIMARY KEY,
	account    TEXT   NOT NULL,
	kind       TEXT   NOT NULL,
	id         TEXT   NOT NULL
);
CREATE INDEX withheld_webhooks_candidate ON withheld_webhooks (account, kind, id);
