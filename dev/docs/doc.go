// Package docs holds the tests of what README.md, docs/ and examples/ tell people to
// type: each command of a shell block is run, in the order of the pages, against the
// stack that the page itself brings up, or stands in a table that says who runs it
// and, if it cannot be run here, what is checked instead. A command that is in neither
// fails the tests.
package docs
