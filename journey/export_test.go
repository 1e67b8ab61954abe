package journey

import (
	"reflect"
	"slices"
)

// Precedence lists the filters in the order in which they apply.
func Precedence() []Filter { return slices.Clone(filters) }

// ObserveFilters calls seen with the name of each filter that changes a judgement, until
// restore is called.
func ObserveFilters(seen func(name string)) (restore func()) {
	before := filters
	filters = Precedence()
	for i, f := range filters {
		filters[i].apply = func(s *State, j Judgement, b basis) Judgement {
			after := f.apply(s, j, b)
			if !reflect.DeepEqual(j, after) {
				seen(f.Name)
			}
			return after
		}
	}
	return func() { filters = before }
}
