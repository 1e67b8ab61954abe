package journey

import "time"

// Alert is one AML change that waits for a person's disposition.
type Alert struct {
	ID       string    `json:"id"`
	Version  int       `json:"version,omitempty"`
	Severity Severity  `json:"severity"`
	Since    time.Time `json:"since"`
	// Matches are the ids of the matches that were added or changed, Removed of
	// those that went.
	Matches []string `json:"matches,omitempty"`
	Removed []string `json:"removed,omitempty"`
	// Changes counts the changes that the alert stands for; above the bound of open
	// alerts a further change joins the newest.
	Changes int    `json:"changes"`
	Ladder  Ladder `json:"ladder,omitzero"`
}
