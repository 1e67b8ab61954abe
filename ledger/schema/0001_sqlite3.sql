CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions BEGIN
	SELECT RAISE(ABORT, 'decisions are append-only');
END;
CREATE TRIGGER decisions_remain BEFORE DELETE ON decisions BEGIN
	SELECT RAISE(ABORT, 'decisions are append-only');
END;

CREATE TRIGGER journeys_version AFTER UPDATE ON journeys
WHEN (OLD.reference, OLD.flow, OLD.phase, OLD.phase_since, OLD.review, OLD.outcome, OLD.sequence, OLD.since, OLD.snapshot)
	IS NOT (NEW.reference, NEW.flow, NEW.phase, NEW.phase_since, NEW.review, NEW.outcome, NEW.sequence, NEW.since, NEW.snapshot)
BEGIN
	UPDATE journeys SET version = OLD.version + 1 WHERE account = NEW.account AND journey_id = NEW.journey_id;
END;

-- A webhook of an erased journey is recorded without its content.
CREATE TRIGGER webhooks_of_erased AFTER INSERT ON webhooks
WHEN EXISTS (SELECT 1 FROM journeys WHERE account = NEW.account AND journey_id = NEW.journey_id AND tombstone = 'erased')
BEGIN
	UPDATE webhooks SET reference_no = '', body = NULL, disposition = 'keep', reason = 'erased', event = NULL, due_at = NULL
	WHERE id = NEW.id;
END;
