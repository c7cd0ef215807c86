package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxValues bounds what is shown of the values behind one piece of evidence.
const maxValues = 4000

// valuesText shows property values for reading, a line for each property: "accountEnabled: true". A text that could be
// taken for something else is in quotes, what is empty is visible, and what is cut says so.
func valuesText(values map[string]any) string {
	var out strings.Builder
	for i, key := range slices.Sorted(maps.Keys(values)) {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(plainKey(key))
		out.WriteString(": ")
		writeValue(&out, values[key])
	}
	text := out.String()
	if len(text) <= maxValues {
		return text
	}
	cut := bounded(text, maxValues)
	return cut + fmt.Sprintf(" (%d more bytes are only in the result)", len(text)-len(cut)+len("…"))
}

func writeValue(out *strings.Builder, value any) {
	if out.Len() > 2*maxValues && !scalar(value) {
		out.WriteString("…") // the rest is cut off anyway
		return
	}
	switch v := value.(type) {
	case string:
		out.WriteString(plainText(v))
	case []any:
		out.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				out.WriteString(", ")
			}
			writeValue(out, element)
		}
		out.WriteByte(']')
	case map[string]any:
		out.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				out.WriteString(", ")
			}
			out.WriteString(plainKey(key))
			out.WriteString(": ")
			writeValue(out, v[key])
		}
		out.WriteByte('}')
	default:
		text, err := json.Marshal(v)
		if err != nil {
			text = fmt.Appendf(nil, "%v", v)
		}
		out.Write(text)
	}
}

func scalar(value any) bool {
	switch value.(type) {
	case []any, map[string]any:
		return false
	}
	return true
}

// plainText is a text without quotes where it cannot be taken for a number, a word of JSON, or the end of something.
func plainText(text string) string {
	if text == "" || !letterOrDigit(text[0]) || slices.Contains([]string{"true", "false", "null"}, text) ||
		strings.ContainsAny(text, "[]{},\"\n\r\t") || strings.TrimSpace(text) != text {
		return quoted(text)
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return quoted(text)
	}
	return text
}

func letterOrDigit(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}

func plainKey(key string) string {
	if strings.Contains(key, ":") {
		return quoted(key)
	}
	return plainText(key)
}

// quoted is a text as JSON has it, but for the characters that the page shows in its own way.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(text) + `"`
}
