package ledger

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"idjourney/journey"
)

// maxJourneys bounds the ids that an Attention names.
const maxJourneys = 10

// Attention is one reason why journeys of an account need a person. It ends when the item
// of the last journey is cleared.
type Attention struct {
	Account string
	Code    journey.AttentionCode
	// Detail is the endpoint of delivery_parked, and empty for every other code.
	Detail string
	// Count is how many journeys it concerns, Since is the time of the oldest item.
	Count int
	Since time.Time
	// Journeys are the ids of the oldest, at most 10; for spot_check_unbound they are ids
	// of spot checks.
	Journeys []string
	// AcknowledgedBy and AcknowledgedAt are zero until a person acknowledges it.
	AcknowledgedBy string
	AcknowledgedAt time.Time
}

// selectAttention reads the index attention_by_code in its order.
const selectAttention = `
SELECT i.account, i.code, i.part, i.count, i.oldest, i.journey_id, COALESCE(k.actor, ''), k.at
FROM (
	SELECT account, code, part, journey_id, since,
		COUNT(*) OVER (PARTITION BY account, code, part) AS count,
		MIN(since) OVER (PARTITION BY account, code, part) AS oldest,
		ROW_NUMBER() OVER (PARTITION BY account, code, part ORDER BY since, journey_id) AS place
	FROM attention WHERE account IN %s
) AS i
LEFT JOIN acknowledgements k ON k.account = i.account AND k.code = i.code AND k.part = i.part
WHERE i.place <= $1
ORDER BY i.oldest, i.account, i.code, i.part, i.place`

// Attention returns what needs a person at the accounts, oldest first. An empty list of
// accounts returns nothing.
func (l *Ledger) Attention(ctx context.Context, accounts []string) (all []Attention, err error) {
	defer wrap(&err, "reading attention")
	if len(accounts) == 0 {
		return nil, nil
	}
	query, args := inAccounts(selectAttention, accounts, maxJourneys)
	rows, err := list(ctx, l.read, query, args, func(a *Attention) []any {
		a.Journeys = make([]string, 1)
		return []any{&a.Account, &a.Code, &a.Detail, &a.Count, (*instant)(&a.Since), &a.Journeys[0], &a.AcknowledgedBy, (*instant)(&a.AcknowledgedAt)}
	})
	for _, a := range rows {
		last := len(all) - 1
		if last < 0 || all[last].Account != a.Account || all[last].Code != a.Code || all[last].Detail != a.Detail {
			all = append(all, a)
			continue
		}
		all[last].Journeys = append(all[last].Journeys, a.Journeys...)
	}
	return all, err
}

const acknowledge = `
INSERT INTO acknowledgements (account, code, part, actor, at) SELECT $1, $2, $3, $4, CAST($5 AS BIGINT)
WHERE EXISTS (SELECT 1 FROM attention WHERE account = $1 AND code = $2 AND part = $3)
ON CONFLICT (account, code, part) DO UPDATE SET actor = excluded.actor, at = excluded.at`

// Acknowledge records that actor takes care of what needs a person; a later actor replaces
// an earlier one. It is ErrNotFound if nothing with this code and detail is open.
func (l *Ledger) Acknowledge(ctx context.Context, account string, code journey.AttentionCode, detail, actor string, at time.Time) (err error) {
	defer wrap(&err, "acknowledging attention")
	if actor == "" {
		return errors.New("the actor is missing")
	}
	return l.inTx(ctx, func(t *transaction) {
		t.lock(lockAttention)
		if !t.exec(acknowledge, account, string(code), detail, actor, nanos(at)) {
			t.err = cmp.Or(t.err, ErrNotFound)
		}
	})
}

// item names what needs a person at one journey; part is the endpoint of delivery_parked.
type item struct{ code, part string }

const (
	// ofSpotCheck separates the items of a spot check from those of a journey with the same id.
	ofSpotCheck = "(code = 'spot_check_unbound')"
	saveItem    = `
INSERT INTO attention (account, journey_id, code, part, since) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account, journey_id, code, part) DO UPDATE SET since = excluded.since`
	endAcknowledgement = `
DELETE FROM acknowledgements WHERE account = $1 AND code = $2 AND part = $3 AND NOT EXISTS
	(SELECT 1 FROM attention WHERE account = $1 AND code = $2 AND part = $3)`
)

// replaceAttention replaces all items of a journey or, with spotCheck, of a spot check.
// Attention that loses its last item ends, and so does its acknowledgement. Run it last in
// a transaction, because its lock is held until the commit.
func (t *transaction) replaceAttention(account, journeyID string, spotCheck bool, items []journey.AttentionItem) {
	known := listIn(t, "SELECT code, part FROM attention WHERE account = $1 AND journey_id = $2 AND "+ofSpotCheck+" = $3",
		[]any{account, journeyID, spotCheck}, func(i *item) []any { return []any{&i.code, &i.part} })
	wanted := map[item]time.Time{}
	for _, i := range items {
		key := item{code: string(i.Code)}
		if i.Code == journey.AttentionDeliveryParked {
			key.part = text(i.Detail)
		}
		if since, ok := wanted[key]; !ok || i.Since.Before(since) {
			wanted[key] = i.Since
		}
	}
	for i, since := range wanted {
		t.exec(saveItem, account, journeyID, i.code, i.part, nanos(since))
	}
	known = slices.DeleteFunc(known, func(i item) bool { _, stays := wanted[i]; return stays })
	if len(known) > 0 {
		t.lock(lockAttention)
	}
	for _, i := range known {
		t.exec("DELETE FROM attention WHERE account = $1 AND journey_id = $2 AND code = $3 AND part = $4",
			account, journeyID, i.code, i.part)
		t.exec(endAcknowledgement, account, i.code, i.part)
	}
}
