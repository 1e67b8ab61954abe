// Package version names the build.
package version

import (
	"cmp"
	"runtime/debug"
)

// stamped is set by -ldflags "-X idjourney/version.stamped=v1.2.3".
var stamped string

// Of returns the stamped version, or else what Go recorded about the module and its
// revision; "unknown" if there is neither.
func Of() string {
	if stamped != "" {
		return stamped
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := cmp.Or(info.Main.Version, "unknown")
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && version == "(devel)" {
			version = s.Value
		}
	}
	return version
}
