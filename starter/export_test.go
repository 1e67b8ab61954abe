package starter

import "time"

// SetLinger changes how long a refused sender is listened to.
func (s *Starter) SetLinger(d time.Duration) { s.linger = d }
