package demo

import (
	"errors"
	"fmt"
	"strings"

	"idjourney/dev/leak"
	"idjourney/dev/world"
)

// noLeak searches the databases, the configuration and the log for the personal
// data of all applicants. It also searches for what must be there, because a
// search that finds nothing might have looked in the wrong place.
func noLeak(s *world.World) error {
	roots := []string{s.Dir}
	var values []leak.Value
	for _, j := range s.Vendor.Journeys() {
		add := func(what, text string) {
			values = append(values, leak.Value{Name: what + " of " + j.JourneyID, Text: text})
		}
		add("name", j.Applicant.FullName)
		for _, part := range strings.Fields(j.Applicant.FullName) {
			add("part of the name", part)
		}
		add("personal number", j.Applicant.PersonalNumber)
		add("birth date", j.Applicant.BirthDate)
	}
	if len(values) == 0 {
		return errors.New("there is no applicant to search for")
	}
	found, err := leak.Search(values, roots...)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("%d found, the first: %s", len(found), found[0])
	}
	return searchable(s)
}

// searchable finds a journey's id in each database.
func searchable(s *world.World) error {
	known := []leak.Value{{Name: "a journey's id", Text: s.Vendor.Journeys()[0].JourneyID}}
	for what, roots := range s.Databases() {
		found, err := leak.Search(known, existing(roots)...)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("the search does not even find a journey's id in %s", what)
		}
	}
	return nil
}
