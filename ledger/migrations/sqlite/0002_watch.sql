-- What is watched, see telemetry.Figures. Keep in step with ../postgres.

-- +goose Up
-- Since when a journey is in its phase, and the kind of its open review.
ALTER TABLE journeys ADD COLUMN phase_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journeys ADD COLUMN review TEXT NOT NULL DEFAULT '';
UPDATE journeys SET phase_since = updated_at;
-- The gauges read these indexes alone. The words are those of the queries.
CREATE INDEX journeys_waiting ON journeys (account, phase, review, phase_since)
	WHERE phase IN ('awaiting_user_steps', 'custom_steps', 'awaiting_result', 'awaiting_review', 'awaiting_resubmission');

ALTER TABLE deliveries ADD COLUMN first_at INTEGER NOT NULL DEFAULT 0;
UPDATE deliveries SET first_at = updated_at;
CREATE INDEX deliveries_waiting ON deliveries (account, endpoint, state, first_at) WHERE state <> 'delivered';

-- A journey's first webhook, and its newest.
CREATE INDEX webhooks_journey ON webhooks (account, journey_id, received_at);
