CREATE FUNCTION decisions_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'decisions are append-only';
END $$;
CREATE TRIGGER decisions_stay BEFORE UPDATE OR DELETE ON decisions
	FOR EACH ROW EXECUTE FUNCTION decisions_stay();

CREATE FUNCTION journeys_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.version := OLD.version + 1;
	RETURN NEW;
END $$;
CREATE TRIGGER journeys_version BEFORE UPDATE ON journeys FOR EACH ROW
WHEN ((OLD.reference, OLD.flow, OLD.phase, OLD.phase_since, OLD.review, OLD.outcome, OLD.sequence, OLD.since, OLD.snapshot)
	IS DISTINCT FROM (NEW.reference, NEW.flow, NEW.phase, NEW.phase_since, NEW.review, NEW.outcome, NEW.sequence, NEW.since, NEW.snapshot))
EXECUTE FUNCTION journeys_version();

-- A webhook of an erased journey is recorded without its content. The lock makes it
-- wait for an erasure of this journey that is in progress, and that one for it.
CREATE FUNCTION webhooks_of_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock_shared(hashtextextended(NEW.account || ' ' || NEW.journey_id, 0));
	IF EXISTS (SELECT 1 FROM journeys WHERE account = NEW.account AND journey_id = NEW.journey_id AND tombstone = 'erased') THEN
		NEW.reference_no := ''; NEW.body := NULL; NEW.disposition := 'keep'; NEW.reason := 'erased';
		NEW.event := NULL; NEW.due_at := NULL;
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER webhooks_of_erased BEFORE INSERT ON webhooks FOR EACH ROW
WHEN (NEW.journey_id <> '') EXECUTE FUNCTION webhooks_of_erased();
