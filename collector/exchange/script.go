package exchange

import _ "embed"

//go:embed export.ps1
var script string

// Script is the PowerShell that makes an export. It runs cmdlets that read, and no others.
func Script() string { return script }
