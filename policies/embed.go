package policies

import "embed"

// The built-in checklist, its tests included.
//
//go:embed checklist lib
var builtin embed.FS
