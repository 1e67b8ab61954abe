package starter

import (
	"errors"
	"io"
	"time"

	"golang.org/x/time/rate"

	"idjourney/access"
	"idjourney/config"
)

// quotaWindow is the time over which the quotas are averaged. An account may use up a whole
// window's quota at once.
const quotaWindow = time.Minute

func newAccount(name string, auth *authenticator, in config.Intake) *account {
	quota := func(perSecond, least float64) *rate.Limiter {
		return rate.NewLimiter(rate.Limit(perSecond), int(max(perSecond*quotaWindow.Seconds(), least)))
	}
	return &account{
		name: name, auth: auth, refusals: rate.Sometimes{First: 5, Interval: 10 * time.Second},
		webhooks: quota(in.WebhooksPerSecond, 1), bytes: quota(in.BytesPerSecond, float64(in.MaxBody)),
	}
}

// Slow senders that have authenticated hold the memory of what they have sent so far. The
// budget bounds it, in sum and for each account at a quarter. Within an account only half is
// for large bodies: IDWise's own webhooks are below 4 KiB, and must get in while large ones
// fill their half.
const (
	accountShare = 4
	smallBody    = 16 << 10 // bytes
)

// errNoRoom says that the budget is used up.
var errNoRoom = errors.New("too many bodies are being received")

// bodyBudget counts the bytes of bodies that are being received or recorded.
type bodyBudget struct {
	limit        int64
	all, account access.Quota
}

// take reserves n bytes for a body that then has size bytes.
func (b *bodyBudget) take(account string, n, size int64) bool {
	share := b.limit / accountShare
	if size > smallBody {
		share /= 2
	}
	if !b.account.Take(account, n, share) {
		return false
	}
	if !b.all.Take("", n, b.limit) {
		b.account.GiveBack(account, n)
		return false
	}
	return true
}

// budgetedBody reserves what it reads. What was announced is not reserved: announcing
// costs a sender nothing.
type budgetedBody struct {
	io.Reader
	budget  *bodyBudget
	account string
	size    int64
}

// Read fails with errNoRoom when the budget is used up.
func (r *budgetedBody) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if n == 0 {
		return 0, err
	}
	if !r.budget.take(r.account, int64(n), r.size+int64(n)) {
		return 0, errNoRoom
	}
	r.size += int64(n)
	return n, err
}

// Close gives back what was reserved.
func (r *budgetedBody) Close() {
	r.budget.all.GiveBack("", r.size)
	r.budget.account.GiveBack(r.account, r.size)
}
