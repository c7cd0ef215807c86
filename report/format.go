package report

import "io"

// The names of the formats.
const (
	Table        = "table"
	JSON         = "json"
	NDJSON       = "ndjson"
	HTML         = "html"
	CSV          = "csv"
	CSVMatrix    = "csv-matrix"
	CSVPlan      = "csv-plan"
	XLSX         = "xlsx"
	Markdown     = "markdown"
	MarkdownChat = "markdown-chat"
	JUnit        = "junit"
	SARIF        = "sarif"
	OCSF         = "ocsf"
	OSCAL        = "oscal"
	Prometheus   = "prometheus"
)

// Format is one way to write a result.
type Format struct {
	Name string
	// Readers says who reads it, and how: half a line.
	Readers string
	// Binary says that it is nothing to show on a terminal.
	Binary bool
	// Whole says that it has every verdict with its evidence.
	Whole bool

	open func(w io.Writer, opts Options) Renderer
}

// Catalogue lists the formats, in the order in which help shows them.
func Catalogue() []Format {
	return []Format{
		{Name: Table, Readers: "an administrator at a terminal", open: func(w io.Writer, opts Options) Renderer { return newTable(w, opts) }},
		{Name: JSON, Readers: "programs; the whole result as one document", Whole: true, open: func(w io.Writer, _ Options) Renderer { return newJSON(w) }},
		{Name: NDJSON, Readers: "programs, and leavercheck report; a line for each leaver", Whole: true, open: func(w io.Writer, _ Options) Renderer { return newNDJSON(w) }},
		{Name: HTML, Readers: "everybody, in a browser or printed: one file, which needs no network", open: func(w io.Writer, opts Options) Renderer { return newHTML(w, opts) }},
		{Name: CSV, Readers: "auditors and Power BI; a row for each verdict, with its evidence", Whole: true, open: func(w io.Writer, opts Options) Renderer { return newCSV(w, opts, &verdictSheet{}) }},
		{Name: CSVMatrix, Readers: "managers in a spreadsheet; people down, rules across", open: func(w io.Writer, opts Options) Renderer { return newCSV(w, opts, &matrixSheet{}) }},
		{Name: CSVPlan, Readers: "whoever does the work; what to do, with columns for owner, date and decision", open: func(w io.Writer, opts Options) Renderer { return newCSV(w, opts, &planSheet{}) }},
		{Name: XLSX, Readers: "auditors in Excel; the three tables and a summary as sheets", Binary: true, Whole: true, open: func(w io.Writer, _ Options) Renderer { return newXLSX(w) }},
		{Name: Markdown, Readers: "GitHub job summaries ($GITHUB_STEP_SUMMARY), tickets and wikis", open: func(w io.Writer, opts Options) Renderer { return newMarkdown(w, opts, jobSummary()) }},
		{Name: MarkdownChat, Readers: "a chat channel; the worst, within a message of Teams or Slack", open: func(w io.Writer, opts Options) Renderer { return newMarkdown(w, opts, chatMessage()) }},
		{Name: JUnit, Readers: "Azure DevOps, GitLab and Jenkins; a suite for each leaver, a test for each rule", open: func(w io.Writer, _ Options) Renderer { return newJUnit(w) }},
		{Name: SARIF, Readers: "GitHub code scanning, the Scans tab of Azure DevOps, DefectDojo; SARIF 2.1.0", open: func(w io.Writer, _ Options) Renderer { return newSARIF(w) }},
		{Name: OCSF, Readers: "a SIEM or security lake; OCSF 1.8 Compliance Finding, a line for each verdict", Whole: true, open: func(w io.Writer, _ Options) Renderer { return newOCSF(w) }},
		{Name: OSCAL, Readers: "GRC tools; OSCAL 1.2.2 assessment results", open: func(w io.Writer, _ Options) Renderer { return newOSCAL(w) }},
		{Name: Prometheus, Readers: "the textfile collector of node_exporter; counts, and nothing personal", open: func(w io.Writer, _ Options) Renderer { return newPrometheus(w) }},
	}
}

// Formats lists the names that New knows.
func Formats() []string {
	var names []string
	for _, format := range Catalogue() {
		names = append(names, format.Name)
	}
	return names
}
