package starter

import (
	"errors"
	"io"
	"sync"
)

// Slow senders that have authenticated hold the memory of what they have sent so far.
// The budget bounds it: in sum, and for each account at a quarter, so that one account
// leaves room for the others. Within an account only half is for large bodies: IDWise's
// own webhooks are below 4 KiB, and must get in while large ones fill their half.
const (
	accountShare = 4
	smallBody    = 16 << 10 // bytes
)

// errNoRoom says that the budget is used up.
var errNoRoom = errors.New("too many bodies are being received")

// bodyBudget counts the bytes of bodies that are being received or recorded.
type bodyBudget struct {
	limit int64

	mu        sync.Mutex
	total     int64
	byAccount map[string]int64
}

func newBodyBudget(limit int64) *bodyBudget {
	return &bodyBudget{limit: limit, byAccount: map[string]int64{}}
}

// take reserves n bytes for a body that then has size bytes.
func (b *bodyBudget) take(account string, n, size int64) bool {
	limit := b.limit / accountShare
	if size > smallBody {
		limit /= 2
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.total+n > b.limit || b.byAccount[account]+n > limit {
		return false
	}
	b.total += n
	b.byAccount[account] += n
	return true
}

func (b *bodyBudget) giveBack(account string, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total -= n
	b.byAccount[account] -= n
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
func (r *budgetedBody) Close() { r.budget.giveBack(r.account, r.size) }
