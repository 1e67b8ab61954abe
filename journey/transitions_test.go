package journey_test

import (
	"sync"

	"idjourney/journey"
)

// changed collects the changes of phase that tests have seen.
type changed struct {
	mu   sync.Mutex
	seen map[[2]journey.Phase]bool
}

func (c *changed) add(from, to journey.Phase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[[2]journey.Phase{from, to}] = true
}

var changes = changed{seen: map[[2]journey.Phase]bool{}}
