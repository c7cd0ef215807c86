// Package wire sends requests to Microsoft Graph and Exchange Online and brings
// back either an answer that can be trusted or an error that says why not. It
// knows no fact about anybody.
//
// # Guarantees
//
//   - A 2xx answer is given out only if it is JSON, whole, within bounds, without
//     duplicate keys and without an "error" member. Everything else is an *Error
//     with Kind Malformed: never an empty answer (Client.Do).
//   - A listing is followed to its end, over links of the same scheme, host, port
//     and path prefix only; a lost or repeated link starts it anew, rows are
//     deduplicated by id, and the count that the service gave is held against the
//     rows that came (Client.List).
//   - Refusals that pass (408, 429, 500, 502, 503, 504, 507, 509, resets,
//     truncation) are repeated with full jitter until the context ends. A 429 stops
//     the whole family of endpoints until its Retry-After is over. A 403 is never
//     repeated; a 401 once, with a new token.
//   - Redirects are not followed. The token goes to the configured origin only.
//   - Nothing but GET, $batch of GETs and Exchange's POSTed reads can be sent.
//
// # Non-guarantees
//
// Rows of one listing were not read at one instant: people who are created, deleted
// or renamed meanwhile may be in it or not.
package wire
