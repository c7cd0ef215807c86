package report

import "io"

// What tests of limits and of texts need, without results of the size that would reach a limit.

func SARIFOf(w io.Writer, limit int) Renderer {
	s := newSARIF(w)
	s.limit = limit
	return s
}

func XLSXOf(w io.Writer, rows int) Renderer {
	x := newXLSX(w)
	x.rows = rows
	return x
}

func Cell(text string) string { return cell(text) }

func Code(text string) string { return code(text) }

func UUID(parts ...string) string { return uuid(parts...) }

func Statement(control string) string {
	c, _ := controlOf(control)
	return c.statement
}
